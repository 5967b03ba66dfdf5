/** R7: O_RDWR. */

import { birthsOf, eventsOf } from "./_births.ts";
import { nameOf } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";

/** `O_ACCMODE`, include/uapi/asm-generic/fcntl.h. */
const O_ACCMODE = 3;

const MODES: readonly string[] = ["O_RDONLY", "O_WRONLY", "O_RDWR", "3"];

function checksOf(evidence: Evidence, fact: Fact): readonly Check[] {
  const { flFlags } = fact;
  const made = eventsOf(evidence, fact).find((it) => it.type === "pidfd.create");
  const mode = MODES.find((it) => made?.body.flags?.includes(it));
  return [
    compared(nameOf(fact), {
      witness: "U",
      expected: "O_RDWR",
      observed: flFlags === null ? null : MODES[flFlags & O_ACCMODE] ?? null,
      reason: "no flags were read",
      exhibits: [{ kind: "fact", fact }],
    }),
    compared(nameOf(fact), {
      witness: "K",
      expected: "O_RDWR",
      observed: made === undefined || made.body.flags === null ? null : mode ?? "O_RDONLY",
      reason: made === undefined ? "the file was not seen being made" : "the flags of the file were not read",
      exhibits: made === undefined ? [] : [{ kind: "event", seq: made.seq }],
    }),
  ];
}

/** R7. */
export const R7: ConfirmRule = {
  id: "R7",
  statement: "Every pidfd that the kernel makes is open for reading and writing",
  why: "Calls that ask for a right to write would refuse it one day",
  since: "5.2 (b3e583825266)",
  stimuli: ["confirm-flags"],
  witnesses: {
    U: "F_GETFL says O_RDWR right after each kind of birth that the kernel has",
    K: "the file is made with O_RDWR among its flags",
  },
  usesPidfds: true,
  necessary: ["U", "K"],
  counterExample: "F_GETFL of a pidfd of clone says O_RDONLY",
  undetermined: "the flags could not be read",
  checks: (evidence) => birthsOf(evidence).flatMap((it) => checksOf(evidence, it)),
};
