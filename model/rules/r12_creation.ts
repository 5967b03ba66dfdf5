/** R12: the pidfd, or what it is to be of, cannot be made. */

import {
  copyResult,
  exhibitsOf,
  GIVEN_UP,
  givenUp,
  gives,
  isThere,
  nameOf,
  reached,
  shows,
} from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import { entryOf } from "./step.ts";

/** What each provocation has to give, and how far copy_process() has to come. */
const FAILURES: readonly (readonly [scenario: string, fact: string, error: string, reached: RegExp])[] = [
  ["confirm-emfile", "emfile", "EMFILE", /^before the pidfd's file was there$/],
  ["confirm-enfile", "enfile", "ENFILE", /^before the pidfd's file was there$/],
  ["confirm-nproc", "nproc", "EAGAIN", /^before a struct pid was there$/],
  ["confirm-dead-namespace", "dead-namespace", "ENOMEM", /^before a struct pid was there$/],
];

/**
 * What is left of the struct pid when it is given up: the hash's reference alone. With pidfs an inode that was begun has
 * one too, and R14 is about that.
 */
function structPid(call: Call, evidence: Evidence): readonly Check[] {
  const fate = givenUp(call, evidence);
  if (fate === undefined) return [];
  if (fate.count !== null && entryOf(call.steps ?? [], "pidfs_alloc_file") !== undefined) return [];
  return [
    compared(nameOf(call.fact), {
      witness: "K",
      expected: `the struct pid: ${GIVEN_UP}`,
      observed: `the struct pid: ${fate.says}`,
      step: "copy_process",
      exhibits: exhibitsOf(call),
    }),
  ];
}

function checksOf(evidence: Evidence, failure: (typeof FAILURES)[number]): readonly Check[] {
  const [scenario, name, error, where] = failure;
  return evidence.calls(scenario, name).filter((it) => isThere(it.fact)).flatMap((call) => {
    const { fact } = call;
    const exhibits = exhibitsOf(call);
    const open = fact.openFdsBefore === null || fact.openFdsAfter === null
      ? null
      : `${fact.openFdsAfter - fact.openFdsBefore} descriptors more, integer ${
        fact.integerAfter === fact.integerBefore ? "untouched" : "written"
      }`;
    return [
      gives(fact, error),
      compared(nameOf(fact), {
        witness: "U",
        expected: "0 descriptors more, integer untouched",
        observed: open,
        exhibits,
      }),
      shows(call, `${error}, in time`, (steps) => {
        const result = copyResult(steps);
        const far = reached(steps);
        return {
          observed: result === null ? null : `${result}, ${where.test(far) ? "in time" : far}`,
          step: "copy_process",
        };
      }),
      ...structPid(call, evidence),
    ];
  });
}

/** R12. */
export const R12: ConfirmRule = {
  id: "R12",
  statement: "A pidfd that cannot be made fails the call, and what was made for it until then is undone",
  why:
    "A process that runs out of descriptors tries again and again, and each time would lose memory of the kernel",
  since: "5.2 (b3e583825266)",
  stimuli: ["confirm-emfile", "confirm-enfile", "confirm-nproc", "confirm-dead-namespace"],
  witnesses: {
    U: "EMFILE, ENFILE, EAGAIN or ENOMEM; the integer untouched, as many descriptors as before",
    K: "copy_process() returns that error without a file, and gives a struct pid up that has one reference",
  },
  necessary: ["U", "K"],
  counterExample: "clone(CLONE_PIDFD | SIGCHLD) without a free number returns a child",
  undetermined: "the calls were not seen from inside",
  checks: (evidence) => [
    ...FAILURES.flatMap((it) => checksOf(evidence, it)),
    ...evidence.facts("confirm-emfile", "one-number-left").filter(isThere).map((it) => gives(it, "success")),
    ...evidence.facts("confirm-emfile", "emfile-open").filter(isThere).map((it) => gives(it, "EMFILE")),
  ],
};
