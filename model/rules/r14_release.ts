/** R14: the reference goes with the file. */

import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import { findingsOf } from "./_findings.ts";

/** So many releases of one kind that drop nothing are no chance: somebody else cannot have taken one each time. */
const CHANCE_MAX = 2;

/** What was seen of a release. */
interface Release {
  /** Of which kind it was. */
  readonly kind: string;
  /** Whether the count was lower afterwards. */
  readonly hasDropped: boolean;
  readonly seq: number;
}

/** Every release whose count was read before and after, with the birth of its pidfd. */
function releases({ updates, truth }: Evidence): readonly Release[] {
  const origins = new Map<number, string>();
  const seen: Release[] = [];
  for (const { type, body, seq } of updates) {
    if (type === "pidfd.create") origins.set(seq, body.origin);
    if (type === "clone.failed" && body.file_released === true && body.pid_dropped !== null) {
      seen.push({ kind: `a pidfd of a failed ${body.origin}`, hasDropped: body.pid_dropped, seq });
    }
    if (type !== "pidfd.release") continue;
    const { count: { before, after }, last_of_inode, created_seq } = body;
    if (before === null || after === null || !(truth.law === "per-file" || last_of_inode === true)) continue;
    const origin = created_seq === null ? undefined : origins.get(created_seq);
    seen.push({ kind: `a pidfd by ${origin ?? "an unknown call"}`, hasDropped: after < before, seq });
  }
  return seen;
}

/**
 * What the releases of each kind show. Where the count is as high afterwards, somebody else may have taken a reference at
 * that moment: that of one release says nothing, that of all does.
 */
function drops(evidence: Evidence): readonly Check[] {
  return [...Map.groupBy(releases(evidence), (it) => it.kind)].flatMap(([kind, seen]) => {
    const dropped = seen.filter((it) => it.hasDropped);
    if (dropped.length === 0 && seen.length <= CHANCE_MAX) return [];
    const shown = dropped.length > 0 ? dropped : seen;
    return [
      compared(`the release of ${kind}`, {
        witness: "K",
        expected: "a reference less",
        observed: dropped.length > 0
          ? "a reference less"
          : `as many references as before, in all of ${seen.length}`,
        step: evidence.truth.law === "per-file" ? "pidfd_release" : "pidfs_evict_inode",
        exhibits: shown.map(({ seq }) => ({ kind: "event", seq }) as const),
      }),
    ];
  });
}

/** R14. */
export const R14: ConfirmRule = {
  id: "R14",
  statement:
    "The release of a pidfd drops the reference that it held, once; with pidfs that of the last one does",
  why:
    "A reference that stays keeps the struct pid for good, one that goes twice frees it while it is in use",
  since: "5.2 (b3e583825266); pidfs_evict_inode() drops it since 6.9",
  stimuli: ["confirm-slow", "confirm-orders", "confirm-stress"],
  witnesses: { K: "the counts before and after pidfd_release() or pidfs_evict_inode()" },
  necessary: ["K"],
  counterExample: "The count is the same before and after pidfd_release()",
  undetermined: "releases are not seen on this kernel, or records were lost",
  checks: (evidence) => [...drops(evidence), ...findingsOf(evidence, "R14")],
};
