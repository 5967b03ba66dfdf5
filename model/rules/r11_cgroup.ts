/** R11: a cgroup refuses the child. */

import { cleansUp, copyResult, gives, isThere, nameOf, shows } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import { returnOf } from "./step.ts";

const SCENARIO = "confirm-pids-max";

/** EAGAIN. */
const AGAIN = -11;

function refused(call: Call, evidence: Evidence): readonly Check[] {
  const isWatched = evidence.truth.watched.has("cgroup_can_fork");
  const by = (steps: NonNullable<Call["steps"]>) =>
    isWatched && returnOf(steps, "cgroup_can_fork")?.value !== AGAIN ? "not by the cgroup" : "by the cgroup";
  return [
    gives(call.fact, "EAGAIN"),
    shows(call, "EAGAIN by the cgroup", (steps) => {
      const result = copyResult(steps);
      return { observed: result === null ? null : `${result} ${by(steps)}`, step: "cgroup_can_fork" };
    }),
    ...cleansUp(call, evidence),
  ];
}

/** The number that stays in the user's integer names nothing. */
function stale(evidence: Evidence): readonly Check[] {
  return evidence.facts(SCENARIO, "pids-max-stale").map((fact) =>
    compared(nameOf(fact), {
      witness: "U",
      expected: "the number in the integer is not open",
      observed: fact.ret === null
        ? null
        : fact.ret < 0
        ? "the number in the integer is not open"
        : "the number in the integer is open",
      exhibits: [{ kind: "fact", fact }],
    })
  );
}

/** R11. */
export const R11: ConfirmRule = {
  id: "R11",
  statement: "A child that a cgroup refuses leaves nothing of its pidfd behind",
  why: "A service at its limit retries: each time a descriptor, a file and a struct pid would be lost",
  since: "5.2 (b3e583825266)",
  stimuli: [SCENARIO],
  witnesses: {
    U: "EAGAIN, no child, as many descriptors as before; success when the limit is one higher",
    K: "cgroup_can_fork() returns EAGAIN, the file is released, the number given back",
  },
  necessary: ["U", "K"],
  counterExample: "clone(CLONE_PIDFD | SIGCHLD) in a cgroup with pids.max = 1 leaves a descriptor open",
  undetermined: "the file of the failed call was not followed to its end",
  checks: (evidence) => {
    const calls = (...names: readonly string[]) =>
      evidence.calls(SCENARIO, ...names).filter((it) => isThere(it.fact));
    return [
      ...calls("pids-max").flatMap((it) => refused(it, evidence)),
      ...stale(evidence),
      ...calls("below-pids-max").map((it) => gives(it.fact, "success")),
    ];
  },
};
