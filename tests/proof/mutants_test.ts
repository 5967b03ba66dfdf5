// One bug in each file of the model that has any, each of which the tests must notice; `deno task mutants` tries all.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RepositoryCopy } from "../mutants/copy.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { MUTANTS } from "../mutants/mutants.ts";
import { failureOf, tryMutant } from "../mutants/trial.ts";

const TOP = fileURLToPath(new URL("../../", import.meta.url));

/** The last bug of each file. */
const SAMPLE: readonly Mutant[] = [...new Map(MUTANTS.map((it) => [it.file, it])).values()];

let copy: RepositoryCopy;
before(async () => {
  copy = await RepositoryCopy.make(TOP);
});
after(() => copy[Symbol.asyncDispose]());

test("the scenarios pass in a copy without any bug", async () => {
  assert.equal(await failureOf(copy, "scenarios"), undefined);
});

for (const mutant of SAMPLE) {
  test(`a bug in ${mutant.file} is noticed: ${mutant.bug}`, async () => {
    const { broken, caughtBy } = await tryMutant(copy, mutant, { all: false });
    assert.equal(broken, undefined, "it can be loaded");
    assert.equal(caughtBy.length, 1, "a test has failed");
    console.log(`caught by ${caughtBy}`);
  });
}
