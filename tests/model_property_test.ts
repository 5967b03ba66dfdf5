// The model against the oracle, on random histories of a simulated kernel.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { publish } from "../reports/mod.ts";
import { CHECKS } from "./simulator/checks.ts";
import type { Check } from "./simulator/checks.ts";
import { checkInterleaved, tell, WHOLE } from "./simulator/count_checks.ts";
import { generationOf, GENERATIONS } from "./simulator/generations.ts";
import { simulate } from "./simulator/history.ts";
import { Random } from "./simulator/random.ts";
import { runCheck } from "./simulator/replay.ts";
import { assertValid } from "./support/json_schema.ts";

const seeds = fc.integer();

function checkOf(kind: string): Check {
  const check = CHECKS.get(kind);
  assert.ok(check !== undefined, kind);
  return check;
}

for (const generation of GENERATIONS) {
  const { name } = generation;

  test(`Correlator agrees with the oracle, count for count, when one call comes after the other, ${name}`, () => {
    const check = checkOf(`counts/${name}`);
    fc.assert(fc.property(seeds, (seed) => void runCheck(check, { seed, calls: check.calls })), {
      numRuns: 15,
    });
  });

  test(`Correlator tells everything once and blames nobody when calls come between each other, ${name}`, () => {
    const check = checkOf(`interleaved/${name}`);
    fc.assert(fc.property(seeds, (seed) => void runCheck(check, { seed, calls: check.calls })), {
      numRuns: 40,
    });
  });

  test(`what Correlator says of a random history can be published, ${name}`, () => {
    for (const update of checkInterleaved(generation, { seed: 7, calls: 200 })) {
      assertValid(publish(update, { host: "lab:6.12", utcOffsetNs: 10n ** 18n }));
    }
  });

  test(`Correlator counts every loss, never says broken, and stays sure of what the loss did not touch, ${name}`, () => {
    const check = checkOf(`lossy/${name}`);
    let untouched = 0;
    let definite = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const share = runCheck(check, { seed, calls: check.calls });
        untouched += share?.untouched ?? 0;
        definite += share?.definite ?? 0;
      }),
      { numRuns: 10 },
    );
    console.log(
      `${name}, 1 % lost: ${definite} of ${untouched} untouched lifecycles have a definite verdict`,
    );
    assert.ok(untouched > 125, `${untouched} lifecycles`);
    assert.ok(definite / untouched >= 0.9, `${definite} of ${untouched} untouched lifecycles are definite`);
  });
}

test("Correlator does not say how much is lost when a line cannot be read", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 0, max: 50 }), (seed, at) => {
      const generation = generationOf("G3");
      const kernel = simulate({ seed, generation, calls: 20, interleaved: false });
      const whole = kernel.printer.deliver(new Random(seed), WHOLE);
      assert.equal(tell(whole, { generation }).correlator.trust.lost, 0);
      const messages = whole.messages.toSpliced(at, 0, { kind: "record", text: "clone 0 1 half of a li" });
      const { updates, correlator } = tell({ ...whole, messages }, { generation });
      assert.equal(correlator.trust.lost, null);
      assert.equal(updates.filter((update) => update.type === "lost").length, 1);
    }),
    { numRuns: 20 },
  );
});
