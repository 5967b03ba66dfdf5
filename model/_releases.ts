/**
 * What a release does to the model.
 *
 * A release takes two records of one thread: the file goes, then, when it was the last one, the inode of the target.
 * So a release is held until the thread's next record, or the next heartbeat.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { compare, judge, publishFinding } from "./ledger.ts";
import type { Count } from "./ledger.ts";
import type { FailedClone, ModelState, PidfdFile, Releasing, Target } from "./state.ts";
import { addTarget, inScope, nameFile, processOf, targetOf } from "./_subject.ts";
import { freed } from "./_targets.ts";
import type { Publisher } from "./update.ts";

type Release = Extract<WireEvent, { kind: "release" }>;
type Evict = Extract<WireEvent, { kind: "evict" }>;

/** After this time in ns a release whose thread said nothing more did not take the inode with it. */
export const RELEASE_SETTLES_NS = 100_000_000n;

/** The last reference of a file goes. */
export function onRelease(state: ModelState, event: Release, out: Publisher): void {
  const failing = state.failing.get(event.file);
  const file = state.files.get(event.file);
  const target = file?.target ?? failing?.target ?? state.targets.get(event.pidAddress) ??
    unseen(state, event);
  state.failing.delete(event.file);
  state.files.delete(event.file);
  if (file !== undefined || failing !== undefined) target.files -= 1;
  const releasing = { event, file, failing, target };
  // Other files of the same inode are open: it stays for certain.
  if (target.whole && target.files > 0) finishOne(state, releasing, { after: null, out });
  else {
    target.settling += 1;
    state.releasing.set(event.tid, releasing);
  }
}

/** The inode went, and its reference. */
export function onEvict(state: ModelState, event: Evict, out: Publisher): void {
  const releasing = state.releasing.get(event.tid);
  state.releasing.delete(event.tid);
  if (releasing !== undefined) releasing.target.settling -= 1;
  if (releasing?.event.pidAddress === event.pidAddress) {
    finishOne(state, releasing, { after: event, out });
    return;
  }
  if (releasing !== undefined) finishOne(state, releasing, { after: null, out });
  // An inode without a release of ours: a second opener lost a race, or a bind mount went.
  state.unmatched += 1;
  const target = state.targets.get(event.pidAddress);
  if (target === undefined) return;
  if (target.files === 0) target.inode = false;
  if (event.before === 1) freed(state, target, { by: "inode", event, out });
}

/** Finishes releases whose inode stayed, as the thread or the time has gone on. */
export function settleReleases(
  state: ModelState,
  out: Publisher,
  now: { readonly tid: number | null; readonly ktimeNs: bigint | null },
): void {
  for (const [tid, releasing] of state.releasing) {
    const waitedNs = now.ktimeNs === null ? null : now.ktimeNs - releasing.event.ktimeNs;
    if (waitedNs !== null && tid !== now.tid && waitedNs <= RELEASE_SETTLES_NS) continue;
    state.releasing.delete(tid);
    releasing.target.settling -= 1;
    finishOne(state, releasing, { after: null, out });
  }
}

function finishOne(
  state: ModelState,
  releasing: Releasing,
  how: { readonly after: Dropped | null; readonly out: Publisher },
): void {
  const { failing, target } = releasing;
  const { after, out } = how;
  if (after !== null) target.inode = false;
  if (failing !== undefined) finishFailed(state, { failing, event: releasing.event, after, out });
  else finishRelease(state, { ...releasing, after, out });
  if (after?.before === 1) freed(state, target, { by: "inode", event: after, out });
}

type Dropped = Pick<Evict, "cpu" | "before" | "after" | "ktimeNs" | "pid" | "tid" | "startNs" | "comm">;

function unseen(state: ModelState, event: Release): Target {
  const target = addTarget(state, {
    address: event.pidAddress,
    pid: null,
    startNs: null,
    comm: null,
    hashed: null,
    whole: false,
  });
  target.inode = true;
  return target;
}

/** A count of 1 before the drop means 0 after it: the memory is free then and must not be read. */
function afterOf(after: Dropped): number {
  return after.before === 1 ? 0 : after.after;
}

function finishRelease(
  state: ModelState,
  what: {
    readonly file: PidfdFile | undefined;
    readonly target: Target;
    readonly event: Release;
    readonly after: Dropped | null;
    readonly out: Publisher;
  },
): void {
  const { file, target, event, after, out } = what;
  const stays = after === null && target.files > 0;
  const reading = after === null
    ? { before: event.count, after: stays ? event.count : null, ktimeNs: event.ktimeNs }
    : { before: after.before, after: afterOf(after), ktimeNs: after.ktimeNs };
  const count = compare(target, reading);
  const followed = file?.followed ?? inScope(state, event);
  const seq = out.publish("pidfd.release", {
    cpu: event.cpu,
    process: processOf(event),
    file: file?.id ?? nameFile(state),
    inode: event.inode.toString(),
    last_of_inode: after === null ? false : true,
    created_seq: file?.createdSeq ?? null,
    lifetime_ns: file === undefined ? null : (event.ktimeNs - file.createdNs).toString(),
    target: targetOf(target),
    count,
  }, { ktimeNs: event.ktimeNs, followed });
  judge(state, out, { target, count, seq, ktimeNs: reading.ktimeNs });
  if (after !== null) judgeDrop(state, { target, after, count, seq, out });
  target.lastSeq = seq;
}

/** The inode drops one reference; others may come or go meanwhile, but not without a trace on a quiet target. */
function judgeDrop(
  state: ModelState,
  what: {
    readonly target: Target;
    readonly after: Dropped;
    readonly count: Count;
    readonly seq: number;
    readonly out: Publisher;
  },
): void {
  const { target, after, count, seq, out } = what;
  const dropped = after.before - afterOf(after);
  if (dropped === 1 || count.unknown_holders !== 0 || (dropped === 2 && target.reaped)) return;
  publishFinding(state, out, {
    rule: "R14",
    target,
    expected: "1 reference dropped",
    observed: `${dropped} references dropped (count ${after.before} before, ${afterOf(after)} after)`,
    seq,
  });
}

/** The file of a failed clone is released: now its cleanup is known. */
export function finishFailed(
  state: ModelState,
  what: {
    readonly failing: FailedClone;
    readonly event: Release | null;
    readonly after: Dropped | null;
    readonly out: Publisher;
  },
): void {
  const { failing, event, after, out } = what;
  const { target, body, ktimeNs, followed } = failing;
  const dropped = after === null ? false : after.before - afterOf(after) === 1;
  const count = after === null
    ? compare(target, { before: event?.count ?? null, after: null, ktimeNs })
    : compare(target, { before: after.before, after: afterOf(after), ktimeNs: after.ktimeNs });
  const seq = out.publish("clone.failed", {
    ...body,
    file_released: event !== null,
    pid_dropped: dropped,
    count,
  }, { ktimeNs, followed });
  if (after !== null) judge(state, out, { target, count, seq, ktimeNs: after.ktimeNs });
  if (event === null || !dropped) {
    publishFinding(state, out, {
      rule: "R12",
      target,
      expected: "the file released and one reference dropped",
      observed: event === null
        ? "the file was not released"
        : "the file was released, the reference was not dropped",
      seq,
    });
  }
}
