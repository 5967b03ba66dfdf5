/** T1: both witnesses tell the same. */

import { exhibitsOf, isThere, kernelResult, nameOf, resultOf } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import { entryOf } from "./step.ts";

/** The calls of clone and clone3 that both can have seen. */
function results(evidence: Evidence): readonly Check[] {
  const facts = evidence.all.filter((it) =>
    (it.call === "clone" || it.call === "clone3") && it.ret !== null && it.errnos === null && isThere(it)
  );
  return facts.flatMap((fact) => {
    const call = evidence.call(fact);
    const { steps, reason = "that kernel_clone() returned was not told" } = call;
    const told = resultOf(fact);
    if (told === null) return [];
    // What clone3 refuses by itself does not come to kernel_clone().
    if (steps !== null && entryOf(steps, "kernel_clone") === undefined) return [];
    const result = steps === null ? null : kernelResult(steps);
    return [
      compared(nameOf(fact), {
        witness: "K",
        expected: `${told}, as user space was told`,
        observed: result === null ? null : `${result}, as user space was told`,
        reason,
        step: "kernel_clone",
        exhibits: exhibitsOf(call),
      }),
    ];
  });
}

/** T1. */
export const T1: ConfirmRule = {
  id: "T1",
  statement: "What user space was told of a call is what the kernel's trace shows of it",
  why: "Where the two contradict each other, neither can be believed, and no other verdict is worth anything",
  since: "always",
  stimuli: ["confirm-conflicts", "confirm-page", "confirm-pids-max", "confirm-emfile", "confirm-wait"],
  witnesses: { K: "kernel_clone() returns the error, or the success, that the call gave" },
  necessary: ["K"],
  counterExample: "The call gives EFAULT, and kernel_clone() has returned a number",
  undetermined: "no call was seen by both, or it was not told that one returned",
  checks: results,
};
