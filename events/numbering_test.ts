import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WireEvent } from "../schema/mod.ts";
import type { Loss } from "./mod.ts";
import { NumberingCheck } from "./mod.ts";

function put(cpu: number, number: number, ktimeNs = BigInt(number) * 10n): WireEvent {
  return { kind: "put", cpu, number, ktimeNs, pidAddress: "ff00", count: 2 };
}

function last(cpu: number, number: number, ktimeNs = BigInt(number) * 10n): WireEvent {
  const actor = { pid: 1, tid: 1, startNs: 1n, comm: "a" };
  return { kind: "last", cpu, number, ktimeNs, ...actor, pidAddress: "ff00" };
}

function tick(cpu: number, task: number, options: { softirq?: number; ktimeNs: bigint }): WireEvent {
  return { kind: "tick", cpu, ktimeNs: options.ktimeNs, task, softirq: options.softirq ?? 0 };
}

/** `events@cpu from-to` for each loss. */
function words(losses: readonly Loss[]): readonly string[] {
  return losses.map((it) => `${it.events}@${it.cpu} ${it.fromNs ?? "?"}-${it.toNs ?? "?"}`);
}

/** What the second heartbeat from now shows. */
function secondTick(check: NumberingCheck, task: number): readonly string[] {
  assert.deepEqual(check.take(tick(0, task, { ktimeNs: 100n })), []);
  return words(check.take(tick(0, task, { ktimeNs: 200n })));
}

test("NumberingCheck finds no gap in numbers that follow each other", () => {
  const check = new NumberingCheck();
  for (const number of [1, 2, 3]) assert.deepEqual(check.take(put(0, number)), []);
  assert.equal(check.lost, 0);
});

test("NumberingCheck keeps one counter for each CPU and each context", () => {
  const check = new NumberingCheck();
  const events = [put(0, 1), last(0, 1), put(1, 1), last(1, 1), put(0, 2), last(1, 2)];
  for (const event of events) assert.deepEqual(check.take(event), []);
  assert.deepEqual(check.take(last(0, 4)), []);
  assert.deepEqual(secondTick(check, 4), ["2@0 10-40"]);
  assert.equal(check.lost, 2);
});

test("NumberingCheck tells a gap at the begin, whose own begin nobody knows", () => {
  const check = new NumberingCheck();
  check.take(put(0, 4));
  assert.deepEqual(words(check.finish("softirq", new Map([[0, 4]]))), ["3@0 ?-40"]);
});

test("NumberingCheck takes a number that was there already for an interrupted probe, not for a loss", () => {
  const check = new NumberingCheck();
  for (const number of [1, 2, 2, 3, 3, 3, 1]) assert.deepEqual(check.take(last(0, number)), []);
  check.take(last(0, 5));
  assert.deepEqual(secondTick(check, 5), ["1@0 30-50"]);
});

test("NumberingCheck waits for a probe that was stopped between counting and printing", () => {
  const check = new NumberingCheck();
  for (const number of [1, 2, 4, 7]) check.take(last(0, number));
  assert.ok(check.isShort(0));
  assert.equal(check.heardNs({ cpu: 0, ktimeNs: 100n }), 20n);
  assert.deepEqual(check.take(tick(0, 7, { ktimeNs: 100n })), []);
  for (const number of [3, 6, 5]) assert.deepEqual(check.take(last(0, number, 90n)), []);
  assert.ok(!check.isShort(0));
  assert.equal(check.heardNs({ cpu: 0, ktimeNs: 100n }), 100n);
  assert.deepEqual(secondTick(check, 7), []);
  assert.equal(check.lost, 0);
});

test("NumberingCheck tells of the part of a hole that stays open", () => {
  const check = new NumberingCheck();
  for (const number of [1, 9, 4]) check.take(last(0, number));
  assert.deepEqual(secondTick(check, 9), ["2@0 10-90", "4@0 10-90"]);
});

test("NumberingCheck keeps no more holes open than it can look through", () => {
  const check = new NumberingCheck();
  const told = Array.from({ length: 100 }, (_, at) => check.take(last(0, 2 * at + 2))).flat();
  assert.equal(told.length, 100 - 64);
  assert.equal(check.points[0]?.holes.length, 64);
});

test("NumberingCheck believes a heartbeat only when the next one comes", () => {
  const check = new NumberingCheck();
  check.take(last(0, 1));
  assert.deepEqual(check.take(tick(0, 3, { ktimeNs: 100n })), []);
  assert.ok(check.isShort(0));
  assert.ok(!check.isShort(1));
  assert.equal(check.lost, 0);
  assert.deepEqual(words(check.take(tick(0, 3, { ktimeNs: 200n }))), ["2@0 10-200"]);
  assert.ok(!check.isShort(0));
  assert.deepEqual(check.take(tick(0, 3, { ktimeNs: 300n })), [], "a loss is told once");
  assert.equal(check.lost, 2);
});

test("NumberingCheck forgives a heartbeat that came between counting and printing", () => {
  const check = new NumberingCheck();
  check.take(tick(0, 1, { ktimeNs: 5n, softirq: 1 }));
  assert.ok(check.isShort(0));
  assert.deepEqual(check.take(last(0, 1)), []);
  assert.ok(check.isShort(0), "the other counter is still short");
  assert.deepEqual(check.take(put(0, 1)), []);
  assert.ok(!check.isShort(0));
  assert.deepEqual(check.take(tick(0, 1, { ktimeNs: 200n, softirq: 1 })), []);
  assert.equal(check.lost, 0);
});

test("NumberingCheck does not ask for what a heartbeat promised and a later gap has told", () => {
  const check = new NumberingCheck();
  check.take(tick(0, 2, { ktimeNs: 5n }));
  check.take(last(0, 4));
  assert.equal(check.heardNs({ cpu: 0, ktimeNs: 60n }), 0n, "nobody knows since when");
  assert.deepEqual(secondTick(check, 4), ["3@0 ?-40"]);
  assert.equal(check.lost, 3);
});

test("NumberingCheck.finish() compares the totals, also of a CPU that was never heard", () => {
  const check = new NumberingCheck();
  check.take(last(0, 1));
  assert.deepEqual(words(check.finish("task", new Map([[0, 3], [1, 2]]))), ["2@0 10-?", "2@1 ?-?"]);
  assert.deepEqual(words(check.finish("softirq", new Map([[0, 0]]))), []);
  assert.deepEqual(words(check.finish("task", new Map([[0, 3]]))), []);
  assert.equal(check.lost, 4);
});

test("NumberingCheck ignores what is not numbered", () => {
  const check = new NumberingCheck();
  assert.deepEqual(check.take({ kind: "ready", bpftracePid: 1, ktimeNs: 5n, utc: "1.0" }), []);
});

test("NumberingCheck reports exactly what was dropped once the totals are known", () => {
  const counts = fc.record({ task: fc.nat(40), softirq: fc.nat(40) });
  fc.assert(
    fc.property(
      fc.array(counts, { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.nat(9)),
      (cpus, chance) => {
        const check = new NumberingCheck();
        let dropped = 0;
        const drops = () => chance.next().value === 0;
        cpus.forEach(({ task, softirq }, cpu) => {
          for (let number = 1; number <= Math.max(task, softirq); number += 1) {
            const records = [
              ...(number <= task ? [last(cpu, number)] : []),
              ...(number <= softirq ? [put(cpu, number)] : []),
            ];
            for (const record of records) {
              if (drops()) dropped += 1;
              else check.take(record);
            }
            const totals = { softirq: Math.min(number, softirq), ktimeNs: BigInt(number) * 10n };
            if (number % 7 === 0 && !drops()) check.take(tick(cpu, Math.min(number, task), totals));
          }
        });
        const total = (counter: "task" | "softirq") => new Map(cpus.map((it, cpu) => [cpu, it[counter]]));
        check.finish("task", total("task"));
        check.finish("softirq", total("softirq"));
        assert.equal(check.lost, dropped);
      },
    ),
  );
});

test("NumberingCheck goes on from the points of another one as that one would", () => {
  const event = fc.record({
    cpu: fc.integer({ min: 0, max: 1 }),
    number: fc.integer({ min: 1, max: 9 }),
    kind: fc.constantFrom("put", "last", "tick"),
  }).map(({ cpu, number, kind }) =>
    kind === "put"
      ? put(cpu, number)
      : kind === "last"
      ? last(cpu, number)
      : tick(cpu, number, { softirq: number, ktimeNs: BigInt(number) })
  );
  fc.assert(fc.property(fc.array(event), fc.array(event), (before, after) => {
    const whole = new NumberingCheck();
    for (const it of before) whole.take(it);
    const part = new NumberingCheck(whole.points);
    for (const it of after) assert.deepEqual(part.take(it), whole.take(it));
    assert.deepEqual(part.points, whole.points);
    const totals = new Map([[0, 12], [1, 12]]);
    assert.deepEqual(part.finish("task", totals), whole.finish("task", totals));
  }));
});
