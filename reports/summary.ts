/**
 * The last words for people: totals and how far they can be trusted.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import type { EventBody } from "../schema/mod.ts";

/**
 * Returns the summary as a few lines of text.
 *
 * @param summary totals and trust ledger
 * @returns text that ends with a line end
 */
export function summaryText(summary: EventBody<"summary">): string {
  const low = summary.counts_checked - summary.counts_equal - summary.counts_above;
  const lost = summary.lost === null ? "unknown" : `${summary.lost}`;
  const failed = summary.clone_failed + summary.open_failed;
  const baseline = summary.baseline_released === 0
    ? ""
    : `, ${summary.baseline_released} from before released`;
  return [
    `pidfds: ${summary.created} created, ${summary.released} released, ${
      summary.open ?? "unknown"
    } open${baseline}; ` +
    `${failed} failed calls`,
    `targets: ${summary.targets}, ${summary.targets_exited} exited, ${summary.targets_freed} freed; ` +
    `counts read: ${summary.counts_checked}, ${summary.counts_equal} exact, ${summary.counts_above} with other ` +
    `holders, ${low} too low`,
    `trust: ${summary.records} records, lost ${lost}, late ${summary.late}, unmatched ${summary.unmatched}; ` +
    `findings ${summary.findings}, undetermined ${summary.undetermined}`,
    ...besideProc(summary),
    ...notRun(summary),
    "",
  ].join("\n");
}

/** What is said of the comparison with /proc, when there was one. */
function besideProc(summary: EventBody<"summary">): readonly string[] {
  const { proc_agreed: agreed, proc_only: only, proc_lacks: lacks, proc_changed: changed } = summary;
  if (agreed === null) return [];
  return [
    `slots: ${
      summary.baseline ?? "unknown"
    } from before; beside /proc ${agreed} agree, ${only} only there, ` +
    `${lacks ?? "unknown"} only here, ${changed} changed meanwhile`,
  ];
}

/** What is said of programs that did not run, when some did not or that is not known. */
function notRun(summary: EventBody<"summary">): readonly string[] {
  const { missed, recursion_misses: recursion, not_known: notKnown } = summary;
  const known = missed === 0 && recursion === 0;
  const number = (it: number | null) => it === null ? "unknown" : `${it}`;
  const differing = `${summary.witnesses_differing} of ${summary.witnesses_compared} comparisons differ`;
  return [
    ...(known ? [] : [
      `probes that did not run: missed ${number(missed)} (${differing}), recursion misses ${
        number(recursion)
      }`,
    ]),
    ...notKnown.map((it) => `not known: ${printableText(it)}`),
  ];
}
