import assert from "node:assert/strict";
import type { KernelRow } from "../../reports/mod.ts";
import { atOnce, exitCodeOf } from "./matrix.ts";

/** The contract: verdicts of the rows, and the exit code. */
const CODES: readonly (readonly [code: number, ...verdicts: KernelRow["verdict"][]])[] = [
  [0, "holds", "holds"],
  [1, "holds", "broken", "undetermined", "cannot-run"],
  [4, "holds", "undetermined"],
  [4, "holds", "cannot-run"],
  [3, "cannot-run", "cannot-run"],
  [3],
];

for (const [code, ...verdicts] of CODES) {
  Deno.test(`exitCodeOf() gives ${code} for ${verdicts.join(", ") || "no row"}`, () => {
    assert.equal(exitCodeOf(verdicts.map((verdict) => ({ verdict }))), code);
  });
}

Deno.test("atOnce() runs two at once, never three, and keeps the order", async () => {
  let running = 0;
  let most = 0;
  const results = await atOnce([30, 1, 10, 1], async (ms) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running -= 1;
    return ms;
  });
  assert.deepEqual(results, [30, 1, 10, 1]);
  assert.equal(most, 2);
});
