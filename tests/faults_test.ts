// Histories of which not everything arrives as it was printed: nothing false is said, and what was not touched is sure.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode } from "../events/mod.ts";
import { CHECKS } from "./simulator/checks.ts";
import { WHOLE } from "./simulator/count_checks.ts";
import { RATES } from "./simulator/fault_checks.ts";
import { damage, FAULTS } from "./simulator/faults.ts";
import { generationOf, GENERATIONS, LAWS } from "./simulator/generations.ts";
import { simulate } from "./simulator/history.ts";
import { counterOf } from "./simulator/lines.ts";
import { Random } from "./simulator/random.ts";
import { runCheck } from "./simulator/replay.ts";

/** Of the lifecycles that a fault has not touched, so many keep a definite verdict, whatever the fault. */
const DEFINITE_SHARE = 0.9;

/** Histories of each fault and law, spread over its generations. */
const RUNS = 80;

for (const name of [...FAULTS, "mixed"]) {
  const isClock = name.startsWith("clock");
  test(`${name}: nothing false is said${isClock ? "" : ", and untouched lifecycles stay definite"}`, () => {
    const kinds = GENERATIONS.map((it) => `${name}/${it.name}`);
    for (const kind of [...kinds, ...LAWS.map((law) => `slots-${name}/${law}`)]) {
      const check = CHECKS.get(kind);
      if (check === undefined && name === "mixed") continue;
      assert.ok(check !== undefined, kind);
      let untouched = 0;
      let definite = 0;
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const share = runCheck(check, { seed, calls: check.calls });
          untouched += share?.untouched ?? 0;
          definite += share?.definite ?? 0;
        }),
        { numRuns: kind.startsWith("slots") ? RUNS / 2 : RUNS / 4 },
      );
      // After a step nothing has the moment that the oracle knows, so a share would say nothing.
      if (isClock || kind.startsWith("slots")) continue;
      console.log(`${kind}: ${definite} of ${untouched} untouched lifecycles have a definite verdict`);
      assert.ok(untouched > 75, `${untouched} lifecycles`);
      assert.ok(definite / untouched >= DEFINITE_SHARE, `${kind}: ${definite} of ${untouched}`);
    }
  });
}

test("damage() strikes with every fault, and leaves the lines as they are without", () => {
  const random = new Random(5);
  const { printer } = simulate({ seed: 5, generation: generationOf("G5"), calls: 200, interleaved: true });
  const lines = printer.arrivals(random, WHOLE);
  const { totals } = printer;
  const whole = damage(lines, { faults: [], totals, random });
  const records = whole.messages.flatMap((it) => it.kind === "record" ? [it.text] : []);
  assert.deepEqual(records, lines.map((it) => it.text));
  assert.deepEqual([whole.lost, whole.touched.size, whole.struck.size], [0, 0, 0]);
  for (const name of FAULTS) {
    const { struck, messages } = damage(lines, { faults: [{ name, rate: RATES[name] * 5 }], totals, random });
    assert.ok((struck.get(name) ?? 0) > 0, name);
    assert.notDeepEqual(messages, whole.messages, name);
  }
});

test("damage() leaves no gap in the numbers where a probe did not run", () => {
  const random = new Random(9);
  const { printer } = simulate({ seed: 9, generation: generationOf("G2"), calls: 200, interleaved: true });
  const lines = printer.arrivals(random, WHOLE);
  const faults = [{ name: "missed-returns", rate: 30 }] as const;
  const { messages, struck } = damage(lines, { faults, totals: printer.totals, random });
  assert.ok((struck.get("missed-returns") ?? 0) > 10);
  const seen = new Map<string, number>();
  for (const it of messages) {
    const event = it.kind === "record" ? decode(it.text, 1) : undefined;
    if (it.kind !== "record" || event === undefined || !("number" in event)) continue;
    const counter = `${event.cpu} ${counterOf(it.text)}`;
    const number = (seen.get(counter) ?? 0) + 1;
    assert.equal(event.number, number, it.text);
    seen.set(counter, number);
  }
  const totals = messages.flatMap((it) => it.kind === "totals" ? [...it.byCpu.values()] : []);
  assert.deepEqual(totals.toSorted(), [...seen.values()].toSorted());
});
