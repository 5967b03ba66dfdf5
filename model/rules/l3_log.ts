/** L3: what the kernel says itself. */

import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";

const QUIET = "no complaint about a reference count";

function log({ complaints }: Evidence): readonly Check[] {
  if (complaints === undefined) return [];
  return [
    compared("the kernel's log", {
      witness: "K",
      expected: QUIET,
      observed: complaints === null ? null : complaints[0] ?? QUIET,
      reason: "the log could not be read",
      exhibits: [],
    }),
  ];
}

/** L3. */
export const L3: ConfirmRule = {
  id: "L3",
  statement: "The kernel has no complaint about its own reference counts",
  why: "Its own checks see an underflow that no count that was read shows",
  since: "4.11 (lib/refcount.c); struct pid counts by it since 5.3 (f57e515a1b56)",
  stimuli: ["confirm-slow", "confirm-orders", "confirm-stress"],
  witnesses: { K: "no line of refcount_t or KASAN about pidfds is new in its log" },
  necessary: ["K"],
  counterExample: "The log says: refcount_t: underflow; use-after-free",
  undetermined: "the log cannot be read, as by ordinary users",
  checks: log,
};
