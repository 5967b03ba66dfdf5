import assert from "node:assert/strict";
import { test } from "node:test";
import { Growth } from "./growth.ts";

const SECOND_NS = 1_000_000_000n;

/** A source of chance that is the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

function after(seconds: number, countAt: (second: number) => number) {
  const growth = new Growth();
  for (let at = 0; at < seconds; at += 1) growth.add(BigInt(at) * SECOND_NS, countAt(at));
  return growth.verdict;
}

test("Growth tells how fast a leak is, within 10 %, under a load that comes and goes", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    for (const perSecond of [0.1, 1, 5]) {
      const random = chance(seed);
      const verdict = after(600, (at) => Math.floor(at * perSecond) + Math.floor(random() * 8));
      assert.equal(verdict.kind, "growing", `${seed} ${perSecond}`);
      const share = verdict.perSecond / perSecond;
      assert.ok(share > 0.9 && share < 1.1, `${verdict.perSecond} instead of ${perSecond} per second`);
    }
  }
});

test("Growth does not take a garbage collector for a leak", () => {
  for (const period of [10, 30, 60, 120]) {
    for (const rate of [1, 10]) {
      const verdict = after(600, (at) => (at % period) * rate);
      assert.equal(verdict.kind, "bounded", `a collector each ${period} s, ${rate} per second`);
      assert.equal(verdict.perSecond, 0);
    }
  }
});

test("Growth finds the leak under a garbage collector", () => {
  const { kind, perSecond } = after(1200, (at) => at + (at % 60) * 5);
  assert.equal(kind, "growing");
  assert.ok(perSecond > 0.85 && perSecond < 1.15, `${perSecond}`);
});

test("Growth says nothing for certain before a collector had the time to run", () => {
  assert.equal(after(120, (at) => at).kind, "young");
  assert.equal(after(5, (at) => at).kind, "unknown");
  assert.equal(after(0, (at) => at).kind, "unknown");
});

test("Growth does not take what levels off for growth, nor what stays or shrinks", () => {
  const rows: readonly (readonly [string, (at: number) => number])[] = [
    ["a cache that fills", (at) => Math.min(at, 150)],
    ["a cache that fills slowly", (at) => Math.round(300 * (1 - Math.exp(-at / 100)))],
    ["a supervisor's children", () => 300],
    ["what shrinks", (at) => 600 - at],
    ["one more now and then", (at) => at > 300 ? 11 : 10],
    ["a burst at the end", (at) => at > 590 ? at : 3],
  ];
  for (const [what, countAt] of rows) assert.equal(after(600, countAt).kind, "bounded", what);
});

test("Growth takes no more memory for a day than for an hour, and tells the same rate", () => {
  const hour = after(3600, (at) => at * 2);
  const day = after(86_400, (at) => at * 2);
  assert.deepEqual([hour.kind, day.kind], ["growing", "growing"]);
  assert.ok(Math.abs(hour.perSecond - 2) < 0.05 && Math.abs(day.perSecond - 2) < 0.05);
});
