/** R16: number and pidfd name the same process. */

import { nameOf, shows } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import { entryOf, madeOf, returnOf } from "./step.ts";

const SCENARIO = "confirm-wait";

/** waitid of the pidfd, which names the process that has ended. */
function waits(evidence: Evidence): readonly Check[] {
  return evidence.facts(SCENARIO, "zombie", "reap").filter((it) => it.ret === 0).map((fact) =>
    compared(nameOf(fact), {
      witness: "U",
      expected: `process ${fact.targetPid}`,
      observed: fact.siPid === null ? null : `process ${fact.siPid}`,
      reason: "waitid has named nobody",
      exhibits: [{ kind: "fact", fact }],
    })
  );
}

const SAME = "the file's struct pid is the child's, the number too";

function inside(call: Call): Check {
  return shows(call, SAME, (steps) => {
    const child = returnOf(steps, "copy_process");
    const made = madeOf(steps);
    const back = returnOf(steps, "kernel_clone");
    if (child === undefined || made === undefined || back === undefined) return { observed: null };
    if (made.pidAddress !== child.pidAddress) {
      return { observed: "the file's struct pid is another one", step: made.function };
    }
    const installed = entryOf(steps, "fd_install");
    const { integerAfter } = call.fact;
    if (installed !== undefined && integerAfter !== null && integerAfter !== installed.value) {
      const observed = `the pidfd is number ${installed.value}, the integer holds ${integerAfter}`;
      return { observed, step: "copy_process" };
    }
    // In a pid namespace of its own the caller's number of the child is another one than the kernel's.
    return { observed: back.value > 0 ? SAME : "no number was returned", step: "kernel_clone" };
  });
}

/** R16. */
export const R16: ConfirmRule = {
  id: "R16",
  statement: "The number that the call returns and the pidfd that it gives name the same process",
  why: "A signal that is sent by the pidfd would meet somebody else",
  since: "5.2 (b3e583825266)",
  stimuli: [SCENARIO],
  witnesses: {
    U: "waitid of the pidfd reports the number that the call returned",
    K: "the file is made for the struct pid of the task that copy_process() returns, and the integer holds its number",
  },
  necessary: ["K"],
  counterExample: "waitid(P_PIDFD) of the first of two children reports the second one",
  undetermined: "waitid does not take pidfds on this kernel and the call was not seen from inside",
  checks: (evidence) => [
    ...waits(evidence),
    ...evidence.calls(SCENARIO, "birth").filter((it) => (it.fact.ret ?? -1) > 0).map(inside),
  ],
};
