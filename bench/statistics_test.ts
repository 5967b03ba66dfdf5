import assert from "node:assert/strict";
import { drift, DRIFT_MAX, spread, voidReasons, warmSpread } from "./statistics.ts";

Deno.test("spread() takes the middle one of an odd number, and the mean of two of an even one", () => {
  assert.equal(spread([9, 1, 5]).median, 5);
  assert.equal(spread([9, 1, 5, 7]).median, 6);
  assert.deepEqual(spread([4]), { median: 4, min: 4, max: 4, count: 1 });
});

Deno.test("spread() sorts numbers as numbers and leaves its argument as it is", () => {
  const values = [100, 9, 20];
  assert.deepEqual(spread(values), { median: 20, min: 9, max: 100, count: 3 });
  assert.deepEqual(values, [100, 9, 20]);
});

Deno.test("spread() refuses nothing, and what is no number", () => {
  assert.throws(() => spread([]), /got none/);
  assert.throws(() => spread([1, NaN]), /got NaN/);
  assert.throws(() => warmSpread([1]), RangeError);
});

Deno.test("warmSpread() drops the first value only", () => {
  assert.deepEqual(warmSpread([1000, 2, 4]), { median: 3, min: 2, max: 4, count: 2 });
});

Deno.test("voidReasons() allows what repeats within the limit, in whatever order", () => {
  const apart = 1000 * (1 + DRIFT_MAX);
  assert.deepEqual(voidReasons({ clone: [1000, apart, 1010], open: [apart, 1000, 1000] }), []);
  assert.ok(drift([1000, apart]) <= DRIFT_MAX);
});

Deno.test("voidReasons() names each loop that does not stay the same", () => {
  const reasons = voidReasons({ clone: [421, 457, 422], fork: [1500, 1500, 1500], open: [24.1, 12.1, 12.1] });
  assert.equal(reasons.length, 2);
  assert.match(reasons[0] ?? "", /"clone" differs by 8\.6 %/);
  assert.match(reasons[1] ?? "", /"open" differs by 99\.2 %/);
});

Deno.test("voidReasons() does not take a missing measurement for a good one", () => {
  assert.throws(() => voidReasons({ clone: [421, NaN, 421] }), RangeError);
});
