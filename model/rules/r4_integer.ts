/** R4a and R4b: what the first pidfds looked for in the user's integer. */

import { copyResult, gives, reached, shows } from "./_calls.ts";
import type { Check } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import { looksAtInteger } from "./seed_like.ts";

function outOfForce(evidence: Evidence): string | undefined {
  const looks = looksAtInteger(evidence);
  if (looks === null) return "Whether this kernel looks at the user's integer was not tried";
  return looks
    ? undefined
    : "This kernel does not look at the user's integer: commit 9014143bab2f took it out";
}

/** A failure before anything is made. */
function early(call: Call, error: string): readonly Check[] {
  const expected = `${error}, before a struct pid was there`;
  return [
    gives(call.fact, error),
    shows(call, expected, (steps) => {
      const result = copyResult(steps);
      return { observed: result === null ? null : `${result}, ${reached(steps)}`, step: "copy_process" };
    }),
  ];
}

/** The calls of clone: the first pidfds had no clone3. */
function clones(evidence: Evidence, scenario: string, names: readonly string[]): readonly Call[] {
  return evidence.calls(scenario, ...names).filter((it) => it.fact.call === "clone");
}

const COMMON = {
  since: "5.2-rc1 (b3e583825266)",
  until: "5.2-rc7 (9014143bab2f)",
  necessary: ["U", "K"],
  undetermined: "the calls of clone were not seen from inside",
  outOfForce,
} as const;

/** R4a. */
export const R4A: ConfirmRule = {
  ...COMMON,
  id: "R4a",
  statement: "An integer of the user that cannot be read gives EFAULT before anything is made",
  why: "What is made before is made in vain, and has to be undone",
  stimuli: ["confirm-unreadable"],
  witnesses: { U: "EFAULT", K: "copy_process() returns EFAULT before it has a struct pid" },
  counterExample:
    "clone(CLONE_PIDFD | SIGCHLD) with an integer in a page without rights allocates a struct pid",
  checks: (evidence) =>
    clones(evidence, "confirm-unreadable", ["unreadable"]).flatMap((it) => early(it, "EFAULT")),
};

/** R4b. */
export const R4B: ConfirmRule = {
  ...COMMON,
  id: "R4b",
  statement: "An integer of the user that does not hold 0 gives EINVAL",
  why: "It was to leave room for flags in that integer later",
  stimuli: ["confirm-integer"],
  witnesses: {
    U: "EINVAL; success where it holds 0",
    K: "copy_process() returns EINVAL before it has a struct pid",
  },
  counterExample: "clone(CLONE_PIDFD | SIGCHLD) with an integer that holds 1 makes a child",
  checks: (evidence) => [
    ...clones(evidence, "confirm-integer", ["holds-12345", "holds-1", "holds--1"]).flatMap((it) =>
      early(it, "EINVAL")
    ),
    ...clones(evidence, "confirm-integer", ["holds-0"]).map((it) => gives(it.fact, "success")),
  ],
};
