/** R5: the number cannot be handed over. */

import { cleansUp, copyResult, gives, isThere, reached, shows } from "./_calls.ts";
import type { Check } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";

function checksOf(call: Call, evidence: Evidence): readonly Check[] {
  const { fact } = call;
  if (fact.fact === "writable") return [gives(fact, "success")];
  const inside = shows(call, "EFAULT", (steps) => ({ observed: copyResult(steps), step: "copy_process" }));
  // The first pidfds looked at the integer before they made anything.
  const isEarly = call.steps === null
    ? evidence.truth.isSeedLike === true && fact.fact !== "read-only"
    : reached(call.steps) === "before a struct pid was there";
  return [gives(fact, "EFAULT"), inside, ...(isEarly ? [] : cleansUp(call, evidence))];
}

/** R5. */
export const R5: ConfirmRule = {
  id: "R5",
  statement:
    "A pidfd whose number cannot be written to the user's integer is closed again, and the call gives EFAULT",
  why: "Nobody knows the number: the descriptor, the file and the struct pid would stay for good",
  since: "5.2 (b3e583825266); by fput() and put_unused_fd() since 5.2-rc7 (6fd2fe494b17)",
  stimuli: ["confirm-page"],
  witnesses: {
    U: "EFAULT, no child, as many descriptors as before; success with a page that can be written",
    K: "copy_process() returns EFAULT, the file is released, the number given back",
  },
  necessary: ["U", "K"],
  counterExample:
    "clone(CLONE_PIDFD | SIGCHLD) with the integer in a read-only page leaves a descriptor open",
  undetermined: "the file of the failed call was not followed to its end",
  checks: (evidence) =>
    evidence.calls("confirm-page", "writable", "read-only", "null", "unmapped")
      .filter((it) => isThere(it.fact))
      .flatMap((it) => checksOf(it, evidence)),
};
