/** R10: whose numbers fdinfo tells. */

import { nameOf } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";
import { pidLine } from "./_fdinfo.ts";
import type { Step } from "./step.ts";

const SCENARIO = "confirm-nested";

/** Who looks through the procfs of its own namespace, by how deep that is. */
const VIEWERS: readonly string[] = ["host", "inner", "deeper"];

/** The processes that are looked at; each is the first of its namespace but the one outside. */
const TARGETS: readonly string[] = ["outside", "inner", "deeper"];

/** The numbers that the kernel gave a process, by the depth of the namespace. */
function numbersOf(evidence: Evidence, target: string): ReadonlyMap<number, number> | string {
  const [call] = evidence.calls(SCENARIO, target);
  if (call === undefined) return "the process was not made";
  if (call.steps === null) return call.reason ?? "the call was not seen from inside";
  const given = call.steps.filter((it: Step) => it.function === "alloc_pid" && it.returned);
  if (given.length === 0) return "alloc_pid() was not seen";
  return new Map(given.map((it) => [it.detail, it.value]));
}

/** Both witnesses in one: what fdinfo says, beside the numbers that the kernel gave. */
function checkOf(evidence: Evidence, fact: Fact): Check {
  const [, viewer = "", target = "", state] = /^(host|inner|deeper)-(outside|inner|deeper)(?:-(.*))?$/
    .exec(fact.fact) ?? [];
  const numbers = numbersOf(evidence, target);
  const what = nameOf(fact);
  const exhibits = [{ kind: "fact", fact }] as const;
  const seen = pidLine(fact.fdinfo);
  const observed = fact.fdinfo === null ? null : seen === null ? "no line Pid:" : `Pid: ${seen}`;
  if (typeof numbers === "string") {
    return compared(what, {
      witness: "K",
      expected: "the number in that namespace",
      observed: null,
      reason: numbers,
      exhibits,
    });
  }
  const base = Math.max(...numbers.keys()) - TARGETS.indexOf(target);
  const own = numbers.get(base + VIEWERS.indexOf(viewer)) ?? 0;
  const gone = evidence.truth.isSeedLike === true && seen !== -1 ? own : -1;
  return compared(what, {
    witness: "K",
    expected: `Pid: ${state === "reaped" ? gone : own}`,
    observed,
    reason: "fdinfo could not be read",
    step: "pidfd_show_fdinfo",
    exhibits,
  });
}

/** R10. */
export const R10: ConfirmRule = {
  id: "R10",
  statement:
    "fdinfo tells the number as it is in the pid namespace of the procfs it is read from, and 0 where it has none there",
  why: "A container that is told numbers of its host signals the wrong processes",
  since: "5.2 (b3e583825266)",
  stimuli: [SCENARIO],
  witnesses: {
    U: "the Pid: line through the procfs of the host and of two nested namespaces",
    K: "the numbers that alloc_pid() gave, one for each depth",
  },
  usesPidfds: true,
  necessary: ["K"],
  counterExample: "A process of the host has its host's number in the fdinfo of a container",
  undetermined: "fdinfo could not be read, or the numbers were not seen being given",
  checks: (evidence) => {
    const facts = evidence.all.filter((it) => it.scenario === SCENARIO && it.fdinfo !== null);
    return facts.filter((it) => /^(host|inner|deeper)-/.test(it.fact)).map((it) => checkOf(evidence, it));
  },
};
