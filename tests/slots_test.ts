// The graph of slots beside a small kernel of fd tables, on random histories, step by step.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { publish } from "../reports/mod.ts";
import { CHECKS } from "./simulator/checks.ts";
import { WHOLE } from "./simulator/count_checks.ts";
import { FdHistory } from "./simulator/fd_history.ts";
import { LAWS } from "./simulator/generations.ts";
import { headOf } from "./simulator/lines.ts";
import { arrivalsOf, CPUS } from "./simulator/printer.ts";
import { Random } from "./simulator/random.ts";
import { runCheck } from "./simulator/replay.ts";
import { checkLossySlots, checkSlots } from "./simulator/slot_checks.ts";
import { assertValid } from "./support/json_schema.ts";

/** Calls of one history. */
const STEPS = 120;

for (const law of LAWS) {
  test(`step() knows every slot of every process after each call of a random history, ${law}`, () => {
    const check = CHECKS.get(`slots/${law}`);
    assert.ok(check !== undefined);
    fc.assert(fc.property(fc.integer(), (seed) => void runCheck(check, { seed, calls: STEPS })), {
      numRuns: 100,
    });
  });
}

test("the records of fd tables are from every CPU, and are not read in the order of time", () => {
  const random = new Random(1);
  const history = new FdHistory(random);
  for (let at = 0; at < STEPS; at += 1) history.step();
  const lines = history.machine.take();
  const arrived = arrivalsOf(lines, { random, ...WHOLE, chunkMax: 20 });
  assert.deepEqual(new Set(lines.map((it) => headOf(it).cpu)).size, CPUS);
  assert.notDeepEqual(arrived, lines);
  assert.deepEqual(arrived.toSorted(), lines.toSorted());
});

test("what step() says of slots can be published", () => {
  const updates = [1, 2, 3].flatMap((seed) => checkSlots("per-inode", { seed, calls: STEPS }));
  const slots = updates.filter((it) => it.type.startsWith("pidfd."));
  assert.ok(slots.length > 20, `${slots.length} updates`);
  for (const update of slots) assertValid(publish(update, { host: "lab:6.12", utcOffsetNs: 10n ** 18n }));
});

for (const law of LAWS) {
  test(`step() keeps nothing of tables that are gone, and blames nobody, when records are lost, ${law}`, () => {
    let lost = 0;
    const check = {
      kind: `slots-lossy/${law}`,
      calls: 2 * STEPS,
      run: (history: Parameters<typeof checkLossySlots>[1]) => {
        lost += checkLossySlots(law, history);
        return undefined;
      },
    };
    fc.assert(fc.property(fc.integer(), (seed) => void runCheck(check, { seed, calls: check.calls })), {
      numRuns: 100,
    });
    assert.ok(lost > 100, `${lost} records were lost`);
  });
}
