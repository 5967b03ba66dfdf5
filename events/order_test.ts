import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OrderLimits, Placed, TimedEvent } from "./mod.ts";
import { Order, ORDER_LIMITS } from "./mod.ts";

function put(cpu: number, ktimeNs: bigint): TimedEvent {
  return { kind: "put", cpu, number: 1, ktimeNs, pidAddress: "ff00", count: 1 };
}

function tick(cpu: number, ktimeNs: bigint): TimedEvent {
  return { kind: "tick", cpu, ktimeNs, task: 0, softirq: 0 };
}

const SMALL: OrderLimits = { slackNs: 10n, stallNs: 100n, behindNs: 1000n, windowNs: 1000n, eventsMax: 1000 };

/** `cpu@time`, with a mark for what is late or not certain. */
function words(placed: readonly Placed[]): readonly string[] {
  return placed.map(({ event, late, certain }) =>
    `${event.cpu}@${event.ktimeNs}${late ? " late" : ""}${certain ? "" : " ?"}`
  );
}

test("Order holds events back until every CPU was heard of after them", () => {
  const order = new Order(2, SMALL);
  assert.deepEqual(words(order.push(put(0, 100n))), []);
  assert.deepEqual(words(order.push(tick(0, 200n))), []);
  assert.deepEqual(words(order.push(put(1, 90n))), []);
  assert.deepEqual(words(order.push(tick(1, 130n))), ["1@90", "0@100"]);
  assert.deepEqual(words(order.push(tick(1, 300n))), ["1@130"]);
  assert.deepEqual(words(order.flush()), ["0@200", "1@300"]);
});

test("Order forgives a CPU that prints a little out of order", () => {
  const order = new Order(1, SMALL);
  for (const ktimeNs of [100n, 95n, 98n, 105n]) order.push(put(0, ktimeNs));
  assert.deepEqual(words(order.push(tick(0, 120n))), ["0@95", "0@98", "0@100", "0@105"]);
});

test("Order marks what comes after its place", () => {
  const order = new Order(1, SMALL);
  order.push(put(0, 100n));
  order.push(tick(0, 200n));
  assert.deepEqual(words(order.push(put(0, 150n))), ["0@150 late ?"]);
  assert.deepEqual(words(order.push(put(0, 190n))), [], "its place has not been passed");
  assert.deepEqual(words(order.flush()), ["0@190", "0@200"]);
});

test("Order waits for a silent CPU no longer than the window, and says that it did not wait", () => {
  const order = new Order(2, SMALL);
  order.push(put(1, 50n));
  order.push(put(0, 100n));
  assert.deepEqual(words(order.push(tick(0, 1099n))), ["1@50 ?"]);
  assert.deepEqual(words(order.push(tick(0, 1100n))), ["0@100 ?"]);
  assert.deepEqual(words(order.push(put(1, 60n))), ["1@60 late ?"]);
  assert.deepEqual(words(order.push(tick(1, 1200n))), []);
  assert.deepEqual(words(order.push(tick(0, 1300n))), ["0@1099", "0@1100"], "heard again");
});

test("Order waits also for a CPU that was never heard", () => {
  const order = new Order(2, SMALL);
  order.push(put(0, 100n));
  assert.deepEqual(words(order.push(tick(0, 1000n))), []);
  assert.deepEqual(words(order.push(tick(0, 1100n))), ["0@100 ?"]);
  assert.deepEqual(words(order.flush()), ["0@1000", "0@1100"], "at the end nothing more can come");
});

test("Order with an unknown number of CPUs takes those that it hears for all", () => {
  const order = new Order(0, SMALL);
  order.push(put(0, 100n));
  assert.deepEqual(words(order.push(tick(0, 200n))), ["0@100"]);
});

test("Order holds no more events than its limit", () => {
  const order = new Order(2, { ...SMALL, eventsMax: 100 });
  let held = 0;
  for (let at = 0; at < 1000; at += 1) {
    const placed = order.push(put(0, BigInt(at)));
    held += 1 - placed.length;
    assert.ok(placed.every((it) => !it.certain));
    assert.ok(held <= 100 + 64, `${held} events are held`);
  }
});

test("Order.passedNs is up to where everything was handed out", () => {
  const order = new Order(2, SMALL);
  assert.equal(order.passedNs, 0n);
  order.push(tick(0, 200n));
  assert.equal(order.passedNs, 0n, "the other CPU was not heard");
  order.push(tick(1, 130n));
  assert.equal(order.passedNs, 120n);
});

test("Order.newestNs is the latest moment that was told", () => {
  const order = new Order(1, SMALL);
  assert.equal(order.newestNs, 0n);
  order.push(put(0, 100n));
  order.push(put(0, 90n));
  assert.equal(order.newestNs, 100n);
});

test("Order.has() knows a record that is held, and no other one of its moment", () => {
  const order = new Order(1, SMALL);
  order.push(put(0, 100n));
  order.push(put(0, 110n));
  assert.equal(order.has(put(0, 100n)), true);
  assert.equal(order.has({ ...put(0, 100n), number: 2 } as TimedEvent), false);
  assert.equal(order.has(tick(0, 100n)), false);
  assert.equal(order.has(put(1, 100n)), false);
});

test("Order.stepBack() tells of a clock that went back further than a probe can be held up", () => {
  const order = new Order(1, SMALL);
  assert.equal(order.stepBack(put(0, 100n)), undefined);
  order.push(put(0, 100n));
  assert.equal(order.stepBack(put(0, 90n)), undefined);
  const { fromNs, toNs } = order.stepBack(put(0, 89n)) ?? {};
  assert.deepEqual([fromNs, toNs], [89n, 100n]);
});

test("Order.stepBack() does not blame the clock for what an interrupt has printed in between", () => {
  const order = new Order(1, SMALL);
  order.push(tick(0, 200n));
  assert.equal(order.stepBack(put(0, 100n)), undefined);
  assert.notEqual(order.stepBack(put(0, 99n)), undefined, "nobody is kept waiting that long");
  order.push(tick(0, 200n));
  assert.notEqual(order.stepBack(tick(0, 100n)), undefined);
});

test("Order.stepBack() takes everything that was printed before for older, whichever counter shows the step", () => {
  const order = new Order(1, SMALL);
  order.push(tick(0, 200n));
  order.push(put(0, 205n));
  const { fromNs, toNs } = order.stepBack(tick(0, 150n)) ?? {};
  assert.deepEqual([fromNs, toNs], [150n, 205n]);
});

test("Order.flush() of what is not whole is certain only up to where every CPU was heard", () => {
  const order = new Order(2, SMALL);
  order.push(put(0, 100n));
  order.push(put(1, 130n));
  order.push(put(0, 200n));
  assert.deepEqual(words(order.flush(false)), ["0@100", "1@130 ?", "0@200 ?"]);
});

interface Stream {
  readonly gaps: readonly number[];
}

/** Each CPU's events in order, about one heartbeat a second; CPUs are read in turn, some events of each. */
const streams = fc.record({
  cpus: fc.array(fc.record({ gaps: fc.array(fc.integer({ min: 0, max: 300_000_000 }), { maxLength: 60 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  choices: fc.array(fc.nat(1000), { minLength: 50, maxLength: 50 }),
});

function eventsOf({ gaps }: Stream, cpu: number, endNs: bigint): TimedEvent[] {
  let ktimeNs = BigInt(cpu);
  const events = gaps.map((gap) => put(cpu, ktimeNs += BigInt(gap)));
  for (let at = 0n; at <= endNs; at += 1_000_000_000n) events.push(tick(cpu, at + BigInt(cpu)));
  return events.sort((a, b) => a.ktimeNs < b.ktimeNs ? -1 : a.ktimeNs > b.ktimeNs ? 1 : 0);
}

test("Order gives every event once, in the order of time, however the CPUs are read", () => {
  fc.assert(fc.property(streams, ({ cpus, choices }) => {
    const endNs = 20_000_000_000n;
    const queues = cpus.map((it, cpu) => eventsOf(it, cpu, endNs));
    const total = queues.reduce((sum, it) => sum + it.length, 0);
    const order = new Order(cpus.length);
    const placed: Placed[] = [];
    for (let turn = 0; queues.some((it) => it.length > 0); turn += 1) {
      const earliest = queues.flatMap((it) => it[0]?.ktimeNs ?? []).reduce((a, b) => a < b ? a : b);
      // No buffer is left unread for longer than the window.
      const readable = queues.filter((it) =>
        (it[0]?.ktimeNs ?? endNs * 2n) < earliest + ORDER_LIMITS.windowNs / 2n
      );
      const choice = choices[turn % choices.length] ?? 0;
      const queue = readable[choice % readable.length] ?? [];
      for (let left = 1 + choice % 7; left > 0; left -= 1) {
        const [event] = queue;
        if (event === undefined || event.ktimeNs >= earliest + ORDER_LIMITS.windowNs / 2n) break;
        queue.shift();
        placed.push(...order.push(event));
      }
    }
    placed.push(...order.flush());
    assert.equal(placed.length, total);
    assert.equal(new Set(placed.map((it) => it.event)).size, total);
    assert.ok(placed.every((it) => !it.late && it.certain));
    assert.ok(
      placed.every((it, at) => at === 0 || it.event.ktimeNs >= (placed[at - 1]?.event.ktimeNs ?? 0n)),
    );
  }));
});

test("Order loses nothing and marks every event out of place, whatever comes", () => {
  const anything = fc.array(fc.tuple(fc.nat(3), fc.bigInt(0n, 5000n), fc.boolean()), { maxLength: 300 });
  fc.assert(fc.property(anything, fc.integer({ min: 1, max: 5 }), (events, cpus) => {
    const order = new Order(cpus, SMALL);
    const placed: Placed[] = [];
    let newestNs = 0n;
    for (const [cpu, ktimeNs, isTick] of events) {
      placed.push(...order.push(isTick ? tick(cpu, ktimeNs) : put(cpu, ktimeNs)));
    }
    placed.push(...order.flush());
    assert.equal(placed.length, events.length);
    for (const { event, late } of placed) {
      if (late) continue;
      assert.ok(event.ktimeNs >= newestNs, "what is not marked is in order");
      newestNs = event.ktimeNs;
    }
  }));
});
