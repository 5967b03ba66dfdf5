/** What rules about clone and clone3 have in common. */

import { errnoName } from "../errno.ts";
import { type Check, compared, type Exhibit } from "./check.ts";
import type { Call, Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";
import { entryOf, errorOf, madeOf, returnOf } from "./step.ts";

/** ENOSYS: the call is not there. */
const ENOSYS = 38;

/** Whether the kernel has the call of a fact. */
export function isThere(fact: Fact): boolean {
  return fact.errno !== ENOSYS;
}

/** What a call gave, as a word: `success`, or the name of the error. */
export function resultOf({ ret, errno }: Fact): string | null {
  if (ret === null) return null;
  return ret >= 0 ? "success" : errnoName(-(errno ?? 0));
}

/** What a fact is called in a sentence. */
export function nameOf({ call, fact }: Fact): string {
  return `${call}, ${fact}`;
}

/** Everything that a call shows. */
export function exhibitsOf({ fact, steps, failed }: Call): readonly Exhibit[] {
  return [
    { kind: "fact", fact },
    ...(steps ?? []).map((step): Exhibit => ({ kind: "step", step })),
    ...(failed === undefined ? [] : [{ kind: "event", seq: failed.seq } as const]),
  ];
}

/** A check of what user space got. */
export function gives(fact: Fact, expected: string): Check {
  return compared(nameOf(fact), {
    witness: "U",
    expected,
    observed: resultOf(fact),
    reason: "the call did not come back",
    exhibits: [{ kind: "fact", fact }],
  });
}

/** A check of something that the kernel's trace shows, where it shows the call at all. */
export function shows(
  call: Call,
  expected: string,
  look: (
    steps: NonNullable<Call["steps"]>,
  ) => { readonly observed: string | null; readonly step?: string | undefined },
): Check {
  const { steps, reason, fact } = call;
  const begun = steps === null || entryOf(steps, "kernel_clone") === undefined;
  const found = steps === null || begun
    ? { observed: null, reason: reason ?? "no step of the call was told" }
    : { ...look(steps), reason: "the trace does not show it" };
  return compared(nameOf(fact), { witness: "K", expected, ...found, exhibits: exhibitsOf(call) });
}

/** What the kernel itself says that a clone gave: `success`, or the name of the error. */
export function kernelResult(steps: NonNullable<Call["steps"]>): string | null {
  const back = returnOf(steps, "kernel_clone");
  if (back === undefined) return null;
  return back.value > 0 ? "success" : errnoName(back.value);
}

/** What copy_process() gave: `not entered`, `success`, or the name of the error. */
export function copyResult(steps: NonNullable<Call["steps"]>): string | null {
  if (entryOf(steps, "copy_process") === undefined) return "not entered";
  const back = returnOf(steps, "copy_process");
  if (back === undefined) return null;
  if (back.value > 0) return "success";
  const error = errorOf(back.pidAddress);
  return error === 0 ? "neither a child nor an error" : errnoName(error);
}

/** How far a failing copy_process() came before it gave up. */
export function reached(steps: NonNullable<Call["steps"]>): string {
  if (entryOf(steps, "copy_process") === undefined) return "before copy_process";
  const pid = returnOf(steps, "alloc_pid");
  if (pid === undefined || errorOf(pid.pidAddress) !== 0) return "before a struct pid was there";
  return madeOf(steps) === undefined
    ? "before the pidfd's file was there"
    : "after the pidfd's file was made";
}

/**
 * Checks that a clone which failed after its file was made has cleaned up, by both witnesses.
 *
 * @param call the call
 * @returns the checks: the numbers that are open, no child, the file released, the number given back; that its reference is
 *   dropped is R14
 */
export function cleansUp(call: Call, { truth }: Evidence): readonly Check[] {
  const { fact, failed } = call;
  const exhibits = exhibitsOf(call);
  const told = (observed: boolean | null | undefined, yes: string, no: string) =>
    observed === null || observed === undefined ? null : observed ? yes : no;
  const open = fact.openFdsBefore === null || fact.openFdsAfter === null
    ? null
    : fact.openFdsAfter - fact.openFdsBefore;
  const name = nameOf(fact);
  return [
    compared(name, {
      witness: "U",
      expected: "0 descriptors more than before",
      observed: open === null ? null : `${open} descriptors more than before`,
      exhibits,
    }),
    compared(name, {
      witness: "U",
      expected: "no child",
      observed: fact.hasChild === null ? null : fact.hasChild ? "a child" : "no child",
      exhibits,
    }),
    compared(name, {
      witness: "K",
      expected: "the file released",
      observed: told(failed?.body.file_released, "the file released", "the file kept"),
      reason: call.reason ?? "the model has not seen the failed call to its end",
      step: "copy_process",
      exhibits,
    }),
    ...numberGivenBack(call, truth.watched.has("put_unused_fd")),
  ];
}

/** What became of the struct pid of a clone that failed after it had one. */
export interface GivenUp {
  /** `pid->count` when it was given up, of which one is the hash's; `null` when it was kept. */
  readonly count: number | null;
  /** The same in words. */
  readonly says: string;
}

/** A struct pid that is given up with the hash's reference alone. */
export const GIVEN_UP = "count 1 when it is given up";

/**
 * What became of the struct pid of a clone that failed after it had one.
 *
 * @param call the call
 * @returns `undefined` where the call made no struct pid, did not fail, or does not tell
 */
export function givenUp({ steps }: Call, evidence: Evidence): GivenUp | undefined {
  if (steps === null || !evidence.tellsOf("free_pid")) return undefined;
  const made = returnOf(steps, "alloc_pid");
  const back = returnOf(steps, "copy_process");
  if (made === undefined || errorOf(made.pidAddress) !== 0) return undefined;
  if (back === undefined || errorOf(back.pidAddress) === 0) return undefined;
  const put = entryOf(steps, "free_pid");
  return put === undefined
    ? { count: null, says: "kept" }
    : { count: put.value, says: `count ${put.value} when it is given up` };
}

/** The number that was reserved is given back, where both steps are told of. */
function numberGivenBack(call: Call, isWatched: boolean): readonly Check[] {
  const { steps } = call;
  const reserved = steps === null ? undefined : returnOf(steps, "get_unused_fd_flags");
  if (!isWatched || steps === null || reserved === undefined || reserved.value < 0) return [];
  // A number that is in use already is given back by closing it; that it is closed, user space sees.
  if (entryOf(steps, "fd_install") !== undefined) return [];
  return [
    compared(nameOf(call.fact), {
      witness: "K",
      expected: `number ${reserved.value} given back`,
      observed: entryOf(steps, "put_unused_fd")?.value === reserved.value
        ? `number ${reserved.value} given back`
        : `number ${reserved.value} kept`,
      step: "copy_process",
      exhibits: exhibitsOf(call),
    }),
  ];
}
