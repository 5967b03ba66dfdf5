// A hundred thousand histories of simulated kernels, all properties in turn; `deno task soak` tries more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeSoak, parseSoak, soak } from "../simulator/soak.ts";

/** Two parts that begin far from each other; no seed is in both. */
const PARTS = [{ seed: 1_000_000, histories: 50_000 }, { seed: 2_000_000, histories: 50_000 }];

/** Of the lifecycles that no fault touched, so many keep a definite verdict. */
const DEFINITE_LEAST = 0.9;

for (const { seed, histories } of PARTS) {
  test(`${histories} histories from seed ${seed} on have all properties`, () => {
    const began = performance.now();
    const result = soak(parseSoak(["--seed", `${seed}`, "--histories", `${histories}`]));
    const said = describeSoak(result, (performance.now() - began) / 1000);
    console.log(said);
    assert.equal(result.failure, undefined, said);
    assert.equal(result.histories, histories);
    assert.ok(result.untouched > histories / 100, said);
    assert.ok(result.definite / result.untouched >= DEFINITE_LEAST, said);
  });
}
