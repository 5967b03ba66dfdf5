import assert from "node:assert/strict";
import { test } from "node:test";
import type { CounterPoint } from "../../events/mod.ts";
import { counterPoint, recordedCounter } from "./recorded_counter.ts";

const POINT: CounterPoint = { counter: "task", cpu: 1, seen: 9, seenNs: 90n, promised: 8, holes: [] };

test("recordedCounter() writes what counterPoint() reads", () => {
  const hole = { from: 3, to: 4, fromNs: 20n, toNs: 50n, isOld: true };
  const first = { from: 1, to: 1, fromNs: null, toNs: 20n, isOld: false };
  for (const point of [POINT, { ...POINT, seenNs: null }, { ...POINT, holes: [first, hole] }]) {
    const written: unknown = JSON.parse(JSON.stringify(recordedCounter(point)));
    assert.deepEqual(counterPoint(written as ReturnType<typeof recordedCounter>), point);
  }
});

test("recordedCounter() says nothing of holes where there are none, as earlier recordings do", () => {
  assert.equal("holes" in recordedCounter(POINT), false);
});
