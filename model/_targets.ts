/**
 * What exit, reap and free of a target do to the model.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { isDoubtful } from "./_doubts.ts";
import { judge } from "./_judge.ts";
import { compare, putMaySettle } from "./ledger.ts";
import type { ModelState, Target } from "./state.ts";
import { processEnded } from "./_slot_doubts.ts";
import { forgetFiles, forgetTarget, processOf, targetOf } from "./_subject.ts";
import { leaveScope } from "./_scope.ts";
import type { ActorEvent } from "./_subject.ts";
import type { Publisher } from "./update.ts";

/** A thread of a target, or of a process in scope, exits; a process has ended when no other thread goes on. */
export function onExit(state: ModelState, event: Extract<WireEvent, { kind: "exit" }>, out: Publisher): void {
  const target = targetThatExits(state, event);
  if (event.live === 0) {
    leaveScope(state, event.pid, event.startNs);
    state.identities.end(event);
  }
  if (target === undefined) return;
  target.pid ??= event.pid;
  target.startNs ??= event.startNs;
  target.comm ??= event.comm;
  if (event.live !== 0 || target.exited) return;
  target.exited = true;
  processEnded(state, target);
  const signal = event.exitCode & 0x7f;
  const { count: read, ktimeNs, tid } = event;
  const count = compare(target, { before: read, after: read, ktimeNs, tid });
  const seq = out.publish("process.exit", {
    cpu: event.cpu,
    process: processOf(state, event),
    exit_status: signal === 0 ? (event.exitCode >> 8) & 0xff : null,
    exit_signal: signal === 0 ? null : signal,
    target: targetOf(target),
    count,
  }, { ktimeNs: event.ktimeNs, followed: target.followed });
  judge(state, out, { target, count, seq });
  target.lastSeq = seq;
}

function targetThatExits(
  state: ModelState,
  event: Extract<WireEvent, { kind: "exit" }>,
): Target | undefined {
  const target = state.targets.get(event.pidAddress);
  if (target !== undefined && target.startNs !== null && target.startNs !== event.startNs) {
    // The free of an older one at this address was not seen.
    forgetTarget(state, target);
    return undefined;
  }
  if (target === undefined && !state.members.has(event.pid)) state.unmatched += 1;
  return target;
}

/** A target was waited for. */
export function onReap(state: ModelState, event: Extract<WireEvent, { kind: "reap" }>, out: Publisher): void {
  const target = state.targets.get(event.pidAddress);
  if (target === undefined) {
    state.unmatched += 1;
    return;
  }
  if (target.failed || target.reaped) return;
  const { count: read, ktimeNs, tid } = event;
  const count = compare(target, { before: read, after: read, ktimeNs, tid });
  target.reaped = true;
  processEnded(state, target);
  const seq = out.publish("process.reap", {
    cpu: event.cpu,
    process: processOf(state, event),
    target: targetOf(target),
    count,
  }, { ktimeNs: event.ktimeNs, followed: target.followed });
  judge(state, out, { target, count, seq });
  target.lastSeq = seq;
}

/** The grace period is over: the hash drops its reference. */
export function onPut(state: ModelState, event: Extract<WireEvent, { kind: "put" }>, out: Publisher): void {
  const target = state.targets.get(event.pidAddress);
  if (target === undefined) {
    state.unmatched += 1;
    return;
  }
  target.hashed = false;
  target.hashPutNs = event.ktimeNs;
  target.reaped = true;
  if (event.count === 1) freed(state, target, { by: "hash", event, out });
}

/**
 * The last reference is dropped by whoever it is.
 *
 * The hash, the inode and the files see the count before they drop. When two drop at once neither sees a 1, and the one
 * that comes second is met here: a thread that releases a file, or the hash, whose thread is a bystander.
 */
export function onLast(state: ModelState, event: Extract<WireEvent, { kind: "last" }>, out: Publisher): void {
  const target = state.targets.get(event.pidAddress);
  if (target === undefined) {
    state.unmatched += 1;
    return;
  }
  const { cpu, ktimeNs } = event;
  const releasing = state.releasing.get(event.tid);
  if (releasing?.target === target) {
    releasing.freed = true;
    freed(state, target, { by: holderOf(target), event, out });
  } else if (putMaySettle(target, ktimeNs)) {
    freed(state, target, { by: "hash", event: { cpu, ktimeNs }, out });
  } else freed(state, target, { by: "other", event, out });
}

/** What holds a reference for the pidfds of a target. */
export function holderOf({ law }: Target): "inode" | "file" {
  return law === "per-inode" ? "inode" : "file";
}

/** The count of a target reached 0: nothing of it is left, and its address may be used again. */
export function freed(
  state: ModelState,
  target: Target,
  what: {
    readonly by: "hash" | "inode" | "file" | "other";
    readonly event:
      & Pick<ActorEvent, "cpu" | "ktimeNs">
      & Partial<Pick<ActorEvent, "pid" | "tid" | "startNs" | "comm">>;
    readonly out: Publisher;
  },
): void {
  const { by, event, out } = what;
  if (state.targets.get(target.address) === target) state.targets.delete(target.address);
  target.freed = true;
  if (target.failed) return;
  processEnded(state, target);
  const { pid, tid, startNs, comm } = event;
  const actor = pid === undefined || tid === undefined || startNs === undefined || comm === undefined
    ? null
    : processOf(state, { pid, tid, startNs, comm, ktimeNs: event.ktimeNs });
  const count = compare(target, { before: 1, after: 0, ktimeNs: event.ktimeNs, tid: event.tid ?? null });
  const seq = out.publish(
    "pid.free",
    { cpu: event.cpu, process: actor, by, target: targetOf(target), count },
    {
      ktimeNs: event.ktimeNs,
      followed: target.followed,
    },
  );
  judge(state, out, { target, count, seq });
  // Each of them holds a reference, or the inode does for all: their releases were lost.
  if (isDoubtful(state, target)) forgetFiles(state, target);
}
