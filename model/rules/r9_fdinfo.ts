/** R9: the `Pid:` line. */

import { nameOf, shows } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";
import { pidLine } from "./_fdinfo.ts";
import { returnOf } from "./step.ts";

const SCENARIO = "confirm-fdinfo";

function line(fact: Fact, expected: number | null): Check {
  const number = pidLine(fact.fdinfo);
  return compared(nameOf(fact), {
    witness: "U",
    expected: `Pid: ${expected}`,
    observed: fact.fdinfo === null ? null : number === null ? "no line Pid:" : `Pid: ${number}`,
    reason: "fdinfo could not be read",
    step: "pidfd_show_fdinfo",
    exhibits: [{ kind: "fact", fact }],
  });
}

/** After the reap nobody has the number any more; the first pidfds could still tell it. */
function lines(evidence: Evidence): readonly Check[] {
  const { isSeedLike } = evidence.truth;
  const gone = (it: Fact) => isSeedLike === true && pidLine(it.fdinfo) !== -1 ? it.targetPid : -1;
  return [
    ...evidence.facts(SCENARIO, "alive", "zombie").map((it) => line(it, it.targetPid)),
    ...evidence.facts(SCENARIO, "reaped").map((it) => line(it, gone(it))),
  ];
}

/** R9. */
export const R9: ConfirmRule = {
  id: "R9",
  statement: "fdinfo of a pidfd has the number of its process in a line Pid:, and -1 when it was reaped",
  why: "Whoever reads an old number takes the next process with that number for it",
  since: "5.2 (b3e583825266); -1 after the reap since about 5.5, the first pidfds still told the number",
  stimuli: [SCENARIO],
  witnesses: {
    U: "the number that clone returned, also of a zombie; -1 after the reap",
    K: "alloc_pid() gave that number in the outermost namespace",
  },
  usesPidfds: true,
  necessary: ["U", "K"],
  counterExample: "fdinfo of a reaped process says Pid: 4711",
  undetermined: "fdinfo could not be read, or clone was not seen from inside",
  checks: (evidence) => [
    ...lines(evidence),
    ...evidence.calls(SCENARIO, "clone").filter((it) => (it.fact.ret ?? -1) > 0).map((it) =>
      shows(it, `number ${it.fact.ret}`, (steps) => {
        // The first of its returns has the number in the outermost namespace.
        const given = returnOf(steps, "alloc_pid");
        return { observed: given === undefined ? null : `number ${given.value}`, step: "alloc_pid" };
      })
    ),
  ],
};
