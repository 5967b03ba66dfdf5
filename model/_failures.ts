/**
 * What a failed clone does to the model: the file that it made must be released, and its reference dropped.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { isDoubtful } from "./_doubts.ts";
import { errnoName } from "./errno.ts";
import { judge, publishFinding } from "./_judge.ts";
import { compare } from "./ledger.ts";
import type { Reading } from "./ledger.ts";
import type { ReferenceFate } from "./_releases.ts";
import type { FailedClone, ModelState } from "./state.ts";
import {
  addFile,
  addTarget,
  callName,
  forgetFile,
  isErrorPointer,
  isWhole,
  nameFile,
  newTarget,
  processOf,
} from "./_subject.ts";
import { inScope } from "./_scope.ts";
import type { Publisher } from "./update.ts";

type Failed = Extract<WireEvent, { kind: "failed" }>;

/** A run that ends within this time in ns after a failed clone cannot expect to see its cleanup. */
export const CLEANUP_SETTLES_NS = 1_000_000_000n;

/** A clone with CLONE_PIDFD failed; when a file was made, the report waits for its release. */
export function onFailed(state: ModelState, event: Failed, out: Publisher): void {
  const followed = inScope(state, event);
  const { ktimeNs } = event;
  const errno = errnoName(event.result);
  const made = event.file !== "0" && !isErrorPointer(event.file);
  const body = {
    cpu: event.cpu,
    process: processOf(state, event),
    origin: callName(event.clone3),
    errno,
    stage: stageOf(event, made),
    integer: errno === "EFAULT" ? null : event.integer,
    file: made ? nameFile(state) : null,
  } as const;
  const isNamed = event.pidAddress !== "0";
  if (!isNamed && !made) {
    const nothing = { file_released: null, pid_dropped: null, count: null };
    out.publish("clone.failed", { ...body, ...nothing }, { ktimeNs, followed });
    return;
  }
  const known = {
    address: event.pidAddress,
    pid: null,
    startNs: null,
    comm: event.comm,
    hashed: isNamed ? true : null,
    bornNs: ktimeNs,
    whole: isNamed && isWhole(state, ktimeNs),
    failed: true,
  };
  // The program follows a struct pid from the making of its file on: of another one nothing more will be heard. Without
  // types it does not name it at all, and the release of the file alone tells of the cleanup.
  const target = event.file === "0" || !isNamed ? newTarget(state, known) : addTarget(state, known);
  target.followed = followed;
  if (made) {
    // The release of an older file at its address was lost, and must not be taken for the one that is to come.
    forgetFile(state, event.file);
    addFile(target);
    target.reaped = true;
    state.failing.set(event.file, { body, target, tid: event.tid, ktimeNs, followed });
    return;
  }
  const count = compare(target, { before: null, after: event.count, ktimeNs, tid: event.tid });
  const seq = out.publish("clone.failed", { ...body, file_released: null, pid_dropped: null, count }, {
    ktimeNs,
    followed,
  });
  judge(state, out, { target, count, exact: "R12", seq });
  target.reaped = true;
}

function stageOf(event: Failed, made: boolean) {
  if (event.entered === 0) return "arguments";
  if (event.pidAddress === "0" && !made) return "before-pid";
  if (!made) return "pidfd";
  return event.result === -14 ? "put_user" : "after-pidfd";
}

/** The file of a failed clone is released: now its cleanup is known. */
export function finishFailed(
  state: ModelState,
  what: {
    readonly failing: FailedClone;
    readonly release: Extract<WireEvent, { kind: "release" }>;
    readonly fate: ReferenceFate;
    readonly out: Publisher;
  },
): void {
  const { failing, release, fate, out } = what;
  const { target } = failing;
  if (fate.kind !== "gone") {
    const dropped = fate.kind === "unknown" ? null : no(state, failing);
    const { tid, ktimeNs } = release;
    const count = compare(target, { before: release.count, after: null, ktimeNs, tid });
    const seq = report(failing, out, { file_released: true, pid_dropped: dropped, count });
    if (fate.kind === "stays") keptReference(state, { failing, seq, out });
    return;
  }
  const { event, after } = fate.dropped;
  const dropped = after === null || after < event.before;
  const { tid, ktimeNs } = event;
  const count = compare(target, { before: event.before, after, ktimeNs, tid });
  const seq = report(failing, out, { file_released: true, pid_dropped: dropped, count });
  judge(state, out, { target, count, seq });
  if (!dropped) keptReference(state, { failing, seq, out });
}

/**
 * A thread shows that it has gone on: the cleanup of its failed clone is over.
 *
 * The kernel releases the file before the thread returns to user space. A debugger can stop it for any time before
 * that, so it is not time that proves a missing release, but the thread itself.
 */
export function settleFailures(state: ModelState, out: Publisher, tid: number): void {
  for (const [address, failing] of state.failing) {
    if (failing.tid !== tid) continue;
    state.failing.delete(address);
    const count = compare(failing.target, unread(failing));
    const missing = no(state, failing);
    const seq = report(failing, out, { file_released: missing, pid_dropped: missing, count });
    notReleased(state, { failing, seq, out });
    if (missing === false) stays(state, address, { failing, seq });
  }
}

/** The file of a failed clone is still there: whoever has it can release it later, as any other. */
function stays(
  state: ModelState,
  address: string,
  { failing, seq }: { readonly failing: FailedClone; readonly seq: number },
): void {
  const { body, target, ktimeNs, followed } = failing;
  if (body.file === null) return;
  state.files.set(address, {
    id: body.file,
    target,
    createdSeq: seq,
    createdNs: ktimeNs,
    followed,
    installed: false,
    sent: [],
    lastSent: null,
    uses: new Map(),
  });
}

/** Nothing more will come: what is still waiting cannot be told. */
export function finishFailures(state: ModelState, out: Publisher): void {
  for (const [address, failing] of state.failing) {
    state.failing.delete(address);
    const seq = unknownCleanup(failing, out);
    if (state.nowNs - failing.ktimeNs < CLEANUP_SETTLES_NS) continue;
    const undetermined = "Run again until the thread goes on: a debugger may hold it before its cleanup";
    notReleased(state, { failing, seq, out, undetermined });
  }
}

/** The address of the file is in use again: it was released, unseen. */
export function forgetFailure(state: ModelState, address: string, out: Publisher): void {
  const failing = state.failing.get(address);
  if (failing === undefined) return;
  state.failing.delete(address);
  state.unmatched += 1;
  unknownCleanup(failing, out);
}

/** What was not seen did not happen, unless it can have been lost or nobody looks. */
function no(state: ModelState, { target }: FailedClone): false | null {
  return state.options.releasesSeen === false || isDoubtful(state, target) ? null : false;
}

/** A moment at which nothing was read. */
function unread({ tid, ktimeNs }: FailedClone): Reading {
  return { before: null, after: null, ktimeNs, tid };
}

function unknownCleanup(failing: FailedClone, out: Publisher): number {
  const count = compare(failing.target, unread(failing));
  return report(failing, out, { file_released: null, pid_dropped: null, count });
}

function report(
  failing: FailedClone,
  out: Publisher,
  cleanup: {
    readonly file_released: boolean | null;
    readonly pid_dropped: boolean | null;
    readonly count: ReturnType<typeof compare>;
  },
): number {
  const { body, ktimeNs, followed } = failing;
  return out.publish("clone.failed", { ...body, ...cleanup }, { ktimeNs, followed });
}

interface Broken {
  readonly failing: FailedClone;
  readonly seq: number;
  readonly out: Publisher;
  readonly undetermined?: string;
}

const CLEAN = "the file released and one reference dropped";

function keptReference(state: ModelState, { failing, seq, out }: Broken): void {
  const observed = "the file was released, the reference was not dropped";
  publishFinding(state, out, { rule: "R12", target: failing.target, expected: CLEAN, observed, seq });
}

function notReleased(state: ModelState, { failing, seq, out, undetermined }: Broken): void {
  publishFinding(state, out, {
    rule: "R12",
    target: failing.target,
    expected: CLEAN,
    observed: "the file was not released",
    seq,
    ...(undetermined === undefined ? {} : { undetermined }),
  });
}
