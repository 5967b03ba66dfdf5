// The graph of slots beside a small kernel of fd tables, on random histories, step by step.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { publish } from "../reports/mod.ts";
import { CHECKS } from "./simulator/checks.ts";
import { runCheck } from "./simulator/replay.ts";
import { checkLossySlots, checkSlots } from "./simulator/slot_checks.ts";
import { assertValid } from "./support/json_schema.ts";

/** Calls of one history. */
const STEPS = 120;

test("step() knows every slot of every process after each call of a random history", () => {
  const check = CHECKS.get("slots");
  assert.ok(check !== undefined);
  fc.assert(fc.property(fc.integer(), (seed) => void runCheck(check, { seed, calls: STEPS })), {
    numRuns: 200,
  });
});

test("what step() says of slots can be published", () => {
  const updates = [1, 2, 3].flatMap((seed) => checkSlots({ seed, calls: STEPS }));
  const slots = updates.filter((it) => it.type.startsWith("pidfd."));
  assert.ok(slots.length > 20, `${slots.length} updates`);
  for (const update of slots) assertValid(publish(update, { host: "lab:6.12", utcOffsetNs: 10n ** 18n }));
});

test("step() keeps nothing of tables that are gone, and blames nobody, when records are lost", () => {
  let lost = 0;
  const check = {
    kind: "slots-lossy",
    calls: 2 * STEPS,
    run: (history: Parameters<typeof checkLossySlots>[0]) => {
      lost += checkLossySlots(history);
      return undefined;
    },
  };
  fc.assert(fc.property(fc.integer(), (seed) => void runCheck(check, { seed, calls: check.calls })), {
    numRuns: 200,
  });
  assert.ok(lost > 200, `${lost} records were lost`);
});
