/**
 * What a birth does to the model.
 *
 * A thread can close a number before the call that made it has returned in another thread. So the records of clone
 * and pidfd_open tell which file the number's slot holds, read after the count: when it is the one that was made,
 * all that was read about it is true.
 *
 * @module
 */

import type { FoundSlot } from "../events/mod.ts";
import type { WireEvent } from "../schema/mod.ts";
import { originOf } from "./_calls.ts";
import type { Origin } from "./_calls.ts";
import { addDoubt, isLossSince } from "./_doubts.ts";
import { errnoName } from "./errno.ts";
import { forgetFailure } from "./_failures.ts";
import { judge } from "./_judge.ts";
import { compare } from "./ledger.ts";
import { fileBorn } from "./_slot_news.ts";
import type { EarlyRelease, ModelState, PidfdFile, Target } from "./state.ts";
import {
  addArrival,
  addFile,
  addTarget,
  callName,
  fileFlagNames,
  forgetFile,
  isErrorPointer,
  isWhole,
  nameFile,
  processOf,
  targetOf,
} from "./_subject.ts";
import { inScope, isMember, joinScope } from "./_scope.ts";
import type { ActorEvent } from "./_subject.ts";
import type { Publisher } from "./update.ts";

/** How long a call that makes a pidfd may have been on its way, in ns. */
const CALL_SETTLES_NS = 5_000_000_000n;

type Born = Extract<WireEvent, { kind: "clone" | "open" | "made" | "slot" }>;

/** clone or clone3 made a child and its pidfd; nothing else can know the child yet, so the count is exact. */
export function onClone(
  state: ModelState,
  event: Extract<WireEvent, { kind: "clone" }>,
  out: Publisher,
): void {
  const file = event.file === "0" ? event.slotFile : event.file;
  const installed = event.slotFile === file;
  const early = installed ? undefined : takeEarly(state, file);
  const target = early?.target ?? addTarget(state, {
    address: event.pidAddress,
    pid: event.child,
    startNs: event.childStartNs,
    comm: event.comm,
    hashed: true,
    bornNs: event.ktimeNs,
    whole: isWhole(state, event.ktimeNs),
  });
  identify(target, { pid: event.child, startNs: event.childStartNs });
  target.comm ??= event.comm;
  const origin = callName(event.clone3);
  born(state, event, { out, target, file, origin, fd: event.fd, installed, early, exact: true });
}

function takeEarly(state: ModelState, file: string): EarlyRelease | undefined {
  const early = state.early.get(file);
  state.early.delete(file);
  return early;
}

function identify(target: Target, alive: { readonly pid: number; readonly startNs: bigint }): void {
  target.pid ??= alive.pid;
  target.startNs ??= alive.startNs;
}

/** pidfd_open returned. */
export function onOpen(state: ModelState, event: Extract<WireEvent, { kind: "open" }>, out: Publisher): void {
  if (event.result < 0) {
    out.publish("open.failed", {
      cpu: event.cpu,
      process: processOf(state, event),
      errno: errnoName(event.result),
      asked_pid: event.target,
      flags: event.openFlags === "0" ? [] : fileFlagNames(event.openFlags).slice(1),
    }, { ktimeNs: event.ktimeNs, followed: inScope(state, event) });
    return;
  }
  const file = event.file === "0" ? event.slotFile : event.file;
  const installed = event.slotFile === file;
  const early = installed ? undefined : takeEarly(state, file);
  if (early === undefined && (file === "0" || event.pidAddress === "0")) {
    state.unmatched += 1;
    return;
  }
  const alive = event.nr === 0 ? null : { pid: event.nr, startNs: event.targetStartNs };
  const target = early?.target ?? targetAt(state, event, alive);
  if (early === undefined && alive !== null) target.comm ??= event.targetComm;
  const origin = "pidfd_open";
  born(state, event, { out, target, file, origin, fd: event.result, installed, early, exact: false });
}

/** Some other call made a pidfd file. */
export function onMade(state: ModelState, event: Extract<WireEvent, { kind: "made" }>, out: Publisher): void {
  if (isErrorPointer(event.file)) return;
  const origin = originOf(event.call, event.userSpace === 1);
  born(state, event, {
    out,
    target: targetOfRecord(state, event),
    origin,
    fd: null,
    ...PLAIN,
    file: event.file,
  });
}

const UNTOUCHED = { installed: false, lastSent: null };

/** How a birth is taken that is told of where the file is made, or by its slot alone. */
const PLAIN = { installed: true, early: undefined, exact: false } as const;

/**
 * A slot holds a pidfd's file of which no birth was seen: it is older than the probes, or was opened anew just now.
 *
 * @param state the model's state
 * @param event the record of the slot
 * @param out where events go
 * @returns the file
 */
export function adopt(
  state: ModelState,
  event: Extract<WireEvent, { kind: "slot" }>,
  out: Publisher,
): PidfdFile {
  const isNew = event.references === 1;
  const origin = isNew ? originOf(event.call, true) : "baseline";
  const target = targetOfRecord(state, event);
  const fd = isNew ? event.fd : null;
  const file = born(state, event, { out, target, origin, fd, ...PLAIN, file: event.file });
  file.installed = !isNew;
  return file;
}

/**
 * A walk over the open files has found a pidfd of which nothing was told yet.
 *
 * @param state the model's state
 * @param found the slot that it was found in
 * @param out where events go
 * @returns the file
 */
export function adoptFound(state: ModelState, found: FoundSlot, out: Publisher): PidfdFile {
  const isAlive = found.targetStartNs !== 0n;
  const event: Extract<WireEvent, { kind: "slot" }> = {
    ...found,
    kind: "slot",
    cpu: NO_CPU,
    number: 0,
    closeOnExec: found.cloexec,
    references: 0,
    born: 0,
    call: -1,
    nr: isAlive ? found.nr : 0,
  };
  const target = targetOfRecord(state, event);
  if (!isAlive) {
    target.pid ??= found.nr;
    target.exited = true;
    target.reaped = true;
  }
  const file = born(state, event, {
    out,
    target,
    origin: "baseline",
    fd: found.fd,
    ...PLAIN,
    file: found.file,
  });
  file.installed = true;
  return file;
}

/** Stands for the CPU of what did not happen on one. */
const NO_CPU = -1;

/** The target of a record that tells of the process, as far as it lives. */
function targetOfRecord(state: ModelState, event: Extract<Born, { kind: "made" | "slot" }>): Target {
  const alive = event.nr === 0 ? null : { pid: event.nr, startNs: event.targetStartNs };
  const target = targetAt(state, event, alive);
  if (alive !== null) target.comm ??= event.targetComm;
  return target;
}

/**
 * The target of a pidfd that was made for a living process.
 *
 * A process that is met here first was born before; it had no pidfd that was seen, but may have had others.
 */
function targetAt(
  state: ModelState,
  event: Extract<Born, { kind: "open" | "made" | "slot" }>,
  alive: { readonly pid: number; readonly startNs: bigint } | null,
): Target {
  const known = state.targets.get(event.pidAddress);
  if (known !== undefined && isSame(state, known, alive)) {
    if (alive !== null) identify(known, alive);
    return known;
  }
  // It has ended, as the one that was known here: whether it is that one, with what holds that one, cannot be told.
  const isMaybeKnown = known !== undefined && !known.failed && alive === null;
  return addTarget(state, {
    address: event.pidAddress,
    pid: alive?.pid ?? null,
    startNs: alive?.startNs ?? null,
    comm: null,
    hashed: alive === null ? null : true,
    bornNs: event.ktimeNs,
    whole: !isMaybeKnown && isWhole(state, event.ktimeNs),
  });
}

/** Whether a target is the one that has its address now: its free can be among what was lost. */
function isSame(state: ModelState, known: Target, alive: { readonly startNs: bigint } | null): boolean {
  // Nobody can open a child that never came to be.
  if (known.failed) return false;
  if (alive === null) return !(known.exited && isLossSince(state, known.bornNs));
  return known.startNs === null ? known.hashed !== false : known.startNs === alive.startNs;
}

function born(
  state: ModelState,
  event: Born,
  what: {
    readonly out: Publisher;
    readonly target: Target;
    readonly file: string;
    readonly fd: number | null;
    readonly origin: Origin;
    /** Whether the number named the file when the record was made, as far as there is a number. */
    readonly installed: boolean;
    /** Its release, when that came first. */
    readonly early: EarlyRelease | undefined;
    /** Whether the count must be exact. */
    readonly exact: boolean;
  },
): PidfdFile {
  const { out, target, file, fd, origin, installed, early, exact } = what;
  const followed = inScope(state, event);
  if (early === undefined) {
    forgetFile(state, file);
    forgetFailure(state, file, out);
    addFile(target);
    if (event.kind !== "clone") addArrival(target, event);
  }
  target.followed ||= followed;
  if (!installed && early === undefined) {
    const begunNs = event.ktimeNs - CALL_SETTLES_NS;
    // The call may have begun before all probes were attached, and its file have been released then.
    if (begunNs < state.options.attachedNs) addDoubt(state, { fromNs: null, toNs: event.ktimeNs });
    // Or the record of that was lost, before the target was met.
    if (begunNs < target.bornNs) target.bornNs = begunNs;
  }
  const filledNs = state.unborn.get(file)?.[0]?.event.ktimeNs;
  // The call began before the target was met: what was lost meanwhile can be the end of its file.
  if (filledNs !== undefined && filledNs < target.bornNs) target.bornNs = filledNs;
  const after = early === undefined && countsItself(target, event) ? event.count : null;
  const { tid, ktimeNs } = event;
  const count = compare(target, { before: null, after, ktimeNs, tid });
  const id = early?.id ?? nameFile(state);
  const seq = out.publish("pidfd.create", {
    cpu: event.cpu === NO_CPU ? null : event.cpu,
    process: processOf(state, event),
    origin,
    file: id,
    fd: installed ? fd : null,
    inode: event.inode === 0n ? null : event.inode.toString(),
    flags: flagsOf(event),
    released_seq: early?.seq ?? null,
    target: targetOf(target),
    count,
  }, { ktimeNs: event.ktimeNs, followed });
  const made = {
    id,
    target,
    createdSeq: seq,
    createdNs: event.ktimeNs,
    followed,
    ...UNTOUCHED,
    sent: [],
    uses: new Map(),
  };
  // Nothing would ever take it away again.
  const isKept = early === undefined && state.options.releasesSeen !== false;
  if (isKept) state.files.set(file, made);
  fileBorn(state, file, { file: made, out });
  if (installed) judge(state, out, { target, count, ...(exact ? { exact: "R13" } : {}), seq });
  target.lastSeq = seq;
  return made;
}

/** Flags of the new file; without types neither they nor its inode are read. */
function flagsOf({ inode, fileFlags }: Born): readonly string[] | null {
  return inode === 0n ? null : fileFlagNames(fileFlags);
}

/**
 * Whether the count that was read at a birth has the new file's own reference in it.
 *
 * A call that is neither clone nor pidfd_open is only seen when it makes the file. Without pidfs the reference is taken
 * a moment later.
 */
function countsItself(target: Target, event: Born): boolean {
  return event.kind !== "made" || target.law === "per-inode";
}

/** A process in scope forked another one. */
export function onFork(state: ModelState, event: Extract<WireEvent, { kind: "fork" }>, out: Publisher): void {
  const actor: ActorEvent = event;
  // A child descends also from a thread or a name that is not shown.
  if (!isMember(state, actor)) return;
  joinScope(state, event.child, event.childStartNs);
  out.publish("process.start", {
    cpu: event.cpu,
    process: processOf(state, event),
    child_pid: event.child,
    child_start_ns: event.childStartNs.toString(),
  }, { ktimeNs: event.ktimeNs, followed: inScope(state, actor) });
}
