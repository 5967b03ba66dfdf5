/** R6: close-on-exec. */

import { birthsOf, eventsOf } from "./_births.ts";
import { nameOf } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";

/** `FD_CLOEXEC`, include/uapi/asm-generic/fcntl.h. */
const FD_CLOEXEC = 1;

const SET = "close-on-exec";
const NOT_SET = "not close-on-exec";

function checksOf(evidence: Evidence, fact: Fact): readonly Check[] {
  const { fdFlags } = fact;
  const installed = eventsOf(evidence, fact).find((it) => it.type === "pidfd.install");
  return [
    compared(nameOf(fact), {
      witness: "U",
      expected: SET,
      observed: fdFlags === null ? null : (fdFlags & FD_CLOEXEC) !== 0 ? SET : NOT_SET,
      reason: "no flags were read",
      exhibits: [{ kind: "fact", fact }],
    }),
    compared(nameOf(fact), {
      witness: "K",
      expected: SET,
      observed: installed === undefined ? null : installed.body.close_on_exec ? SET : NOT_SET,
      reason: "the slot was not seen being filled",
      step: "get_unused_fd_flags",
      exhibits: installed === undefined ? [] : [{ kind: "event", seq: installed.seq }],
    }),
  ];
}

/** R6. */
export const R6: ConfirmRule = {
  id: "R6",
  statement: "Every pidfd that the kernel makes is close-on-exec",
  why: "A program that is executed would hold, and could use, a handle that nobody gave it",
  since: "5.2 (b3e583825266)",
  stimuli: ["confirm-flags"],
  witnesses: {
    U: "F_GETFD has FD_CLOEXEC right after each kind of birth that the kernel has",
    K: "the slot is filled with the close-on-exec bit set",
  },
  usesPidfds: true,
  necessary: ["U"],
  counterExample: "A pidfd of clone is still open after execve",
  undetermined: "the flags could not be read",
  checks: (evidence) => birthsOf(evidence).flatMap((it) => checksOf(evidence, it)),
};
