import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mutate, occurrences } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

const TOP = new URL("../../", import.meta.url);

/** Fewer would say little. */
const LEAST = 20;

test("mutate() refuses what is not there, what is there twice, and what changes nothing", () => {
  const mutant = { file: "a.ts", original: "1", replacement: "2$&", bug: "" };
  assert.equal(mutate("a1", mutant), "a2$&");
  assert.throws(() => mutate("a", mutant), RangeError);
  assert.throws(() => mutate("a11", mutant), RangeError);
  assert.throws(() => mutate("a1", { ...mutant, replacement: "1" }), RangeError);
});

test("every mutant fits its file, and no two are the same", () => {
  assert.ok(MUTANTS.length >= LEAST, `${MUTANTS.length} mutants`);
  const wrong = MUTANTS.flatMap((mutant) => {
    const text = readFileSync(fileURLToPath(new URL(mutant.file, TOP)), "utf8");
    const many = occurrences(text, mutant.original);
    return many === 1 && mutate(text, mutant) !== text ? [] : [`${mutant.bug}: ${many} times`];
  });
  assert.deepEqual(wrong, []);
  const places = new Set(MUTANTS.map((it) => `${it.file} ${it.original} ${it.replacement}`));
  assert.equal(places.size, MUTANTS.length);
  assert.equal(new Set(MUTANTS.map((it) => it.bug)).size, MUTANTS.length);
});
