import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WireEvent } from "../schema/mod.ts";
import type { Loss } from "./mod.ts";
import { WitnessCheck } from "./mod.ts";

type Witness = Extract<WireEvent, { kind: "witness" }>;
type Counts = Partial<Pick<Witness, "entered" | "returned" | "born" | "newtask" | "unfollowed">>;

const NOTHING = { entered: 0, returned: 0, born: 0, newtask: 0, unfollowed: 0 };

function witness(cpu: number, ktimeNs: number, counts: Counts = {}): Witness {
  return { kind: "witness", cpu, ktimeNs: BigInt(ktimeNs), ...NOTHING, ...counts };
}

/** A machine with one CPU, whose heartbeats come at 10, 20 and so on. */
function heard(rows: readonly Counts[]): { readonly check: WitnessCheck; readonly losses: readonly Loss[] } {
  const check = new WitnessCheck(1);
  return { check, losses: rows.flatMap((it, at) => check.take(witness(0, 10 * (at + 1), it))) };
}

function words(losses: readonly Loss[]): readonly string[] {
  return losses.map(({ reason, events, fromNs, toNs }) =>
    `${reason} ${events} ${fromNs ?? "?"}-${toNs ?? "?"}`
  );
}

test("WitnessCheck tells a birth that only the second probe saw, at the second heartbeat after it", () => {
  const rows = [{}, { newtask: 2, born: 2 }, { newtask: 5, born: 2 }, { newtask: 5, born: 2 }];
  const early = heard(rows);
  assert.deepEqual(early.losses, []);
  assert.equal(early.check.settledNs, 20n, "nothing after that is certain");
  const { check, losses } = heard([...rows, { newtask: 5, born: 2 }, { newtask: 9, born: 6 }]);
  assert.deepEqual(words(losses), ["missed-probe 3 20-30"]);
  assert.match(losses[0]?.detail ?? "", /^3 births that task:task_newtask told of were not seen/);
  assert.deepEqual([check.missed, check.differing, check.settledNs], [3, 1, 60n]);
});

test("WitnessCheck tells each heartbeat of a longer silence with its own window", () => {
  const seen = [0, 3, 7, 7, 7, 7].map((newtask): Counts => ({ newtask }));
  assert.deepEqual(words(heard(seen).losses), ["missed-probe 3 10-20", "missed-probe 4 20-30"]);
});

test("WitnessCheck tells a return that is missing, and forgives calls that are on their way", () => {
  const onTheirWay = [[0, 0], [5, 4], [9, 8], [12, 11], [12, 12]];
  const rows = (pairs: readonly (readonly number[])[]) =>
    pairs.map(([entered = 0, returned = 0]): Counts => ({ entered, returned }));
  const { check, losses } = heard(rows(onTheirWay));
  assert.deepEqual([losses, check.settledNs, check.missed], [[], 50n, 0]);
  const missing = heard(rows([[0, 0], [5, 4], [5, 4], [5, 4], [6, 5]]));
  assert.deepEqual(words(missing.losses), ["missed-probe 1 10-20"]);
  const long = heard(rows([[0, 0], [5, 4], [5, 4], [5, 4], [5, 5], [6, 6], [7, 7], [8, 8]]));
  assert.deepEqual(
    words(long.losses),
    ["missed-probe 1 10-20"],
    "it returned after all, and that is no miss",
  );
});

test("WitnessCheck takes a difference that is there from the begin as it is", () => {
  const { check, losses } = heard([{ newtask: 4 }, { newtask: 4 }, { newtask: 6, born: 2 }]);
  assert.deepEqual([losses, check.settledNs, check.missed], [[], 30n, 0]);
});

test("WitnessCheck compares nothing that is not counted", () => {
  const none = { born: -1, newtask: -1 };
  const { check, losses } = heard([none, none, none]);
  assert.deepEqual([losses, check.compared], [[], 3], "calls are compared, births are not");
  assert.deepEqual(check.finish({ entered: 0, returned: 0, born: 3, newtask: 0 }), []);
  assert.deepEqual([check.compared, check.missed], [3, 0]);
  assert.equal(new WitnessCheck(2).settledNs, undefined);
});

test("WitnessCheck waits for every CPU", () => {
  const check = new WitnessCheck(2);
  assert.deepEqual(check.take(witness(0, 10)), []);
  assert.deepEqual(check.take(witness(0, 20)), []);
  assert.equal(check.compared, 0);
  check.take(witness(1, 25));
  assert.deepEqual([check.compared, check.settledNs], [2, 20n]);
});

test("WitnessCheck.finish() tells a difference that the last counts confirm, and none that they do not", () => {
  const { check } = heard([{}, { newtask: 2, born: 1 }]);
  assert.deepEqual(words(check.finish({ newtask: 3, born: 2, entered: 0, returned: 0 })), [
    "missed-probe 1 10-20",
  ]);
  const { check: other } = heard([{}, { newtask: 2, born: 1 }]);
  assert.deepEqual(other.finish({ newtask: 3, born: 3, entered: 0, returned: 0 }), []);
  const { check: late } = heard([{}, { newtask: 2, born: 2 }]);
  assert.deepEqual(late.finish({ newtask: 9, born: 5, entered: 0, returned: 0 }), [], "detached one by one");
  const { check: call } = heard([{}, { entered: 2, returned: 1 }]);
  assert.deepEqual(call.finish({}), [], "nobody knows whether it returned");
});

test("WitnessCheck tells what found no place in the map at once", () => {
  const { losses } = heard([{}, { unfollowed: 3 }, { unfollowed: 3 }, { unfollowed: 4 }]);
  assert.deepEqual(words(losses), ["map-full 3 10-20", "map-full 1 30-40"]);
});

/** A call as the machine makes it: how long it lasts in heartbeats, where it begins and returns, what is passed over. */
const CALL = fc.record({
  at: fc.integer({ min: 20, max: 200 }),
  lasts: fc.integer({ min: 0, max: 9 }),
  begins: fc.integer({ min: 0, max: 1 }),
  returns: fc.integer({ min: 0, max: 1 }),
  missed: fc.constantFrom("nothing", "nothing", "nothing", "born", "newtask"),
});

type Call = typeof CALL extends fc.Arbitrary<infer T> ? T : never;

/** Tells the counts of a machine with two CPUs, whose heartbeats come every 10, the one 4 after the other. */
function play(calls: readonly Call[]) {
  const check = new WitnessCheck(2);
  const losses: Loss[] = [];
  for (let now = 10; now <= 300; now += 10) {
    for (const [cpu, ktimeNs] of [[0, now], [1, now + 4]] as const) {
      const ended = calls.filter((it) => it.at + it.lasts <= ktimeNs && it.returns === cpu);
      losses.push(...check.take(witness(cpu, ktimeNs, {
        entered: calls.filter((it) => it.at <= ktimeNs && it.begins === cpu).length,
        returned: ended.length,
        born: ended.filter((it) => it.missed !== "born").length,
        newtask: ended.filter((it) => it.missed !== "newtask").length,
      })));
    }
  }
  return { check, losses };
}

test("WitnessCheck tells of no miss where nothing was missed, whatever is on its way", () => {
  const whole = CALL.map((it) => ({ ...it, missed: "nothing" as const }));
  fc.assert(fc.property(fc.array(whole, { maxLength: 60 }), (calls) => {
    const { check, losses } = play(calls);
    assert.deepEqual(losses, []);
    assert.deepEqual([check.missed, check.differing], [0, 0]);
    assert.equal(check.settledNs, 300n);
  }));
});

test("WitnessCheck tells exactly by how much two probes differ in the end, in windows that hold the misses", () => {
  fc.assert(
    fc.property(fc.array(CALL, { maxLength: 30 }), fc.constantFrom("born", "newtask"), (given, kind) => {
      const calls = given.map((it) => it.missed === "nothing" ? it : { ...it, missed: kind });
      const { check, losses } = play(calls);
      const missed = calls.filter((it) => it.missed !== "nothing").map((it) => BigInt(it.at + it.lasts));
      assert.equal(check.missed, missed.length);
      for (const at of missed) {
        assert.ok(
          losses.some(({ fromNs, toNs }) => (fromNs ?? 0n) <= at && at <= (toNs ?? 0n)),
          `${at} is in none`,
        );
      }
    }),
  );
});
