/** R8: the pidfd is the parent's alone. */

import { nameOf, shows } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";
import { makingOf, returnOf } from "./step.ts";

const SCENARIO = "confirm-child";

function said(fact: Fact, expected: string, observed: string | null): Check {
  return compared(nameOf(fact), {
    witness: "U",
    expected,
    observed,
    reason: "the child has not told it",
    exhibits: [{ kind: "fact", fact }],
  });
}

/** What the child of an unshared table finds there. */
function apart(evidence: Evidence): readonly Check[] {
  const [without] = evidence.facts(SCENARIO, "without-open");
  const number = (it: Fact) => it.ret === null || it.ret < 0 ? null : `number ${it.ret}`;
  return [
    ...evidence.facts(SCENARIO, "apart-walk").map((it) =>
      said(
        it,
        "0 pidfds in the child",
        it.numbers === null ? null : `${it.numbers.length} pidfds in the child`,
      )
    ),
    ...evidence.facts(SCENARIO, "apart-open").map((it) =>
      said(
        it,
        without === undefined ? "the number of a child without pidfd" : number(without) ?? "a number",
        number(it),
      )
    ),
    ...evidence.facts(SCENARIO, "apart-fcntl").map((it) =>
      said(
        it,
        "the parent's number is not open",
        it.ret === null
          ? null
          : it.ret < 0
          ? "the parent's number is not open"
          : "the parent's number is open",
      )
    ),
  ];
}

/** What the child of a shared table finds there: the same as its parent. */
function shared(evidence: Evidence): readonly Check[] {
  return evidence.facts(SCENARIO, "shared-fcntl").map((it) =>
    said(
      it,
      "the parent's number is open",
      it.ret === null ? null : it.ret < 0 ? "the parent's number is not open" : "the parent's number is open",
    )
  );
}

function tables(call: Call): Check {
  const isShared = call.fact.fact === "shared";
  const expected = isShared ? "the parent's table" : "a table of its own, copied before the pidfd was made";
  return shows(call, expected, (steps) => {
    const child = returnOf(steps, "copy_process");
    const copied = returnOf(steps, "dup_fd");
    const making = makingOf(steps);
    if (child === undefined) return { observed: null };
    if (child.detail === 1) return { observed: "the parent's table", step: "copy_files" };
    if (copied === undefined || making === undefined) return { observed: null };
    const isBefore = steps.indexOf(copied) < steps.indexOf(making);
    return {
      observed: `a table of its own, copied ${isBefore ? "before" : "after"} the pidfd was made`,
      step: "copy_process",
    };
  });
}

/** R8. */
export const R8: ConfirmRule = {
  id: "R8",
  statement: "The pidfd is made after the fd table was copied: a child without CLONE_FILES does not have it",
  why: "A child with a handle to itself keeps its own struct pid, and takes a number that programs count on",
  since: "5.2 (b3e583825266)",
  stimuli: [SCENARIO],
  witnesses: {
    U: "the child finds no pidfd in /proc/self/fd, the parent's number is free there, and its next open() gets the " +
      "number that a child without a pidfd gets; with CLONE_FILES the number is open",
    K: "the file is made after dup_fd() returned in the same copy_process(), and child->files is another one than " +
      "parent->files; with CLONE_FILES the same",
  },
  usesPidfds: true,
  necessary: ["U", "K"],
  counterExample: "The child of clone(CLONE_PIDFD | SIGCHLD) finds an anon_inode:[pidfd] in /proc/self/fd",
  undetermined: "neither dup_fd() nor the making of the file was seen",
  checks: (evidence) => {
    const calls = evidence.calls(SCENARIO, "apart", "shared").filter((it) => (it.fact.ret ?? -1) > 0);
    return [...apart(evidence), ...shared(evidence), ...calls.map(tables)];
  },
};
