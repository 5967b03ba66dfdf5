/** R13: what holds a reference. */

import { nameOf } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import { findingsOf } from "./_findings.ts";

/**
 * What the count was at each birth. By clone nothing but the hash and the pidfds can hold a reference then; by other calls
 * there may be more who do, but never fewer.
 */
function births({ updates, truth }: Evidence): readonly Check[] {
  return updates.filter((it) => it.type === "pidfd.create").flatMap(({ body: { count, origin }, seq }) => {
    if (count === null || count.expected === null) return [];
    const isExact = origin === "clone" || origin === "clone3";
    if (!isExact && (count.after === null || count.after >= count.expected)) return [];
    return [
      compared(`the birth of a pidfd by ${origin}`, {
        witness: "K",
        expected: `count ${count.expected}`,
        observed: count.after === null ? null : `count ${count.after}`,
        reason: "the count was not read",
        step: isExact ? "copy_process" : truth.law === "per-file" ? "pidfd_create" : "pidfs_alloc_file",
        exhibits: [{ kind: "event", seq }],
      }),
    ];
  });
}

/** With pidfs all pidfds of a process have one inode, and before it all of the machine have. */
function inodes(evidence: Evidence): readonly Check[] {
  const facts = evidence.facts("confirm-flags", "clone", "pidfd_open");
  const [one, other] = facts;
  if (one === undefined || other === undefined || one.ino === null || other.ino === null) return [];
  return [
    compared(`${nameOf(one)} and ${nameOf(other)} of one process`, {
      witness: "U",
      expected: "one inode",
      observed: one.ino === other.ino ? "one inode" : "two inodes",
      exhibits: [one, other].map((fact) => ({ kind: "fact", fact }) as const),
    }),
  ];
}

/** R13. */
export const R13: ConfirmRule = {
  id: "R13",
  statement:
    "Each pidfd's file holds one reference of the struct pid; with pidfs all pidfds of a process together do",
  why: "One too few is a use after free, one too many a struct pid that is never freed",
  since: "5.2 (b3e583825266); one reference for each inode since 6.9",
  stimuli: ["confirm-slow", "confirm-flags", "confirm-orders", "confirm-stress"],
  witnesses: {
    U: "all pidfds of a process have one inode",
    K: "the count right after copy_process() is 2; later differences fit the pidfds that come and go",
  },
  usesPidfds: true,
  necessary: ["K"],
  counterExample: "The count is 3 when copy_process() returns a child with its first pidfd",
  undetermined: "other holders come and go at the same time, or records were lost",
  checks: (evidence) => [...births(evidence), ...findingsOf(evidence, "R13"), ...inodes(evidence)],
};
