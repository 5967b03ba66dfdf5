/** R1: CLONE_PIDFD and CLONE_DETACHED. */

import type { Check } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import { copyResult, gives, isThere, reached, shows } from "./_calls.ts";

/** What a flag that is refused by copy_process() looks like from inside. */
export const REFUSED_EARLY = "EINVAL by copy_process, before a struct pid was there";

/** R1. */
export const R1: ConfirmRule = {
  id: "R1",
  statement: "CLONE_PIDFD together with CLONE_DETACHED is refused with EINVAL",
  why: "CLONE_DETACHED is kept for a later meaning; a program that is let through today breaks then",
  since: "5.2 (b3e583825266)",
  stimuli: ["confirm-conflicts"],
  witnesses: {
    U: "clone gives EINVAL, and CLONE_DETACHED alone succeeds",
    K: "copy_process() returns EINVAL before it has a struct pid",
  },
  necessary: ["U", "K"],
  counterExample: "clone(CLONE_PIDFD | CLONE_DETACHED | SIGCHLD) returns a child",
  undetermined: "CLONE_DETACHED alone is refused as well: then it is not the pair that is refused",
  checks: (evidence): readonly Check[] =>
    evidence.calls("confirm-conflicts", "pidfd-detached", "detached").filter((it) => isThere(it.fact))
      .flatMap((call) => {
        const { fact } = call;
        // clone3 knows no CLONE_DETACHED and refuses it before anything else.
        if (fact.call === "clone3") return [gives(fact, "EINVAL")];
        if (fact.fact === "detached") return [gives(fact, "success")];
        return [
          gives(fact, "EINVAL"),
          shows(call, REFUSED_EARLY, (steps) => {
            const result = copyResult(steps);
            return {
              observed: result === null ? null : `${result} by copy_process, ${reached(steps)}`,
              step: "copy_process",
            };
          }),
        ];
      }),
};
