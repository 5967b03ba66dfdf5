/** R3: CLONE_PIDFD and CLONE_THREAD. */

import { copyResult, gives, isThere, nameOf, reached, shows } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Truth } from "./evidence.ts";
import { REFUSED_EARLY } from "./r1_detached.ts";

/** `O_EXCL`, which pidfds of threads have in their flags as PIDFD_THREAD; include/uapi/linux/pidfd.h. */
const PIDFD_THREAD = 0x80;

const MADE = "a pidfd of a thread";

/** Threads have pidfds of their own since pidfs, 6.9. */
function checksOf(call: Call, { law }: Truth): readonly Check[] {
  const { fact } = call;
  if (fact.fact === "thread") return [gives(fact, "success")];
  const isMade = law === "per-inode" && fact.fact === "pidfd-thread";
  const result = gives(fact, isMade ? "success" : "EINVAL");
  const inside = shows(call, isMade ? "success" : REFUSED_EARLY, (steps) => {
    const result = copyResult(steps);
    const words = result === null || isMade ? result : `${result} by copy_process, ${reached(steps)}`;
    return { observed: words, step: "copy_process" };
  });
  if (!isMade) return [result, inside];
  const flags = fact.flFlags;
  const made = compared(nameOf(fact), {
    witness: "U",
    expected: MADE,
    observed: flags === null ? null : (flags & PIDFD_THREAD) !== 0 ? MADE : "a pidfd of a process",
    reason: "no flags were read",
    exhibits: [{ kind: "fact", fact }],
  });
  return [result, inside, made];
}

/** R3. */
export const R3: ConfirmRule = {
  id: "R3",
  statement:
    "CLONE_PIDFD together with CLONE_THREAD is refused with EINVAL; with pidfs it makes a pidfd of that thread",
  why: "A pidfd of a thread that is taken for one of its process tells of the wrong end",
  since: "5.2 (b3e583825266)",
  until: "6.9, which allows pidfds of threads",
  stimuli: ["confirm-conflicts"],
  witnesses: {
    U: "EINVAL; with pidfs success, and O_EXCL among the flags of the pidfd. CLONE_THREAD alone succeeds",
    K: "copy_process() returns EINVAL before it has a struct pid; with pidfs the thread",
  },
  necessary: ["U", "K"],
  counterExample: "On 6.1 clone(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) makes a thread",
  undetermined: "CLONE_THREAD alone does not succeed",
  checks: (evidence): readonly Check[] =>
    evidence.calls("confirm-conflicts", "pidfd-thread", "pidfd-thread-alone", "thread")
      .filter((it) => isThere(it.fact))
      .flatMap((call) => checksOf(call, evidence.truth)),
};
