/**
 * What a release does to the model.
 *
 * A release takes two records of one thread: the file goes, then its reference. With pidfs that is the inode's, and
 * goes with the last file alone. So a release is held until the thread's next record shows whether the inode went too.
 * Where threads release the last files of one inode at once, any of them can be the one that drops it.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { isDoubtful, isLossSince } from "./_doubts.ts";
import { finishFailed } from "./_failures.ts";
import { judge, publishFinding } from "./_judge.ts";
import { compare } from "./ledger.ts";
import type { Count, Reading } from "./ledger.ts";
import type { ModelState, Releasing, Target } from "./state.ts";
import { addTarget, emptySlots, forgetFile, nameFile, processOf, targetOf } from "./_subject.ts";
import { inScope } from "./_scope.ts";
import { freed } from "./_targets.ts";
import type { Publisher } from "./update.ts";

type Release = Extract<WireEvent, { kind: "release" }>;
type Dropping = Extract<WireEvent, { kind: "evict" | "drop" }>;

/** What is known of the reference after a release: the inode's, or that of the file itself. */
export type ReferenceFate =
  /** It went, with these counts. */
  | { readonly kind: "gone"; readonly dropped: Drop }
  /** The inode stays: other files of it are open, or the thread has gone on without dropping it. */
  | { readonly kind: "stays"; readonly count: number | null }
  /** Nothing more was heard of the thread. */
  | { readonly kind: "unknown" };

/** The record of the drop, and the count after it as far as it can be believed. */
export interface Drop {
  /** The record. */
  readonly event: Dropping;
  /** The count after the drop; `null` when the memory was another's by then. */
  readonly after: number | null;
}

/** After this time in ns nobody waits for a release's thread any more: it is held up, or its record was lost. */
export const RELEASE_SETTLES_NS = 1_000_000_000n;

/** Releases without a known birth that are remembered, for births whose record is still to come. */
export const EARLY_MAX = 64;

/** The last reference of a file goes. */
export function onRelease(state: ModelState, event: Release, out: Publisher): void {
  const failing = state.failing.get(event.file);
  // An older file at this address whose release was not seen would name another target.
  const stale = state.files.get(event.file);
  if (stale !== undefined && stale.target.address !== event.pidAddress) forgetFile(state, event.file);
  const file = state.files.get(event.file);
  const target = file?.target ?? failing?.target ?? state.targets.get(event.pidAddress) ??
    unseen(state, event);
  state.failing.delete(event.file);
  state.files.delete(event.file);
  emptySlots(state, event.file);
  if (file !== undefined || failing !== undefined) target.files -= 1;
  // Only a record that came late finds the place of its thread taken.
  const earlier = state.releasing.get(event.tid);
  if (earlier !== undefined) forgetReleasing(state, earlier, out);
  const told = target.law === "per-inode" && target.whole && target.files > 0;
  const releasing = { event, file, failing, target, told, wentOn: false, freed: false };
  state.releasing.set(event.tid, releasing);
  target.settling += 1;
  if (told) finish(state, releasing, { fate: { kind: "stays", count: event.count }, out });
}

/** The inode went, and its reference. */
export function onEvict(
  state: ModelState,
  event: Extract<WireEvent, { kind: "evict" }>,
  out: Publisher,
): void {
  const own = state.releasing.get(event.tid);
  const isOwn = own?.event.pidAddress === event.pidAddress;
  const releasing = isOwn && !own.told ? own : lastUntold(state, event.pidAddress);
  const target = releasing?.target ?? (isOwn ? own.target : state.targets.get(event.pidAddress));
  if (releasing === undefined) state.unmatched += 1;
  const isStray = releasing === undefined && !isOwn && isOfEarlier(state, target, event);
  if (target !== undefined && !isStray) {
    // With files open, this was the inode before the present one: a pidfd was made while the last one went.
    if (target.files === 0) target.inode = false;
    const dropped = { event, after: releasing?.freed === true ? 0 : countAfter(target, event) };
    if (releasing !== undefined) close(state, releasing, { fate: { kind: "gone", dropped }, out });
    if (dropped.after === 0 && !target.freed) freed(state, target, { by: "inode", event, out });
  }
  threadWentOn(state, event, out);
}

/**
 * A file dropped its own reference.
 *
 * The record says all that the one of the release said but its moment, so it can stand for one that was lost.
 */
export function onDrop(state: ModelState, event: Extract<WireEvent, { kind: "drop" }>, out: Publisher): void {
  if (!isReleasing(state, event)) {
    const open = state.files.get(event.file)?.target ?? state.failing.get(event.file)?.target;
    if (open?.address === event.pidAddress) {
      onRelease(state, { ...event, kind: "release", count: event.before }, out);
    }
  }
  const releasing = isReleasing(state, event) ? state.releasing.get(event.tid) : undefined;
  const target = releasing?.target ?? state.targets.get(event.pidAddress);
  if (releasing === undefined) state.unmatched += 1;
  if (target === undefined || (releasing === undefined && isOfEarlier(state, target, event))) return;
  const dropped = { event, after: releasing?.freed === true ? 0 : countAfter(target, event) };
  if (releasing !== undefined) close(state, releasing, { fate: { kind: "gone", dropped }, out });
  if (dropped.after === 0 && !target.freed) freed(state, target, { by: "file", event, out });
}

/** Whether the drop belongs to the release that its thread is known to be in. */
function isReleasing(state: ModelState, event: Extract<WireEvent, { kind: "drop" }>): boolean {
  const release = state.releasing.get(event.tid)?.event;
  return release?.file === event.file && release.pidAddress === event.pidAddress;
}

/** The release that took the last file, when another thread than its own drops the inode. */
function lastUntold(state: ModelState, pidAddress: string): Releasing | undefined {
  let last: Releasing | undefined;
  for (const it of state.releasing.values()) {
    if (it.told || it.event.pidAddress !== pidAddress) continue;
    if (last === undefined || it.event.ktimeNs > last.event.ktimeNs) last = it;
  }
  return last;
}

/**
 * A record shows that its thread is done with the release before it.
 *
 * @param state the model's state
 * @param event the thread's record
 * @param out where events go
 */
export function threadWentOn(state: ModelState, event: ThreadRecord, out: Publisher): void {
  const releasing = state.releasing.get(event.tid);
  if (releasing === undefined) return;
  const { target } = releasing;
  if (target.law === "per-file") {
    // It is over, and the record of its drop is lost.
    close(state, releasing, { fate: { kind: "unknown" }, out });
    return;
  }
  if (releasing.told) unhold(state, releasing);
  else releasing.wentOn = true;
  const others = [...state.releasing.values()].filter((it) => it.target === target);
  if (others.every((it) => it.wentOn)) {
    for (const it of others) close(state, it, { fate: { kind: "stays", count: null }, out });
  } else if (event.kind === "release" && !releasing.told) {
    // Its place is needed for the next release of this thread.
    close(state, releasing, { fate: { kind: "unknown" }, out });
  }
}

type ThreadRecord = Extract<WireEvent, { readonly tid: number }>;

/**
 * Finishes releases whose thread was not heard of for too long.
 *
 * @param state the model's state
 * @param out where events go
 * @param nowNs the present moment; `null` when nothing more will come
 */
export function settleReleases(state: ModelState, out: Publisher, nowNs: bigint | null): void {
  for (const releasing of state.releasing.values()) {
    if (nowNs !== null && nowNs - releasing.event.ktimeNs <= RELEASE_SETTLES_NS) continue;
    forgetReleasing(state, releasing, out);
  }
}

function forgetReleasing(state: ModelState, releasing: Releasing, out: Publisher): void {
  if (releasing.told) unhold(state, releasing);
  else close(state, releasing, { fate: { kind: "unknown" }, out });
}

function close(
  state: ModelState,
  releasing: Releasing,
  how: { readonly fate: ReferenceFate; readonly out: Publisher },
): void {
  unhold(state, releasing);
  finish(state, releasing, how);
}

function unhold(state: ModelState, releasing: Releasing): void {
  state.releasing.delete(releasing.event.tid);
  releasing.target.settling -= 1;
}

/**
 * The count after the drop.
 *
 * Once nothing holds the target for certain, its memory can be freed and used again before the count is read.
 */
function countAfter(target: Target, event: Dropping): number | null {
  if (target.freed) return null;
  if (event.before === 1) return 0;
  return isHeld(target) || (event.after >= 0 && event.after <= event.before) ? event.after : null;
}

/** Whether something holds a reference for certain. */
function isHeld(target: Target): boolean {
  return (target.hashed === true && !target.reaped) || target.files > 0;
}

/**
 * Whether a drop, whose release was not seen, is that of an earlier target at the same address: the one that is there now
 * is held for certain, nothing remains of the one that was dropped, and the record of the release can be lost.
 */
function isOfEarlier(state: ModelState, target: Target | undefined, event: Dropping): boolean {
  const isFree = event.before === 1 || event.after === 0;
  return target !== undefined && isFree && isHeld(target) &&
    isLossSince(state, event.ktimeNs - RELEASE_SETTLES_NS);
}

function unseen(state: ModelState, event: Release): Target {
  const target = addTarget(state, {
    address: event.pidAddress,
    pid: null,
    startNs: null,
    comm: null,
    hashed: null,
    bornNs: event.ktimeNs,
    whole: false,
  });
  target.inode = target.law === "per-inode";
  return target;
}

function finish(
  state: ModelState,
  releasing: Releasing,
  how: { readonly fate: ReferenceFate; readonly out: Publisher },
): void {
  const { event, file, failing, target } = releasing;
  const { fate, out } = how;
  if (failing !== undefined) {
    finishFailed(state, { failing, release: event, fate, out });
    return;
  }
  const count = compare(target, readingOf(event, fate));
  const id = file?.id ?? nameFile(state);
  const seq = out.publish("pidfd.release", {
    cpu: event.cpu,
    process: processOf(state, event),
    file: id,
    inode: event.inode === 0n ? null : event.inode.toString(),
    last_of_inode: lastOfInode(state, target, fate),
    created_seq: file?.createdSeq ?? null,
    lifetime_ns: file === undefined ? null : (event.ktimeNs - file.createdNs).toString(),
    target: targetOf(target),
    count,
  }, { ktimeNs: event.ktimeNs, followed: file?.followed ?? inScope(state, event) });
  judge(state, out, { target, count, seq });
  if (fate.kind === "gone") judgeDrop(state, { target, dropped: fate.dropped, count, seq, out });
  target.lastSeq = seq;
  if (file === undefined) rememberEarly(state, event.file, { id, seq, target });
}

function readingOf(event: Release, fate: ReferenceFate): Reading {
  if (fate.kind === "gone") {
    const { event: { before, ktimeNs, tid }, after } = fate.dropped;
    return { before, after, ktimeNs, tid };
  }
  const { count, ktimeNs, tid } = event;
  return { before: count, after: fate.kind === "stays" ? fate.count : null, ktimeNs, tid };
}

function lastOfInode(state: ModelState, target: Target, fate: ReferenceFate): boolean | null {
  if (target.law === "per-file") return null;
  if (fate.kind === "gone") return true;
  return fate.kind === "unknown" || isDoubtful(state, target) ? null : false;
}

/** A thread can close a number before the call that made it has returned in another thread. */
function rememberEarly(
  state: ModelState,
  address: string,
  release: Parameters<ModelState["early"]["set"]>[1],
): void {
  state.early.delete(address);
  state.early.set(address, release);
  const [oldest] = state.early.keys();
  if (state.early.size > EARLY_MAX && oldest !== undefined) state.early.delete(oldest);
}

/**
 * A release drops one reference.
 *
 * Unknown holders can come or go meanwhile, so only this is certain: where nobody but the known ones held a reference
 * before, no more than one may go.
 */
function judgeDrop(
  state: ModelState,
  what: {
    readonly target: Target;
    readonly dropped: Drop;
    readonly count: Count;
    readonly seq: number;
    readonly out: Publisher;
  },
): void {
  const { target, dropped: { event, after }, count, seq, out } = what;
  if (after === null || count.expected === null || event.before > count.expected + 1) return;
  const hashMayDrop = target.reaped ? 1 : 0;
  if (event.before - after <= 1 + hashMayDrop) return;
  publishFinding(state, out, {
    rule: "R14",
    target,
    expected: "1 reference dropped",
    observed: `${event.before - after} references dropped (count ${event.before} before, ${after} after)`,
    seq,
  });
}
