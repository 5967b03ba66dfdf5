/** Calls that fixes are told by. */

import { exhibitsOf } from "./_calls.ts";
import type { Exhibit } from "./check.ts";
import type { Call, Evidence } from "./evidence.ts";
import { entryOf, madeOf, returnOf, type Step } from "./step.ts";

/** What a call shows of the number that its pidfd was to have. */
export interface CallWord {
  /** How the pidfd came into the fd table, or how it was taken out again; `undefined` where neither was seen. */
  readonly installs: string | undefined;
  /** The way of the call. */
  readonly way: string;
  /** All of it. */
  readonly exhibits: readonly Exhibit[];
}

/** Reads a call. */
export function wordOf(call: Call): CallWord {
  const steps = call.steps ?? [];
  const [begin, end] = [entryOf(steps, "kernel_clone"), returnOf(steps, "kernel_clone")];
  const step = steps.find((it) =>
    fills(it) && it.ktimeNs >= (begin?.ktimeNs ?? 0n) && it.ktimeNs <= (end?.ktimeNs ?? it.ktimeNs)
  );
  return {
    installs: step === undefined ? undefined : `${step.function}(${step.value})`,
    way: call.way,
    exhibits: exhibitsOf(call),
  };
}

/** Whether a step fills a slot, or empties one that was filled; anon_inode_getfd() does the first by itself. */
function fills(step: Step): boolean {
  if (step.function === "anon_inode_getfd") return step.returned && step.value >= 0;
  return step.function === "fd_install" || step.function === "close_fd";
}

/** Calls of clone and clone3 that failed although the file of their pidfd was there. */
export function madeIn(evidence: Evidence): readonly Call[] {
  return evidence.all.filter((it) => (it.call === "clone" || it.call === "clone3") && it.ret === -1)
    .map((it) => evidence.call(it))
    .filter(({ steps }) => steps !== null && madeOf(steps) !== undefined);
}
