// What must not change what the model says: names, how streams are read, and what others do meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CHECKS } from "./simulator/checks.ts";
import { GENERATIONS, LAWS } from "./simulator/generations.ts";
import { relabelled } from "./simulator/relabel.ts";
import { runCheck } from "./simulator/replay.ts";

/** Name of each property, and its kinds. */
const SYMMETRIES: readonly (readonly [name: string, kinds: readonly string[]])[] = [
  ["other pids, addresses and CPUs change nothing but names", [
    ...GENERATIONS.map((it) => `relabelled/${it.name}`),
    ...LAWS.map((law) => `slots-relabelled/${law}`),
  ]],
  ["however streams are split and merged, the same is said", GENERATIONS.map((it) => `split/${it.name}`)],
  ["unrelated traffic changes nothing but numbers", GENERATIONS.map((it) => `traffic/${it.name}`)],
];

for (const [name, kinds] of SYMMETRIES) {
  test(name, () => {
    for (const kind of kinds) {
      const check = CHECKS.get(kind);
      assert.ok(check !== undefined, kind);
      fc.assert(fc.property(fc.integer(), (seed) => void runCheck(check, { seed, calls: check.calls })), {
        numRuns: kind.startsWith("slots") ? 30 : 15,
      });
    }
  });
}

test("relabelled() changes every name of a record, and nothing else", () => {
  const labels = { pid: (it: number) => it + 1000, address: (it: string) => `a${it}`, cpu: () => 5 };
  assert.equal(relabelled("put 1 7 5000 ff00 1", labels), "put 5 7 5000 aff00 1");
  assert.equal(relabelled("tick 1 9 2 3", labels), "tick 5 9 2 3");
  const failed = "failed 0 1 9 100 101 5000 6b 0 -12 1000 0 0 1 ff00 1 fffffffffffffff4";
  assert.equal(
    relabelled(failed, labels),
    "failed 5 1 9 1100 1101 5000 6b 0 -12 1000 0 0 1 aff00 1 fffffffffffffff4",
  );
});
