/**
 * The last words for people: totals and how far they can be trusted.
 *
 * @module
 */

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
    "",
  ].join("\n");
}
