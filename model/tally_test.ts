import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScenario, runScenario } from "../tests/support/scenario.ts";
import { Tally } from "./mod.ts";

const TRUST = {
  releasesSeen: true,
  records: 9,
  lost: null,
  late: 1,
  unmatched: 2,
  baseline: 4,
  comparison: null,
  missed: 3,
  recursionMisses: null,
  witnessesCompared: 8,
  witnessesDiffering: 4,
  notKnown: ["Nobody has read them"],
  countsChecked: 7,
  countsEqual: 6,
  countsAbove: 1,
} as const;

/** The summary of a scenario in tests/scenarios/, without the totals of the stream. */
function summaryOf(name: string): Readonly<Record<string, unknown>> {
  const text = Deno.readTextFileSync(new URL(`../tests/scenarios/${name}.txt`, import.meta.url));
  const tally = new Tally();
  for (const update of runScenario(parseScenario(text)).updates) tally.take(update);
  const all = tally.summary(TRUST);
  assert.deepEqual(
    [all.records, all.lost, all.late, all.unmatched, all.counts_checked, all.counts_equal, all.counts_above],
    [9, null, 1, 2, 7, 6, 1],
  );
  assert.deepEqual(
    [all.missed, all.recursion_misses, all.witnesses_compared, all.witnesses_differing, all.not_known],
    [3, null, 8, 4, ["Nobody has read them"]],
  );
  const { created, released, open, baseline_released: baseline, clone_failed: failed, targets } = all;
  const { targets_exited: exited, targets_freed: freed, findings, undetermined } = all;
  return { created, released, open, baseline, failed, targets, exited, freed, findings, undetermined };
}

const NOTHING = {
  created: 0,
  released: 0,
  open: 0,
  baseline: 0,
  failed: 0,
  targets: 0,
  exited: 0,
  freed: 0,
  findings: 0,
  undetermined: 0,
};

const ROWS: readonly (readonly [string, Partial<typeof NOTHING>])[] = [
  ["clone_close_reap", { created: 1, released: 1, targets: 1, exited: 1, freed: 1 }],
  ["three_pidfds", { created: 3, released: 3, targets: 1, exited: 1, freed: 1 }],
  ["address_reuse", { created: 2, released: 2, targets: 2, exited: 2, freed: 2 }],
  ["efault", { failed: 1 }],
  ["count_too_low", { created: 1, open: 1, targets: 1, exited: 1, findings: 1 }],
  ["count_too_low_after_a_loss", { created: 1, open: 1, targets: 1, exited: 1, undetermined: 1 }],
  ["release_of_a_baseline_pidfd", { baseline: 2 }],
  ["closed_before_the_call_returns", {
    created: 3,
    released: 2,
    open: 1,
    targets: 2,
    exited: 1,
    freed: 1,
  }],
];

for (const [name, expected] of ROWS) {
  test(`Tally.summary() counts ${name.replaceAll("_", " ")}`, () => {
    assert.deepEqual(summaryOf(name), { ...NOTHING, ...expected });
  });
}
