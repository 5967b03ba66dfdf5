import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFound } from "../events/mod.ts";
import type { Placed } from "../events/mod.ts";
import { BaselineGate, HELD_MAX } from "./_baseline_gate.ts";
import type { Passed } from "./_baseline_gate.ts";

/** A heartbeat at a moment: any event does. */
function at(ktimeNs: number): Placed {
  const event = { kind: "tick", cpu: 0, ktimeNs: BigInt(ktimeNs), task: 0, softirq: 0 } as const;
  return { event, late: false, certain: true };
}

function found(ktimeNs: number) {
  const [slot] = decodeFound([`found ${ktimeNs} 201 201 7 ff10 5 ff20 2 ff30 503 2 1 203 8 2 61 0 62 0`]);
  assert.ok(slot !== undefined);
  return slot;
}

/** What came through, by its moments; a slot that was found has an `f`. */
function moments(passed: readonly Passed[]): readonly string[] {
  return passed.map((it) => it.kind === "found" ? `f${it.found.ktimeNs}` : `${it.placed.event.ktimeNs}`);
}

test("BaselineGate lets everything through at once when nothing is to be waited for", () => {
  const gate = new BaselineGate(false);
  assert.deepEqual(moments(gate.pass(at(1))), ["1"]);
  assert.deepEqual(moments(gate.finish()), []);
});

test("BaselineGate holds events until the walk is over, and puts what it found into its place in time", () => {
  const gate = new BaselineGate(true);
  assert.deepEqual(moments(gate.pass(at(10))), []);
  gate.find(found(25));
  gate.find(found(15));
  assert.deepEqual(moments(gate.pass(at(20))), []);
  assert.deepEqual(moments(gate.open()), ["10", "f15", "20"]);
  assert.deepEqual(moments(gate.pass(at(24))), ["24"]);
  assert.deepEqual(moments(gate.pass(at(30))), ["f25", "30"]);
});

test("BaselineGate gives everything at the end, also when the walk was never over", () => {
  const gate = new BaselineGate(true);
  gate.pass(at(10));
  gate.find(found(40));
  assert.deepEqual(moments(gate.finish()), ["10", "f40"]);
});

test("BaselineGate waits no longer when too many events are held", () => {
  const gate = new BaselineGate(true);
  let passed: readonly Passed[] = [];
  for (let many = 0; many <= HELD_MAX; many += 1) passed = gate.pass(at(many));
  assert.equal(passed.length, HELD_MAX + 1);
  assert.deepEqual(moments(gate.pass(at(HELD_MAX + 1))), [`${HELD_MAX + 1}`]);
});
