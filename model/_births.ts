/**
 * What a birth, or a failed one, does to the model.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { errnoName } from "./errno.ts";
import { compare, judge } from "./ledger.ts";
import type { ModelState, PidfdFile, Target } from "./state.ts";
import {
  addTarget,
  fileFlagNames,
  inScope,
  isErrorPointer,
  isWhole,
  joinScope,
  nameFile,
  processOf,
  targetOf,
} from "./_subject.ts";
import type { ActorEvent } from "./_subject.ts";
import type { Publisher } from "./update.ts";

type Born = Extract<WireEvent, { kind: "clone" | "open" | "made" }>;

/** clone or clone3 made a child and its pidfd; nothing else can know the child yet, so the count is exact. */
export function onClone(
  state: ModelState,
  event: Extract<WireEvent, { kind: "clone" }>,
  out: Publisher,
): void {
  const target = addTarget(state, {
    address: event.pidAddress,
    pid: event.child,
    startNs: event.childStartNs,
    comm: event.comm,
    hashed: true,
    whole: isWhole(state, event.ktimeNs),
  });
  const file = event.file === "0" ? event.slotFile : event.file;
  const fd = event.slotFile === file ? event.fd : null;
  born(state, event, { out, target, file, fd, origin: event.clone3 === 1 ? "clone3" : "clone", exact: true });
}

/** pidfd_open returned. */
export function onOpen(state: ModelState, event: Extract<WireEvent, { kind: "open" }>, out: Publisher): void {
  if (event.result < 0) {
    out.publish("open.failed", {
      cpu: event.cpu,
      process: processOf(event),
      errno: errnoName(event.result),
      asked_pid: event.target,
      flags: event.openFlags === "0" ? [] : fileFlagNames(event.openFlags).slice(1),
    }, { ktimeNs: event.ktimeNs, followed: inScope(state, event) });
    return;
  }
  const file = event.file === "0" ? event.slotFile : event.file;
  if (file === "0" || event.pidAddress === "0") {
    state.unmatched += 1;
    return;
  }
  const target = targetAt(
    state,
    event,
    event.nr === 0 ? null : { pid: event.nr, startNs: event.targetStartNs },
  );
  if (target.comm === null && event.nr !== 0) target.comm = event.targetComm;
  const fd = event.slotFile === file ? event.result : null;
  born(state, event, { out, target, file, fd, origin: "pidfd_open", exact: false });
}

/** Some other call made a pidfd file. */
export function onMade(state: ModelState, event: Extract<WireEvent, { kind: "made" }>, out: Publisher): void {
  if (isErrorPointer(event.file)) return;
  const target = targetAt(state, event, null);
  born(state, event, { out, target, file: event.file, fd: null, origin: "other", exact: false });
}

/**
 * The target of a pidfd that was made for a living process.
 *
 * A process that is met here first was born before; it had no pidfd that was seen, but may have had others.
 */
function targetAt(
  state: ModelState,
  event: Extract<Born, { kind: "open" | "made" }>,
  alive: { readonly pid: number; readonly startNs: bigint } | null,
): Target {
  const known = state.targets.get(event.pidAddress);
  const same = known !== undefined &&
    (alive === null || known.startNs === null || known.startNs === alive.startNs);
  if (known !== undefined && same) {
    if (alive !== null) {
      known.pid ??= alive.pid;
      known.startNs ??= alive.startNs;
    }
    return known;
  }
  return addTarget(state, {
    address: event.pidAddress,
    pid: alive?.pid ?? null,
    startNs: alive?.startNs ?? null,
    comm: null,
    hashed: alive === null ? null : true,
    whole: isWhole(state, event.ktimeNs),
  });
}

function born(
  state: ModelState,
  event: Born,
  what: {
    readonly out: Publisher;
    readonly target: Target;
    readonly file: string;
    readonly fd: number | null;
    readonly origin: "clone" | "clone3" | "pidfd_open" | "other";
    readonly exact: boolean;
  },
): void {
  const { out, target, file, fd, origin, exact } = what;
  const followed = inScope(state, event);
  target.inode = true;
  target.files += 1;
  target.followed ||= followed;
  const count = compare(target, { before: null, after: event.count, ktimeNs: event.ktimeNs });
  const name = nameFile(state);
  const seq = out.publish("pidfd.create", {
    cpu: event.cpu,
    process: processOf(event),
    origin,
    file: name,
    fd,
    inode: event.inode === 0n ? null : event.inode.toString(),
    flags: fileFlagNames(event.fileFlags),
    target: targetOf(target),
    count,
  }, { ktimeNs: event.ktimeNs, followed });
  if (state.files.has(file)) forget(state, file);
  const entry: PidfdFile = { id: name, target, createdSeq: seq, createdNs: event.ktimeNs, followed };
  state.files.set(file, entry);
  judge(state, out, { target, count, ...(exact ? { exact: "R13" } : {}), seq, ktimeNs: event.ktimeNs });
  target.lastSeq = seq;
}

/** The address of a file is in use again: its release was not seen. */
function forget(state: ModelState, address: string): void {
  const old = state.files.get(address);
  if (old !== undefined) old.target.files -= 1;
  state.files.delete(address);
  state.unmatched += 1;
}

/** A clone with CLONE_PIDFD failed; when a file was made, the report waits for its release. */
export function onFailed(
  state: ModelState,
  event: Extract<WireEvent, { kind: "failed" }>,
  out: Publisher,
): void {
  const followed = inScope(state, event);
  const errno = errnoName(event.result);
  const made = event.file !== "0" && !isErrorPointer(event.file);
  const body = {
    cpu: event.cpu,
    process: processOf(event),
    origin: event.clone3 === 1 ? "clone3" : "clone",
    errno,
    stage: stageOf(event, made),
    integer: errno === "EFAULT" ? null : event.integer,
    file: made ? nameFile(state) : null,
  } as const;
  if (event.pidAddress === "0") {
    const nothing = { file_released: null, pid_dropped: null, count: null };
    out.publish("clone.failed", { ...body, ...nothing }, { ktimeNs: event.ktimeNs, followed });
    return;
  }
  const target = addTarget(state, {
    address: event.pidAddress,
    pid: null,
    startNs: null,
    comm: event.comm,
    hashed: true,
    whole: isWhole(state, event.ktimeNs),
    failed: true,
  });
  target.inode = made;
  target.files = made ? 1 : 0;
  target.followed = followed;
  target.reaped = true;
  if (made) {
    state.failing.set(event.file, { body, target, ktimeNs: event.ktimeNs, followed });
    return;
  }
  const count = compare(target, { before: null, after: event.count, ktimeNs: event.ktimeNs });
  const seq = out.publish("clone.failed", { ...body, file_released: null, pid_dropped: null, count }, {
    ktimeNs: event.ktimeNs,
    followed,
  });
  judge(state, out, { target, count, exact: "R12", seq, ktimeNs: event.ktimeNs });
}

function stageOf(event: Extract<WireEvent, { kind: "failed" }>, made: boolean) {
  if (event.entered === 0) return "arguments";
  if (event.pidAddress === "0") return "before-pid";
  if (!made) return "pidfd";
  return event.result === -14 ? "put_user" : "after-pidfd";
}

/** A process in scope forked another one. */
export function onFork(state: ModelState, event: Extract<WireEvent, { kind: "fork" }>, out: Publisher): void {
  const actor: ActorEvent = event;
  if (!inScope(state, actor)) return;
  joinScope(state, event.child, event.childStartNs);
  out.publish("process.start", {
    cpu: event.cpu,
    process: processOf(event),
    child_pid: event.child,
    child_start_ns: event.childStartNs.toString(),
  }, { ktimeNs: event.ktimeNs, followed: true });
}
