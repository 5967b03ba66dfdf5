/** R2: CLONE_PIDFD and CLONE_PARENT_SETTID. */

import { gives, isThere, kernelResult, reached, shows } from "./_calls.ts";
import type { Check } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Truth } from "./evidence.ts";

/** Who refuses, as one sentence; the first pidfds did it in copy_process(). */
function refusal(truth: Truth): string {
  return truth.isSeedLike === true ? "EINVAL, before a struct pid was there" : "EINVAL, before copy_process";
}

function refused(call: Call, truth: Truth): readonly Check[] {
  return [
    gives(call.fact, "EINVAL"),
    shows(call, refusal(truth), (steps) => {
      const result = kernelResult(steps);
      const far = reached(steps);
      // Who looks at the integer as the first pidfds did need not have their place for this check.
      const where = truth.isSeedLike === true && far === "before copy_process"
        ? "before a struct pid was there"
        : far;
      return {
        observed: result === null ? null : `${result}, ${where}`,
        step: truth.isSeedLike === true ? "copy_process" : "kernel_clone",
      };
    }),
  ];
}

/** R2. */
export const R2: ConfirmRule = {
  id: "R2",
  statement:
    "CLONE_PIDFD together with CLONE_PARENT_SETTID is refused with EINVAL where both would be written to one place",
  why: "The child's number would overwrite the pidfd, or the other way round",
  since: "5.2 (b3e583825266); clone3, since 5.3, has a place for each and refuses only the same one twice",
  stimuli: ["confirm-conflicts"],
  witnesses: {
    U: "clone gives EINVAL, and CLONE_PARENT_SETTID alone succeeds; clone3 with two places succeeds",
    K: "kernel_clone() returns EINVAL without entering copy_process(); the first pidfds refused there",
  },
  necessary: ["U", "K"],
  counterExample: "clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD) returns a child",
  undetermined:
    "it was not tried first whether this kernel looks at the user's integer as the first pidfds did",
  checks: (evidence): readonly Check[] =>
    evidence.calls("confirm-conflicts", "pidfd-parent-settid", "pidfd-parent-settid-same", "parent-settid")
      .filter((it) => isThere(it.fact))
      .flatMap((call) => {
        const { fact } = call;
        const isRefused = fact.fact === "pidfd-parent-settid-same" ||
          (fact.fact === "pidfd-parent-settid" && fact.call === "clone");
        return isRefused ? refused(call, evidence.truth) : [gives(fact, "success")];
      }),
};
