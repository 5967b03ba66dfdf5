import assert from "node:assert/strict";
import { labCacheFolder } from "../cache.ts";
import { KERNEL_MUTANTS } from "./list.ts";
import { applyEdits, type KernelMutant, MUTANT_CLASSES, type RuleId, type SourceEdit } from "./mutant.ts";
import { SEED } from "./seed.ts";
import { allVariants, findVariant, type KernelVariant, variantOf } from "./variants.ts";

/** What each rule of the seed needs: a kernel in which it must be found broken. */
const RULES: readonly RuleId[] = [
  ...["R1", "R2", "R3", "R4a", "R4b", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12"] as const,
  ...["R13", "R14", "R15", "R16", "R17", "L"] as const,
  ...["F:c3b7112df86b", "F:9014143bab2f", "F:6fd2fe494b17", "F:28dd29c06d0d"] as const,
];

const bugs = KERNEL_MUTANTS.filter((mutant) => !mutant.harmless);

function ofClass(name: string): readonly KernelMutant[] {
  return KERNEL_MUTANTS.filter((mutant) => mutant.class === name);
}

Deno.test("KERNEL_MUTANTS has names that are plain words, and each once", () => {
  const ids = allVariants().map((variant) => variant.id);
  assert.deepEqual(ids.filter((id) => !/^[a-z][a-z0-9.-]*$/.test(id)), []);
  assert.equal(new Set(ids).size, ids.length);
  // The folder of the source begins with this name.
  assert.deepEqual(ids.filter((id) => id.startsWith("tree-")), []);
});

Deno.test("KERNEL_MUTANTS says in sentences what is wrong, what can be seen, and what to fear", () => {
  for (const { id, wrong, visible, danger, onlyWhen } of KERNEL_MUTANTS) {
    for (const sentence of [wrong, visible, danger, onlyWhen]) {
      if (sentence !== undefined) assert.match(sentence, /^[\w"].{6,}[^.\s]$|^Nothing$/, id);
    }
  }
});

Deno.test("KERNEL_MUTANTS has for each bug a rule that it must break, and for nothing harmless one", () => {
  for (const { id, harmless, breaks, mayBreak = [], mends = [], base } of KERNEL_MUTANTS) {
    assert.equal(breaks.length === 0, harmless, id);
    const named = [...breaks, ...mayBreak, ...mends];
    assert.equal(new Set(named).size, named.length, `${id} names a rule twice`);
    const known = base === "seed" ? SEED.breaks : [];
    assert.deepEqual(mends.filter((rule) => !known.includes(rule)), [], `${id} mends what was not broken`);
    assert.deepEqual(breaks.filter((rule) => known.includes(rule)), [], `${id} breaks what its base breaks`);
    assert.deepEqual(named.filter((rule) => !RULES.includes(rule)), [], `${id} names no rule`);
  }
});

Deno.test("KERNEL_MUTANTS has a kernel for every rule and of every class", () => {
  const broken = new Set(bugs.flatMap((mutant) => mutant.breaks));
  assert.deepEqual(RULES.filter((rule) => !broken.has(rule)), []);
  assert.deepEqual(MUTANT_CLASSES.filter((name) => ofClass(name).length === 0), []);
});

Deno.test("KERNEL_MUTANTS has lost each check of flags once, and that of the integer", () => {
  const lost = ofClass("check lost").flatMap((mutant) => mutant.breaks);
  assert.deepEqual([...new Set(lost)].sort(), ["R1", "R2", "R3", "R4a", "R4b"]);
});

Deno.test("KERNEL_MUTANTS has references missing and doubled, integers told and not, and polls of all kinds", () => {
  const wanted = [
    ...["clone-no-get", "clone-two-gets", "seed-emfile-no-put", "seed-emfile-two-puts"],
    ...["release-no-put", "release-two-puts", "open-no-get", "open-no-put", "open-two-puts"],
    ...["integer-not-written", "integer-on-failure"],
    ...["poll-while-alive", "poll-at-first-thread", "poll-never-woken"],
  ];
  const ids = KERNEL_MUTANTS.map((mutant) => mutant.id);
  assert.deepEqual(wanted.filter((id) => !ids.includes(id)), []);
});

Deno.test("KERNEL_MUTANTS has enough of each kind", () => {
  assert.ok(bugs.length >= 16);
  assert.ok(KERNEL_MUTANTS.filter((mutant) => mutant.class.startsWith("harmless")).length >= 5);
  assert.ok(bugs.filter((mutant) => mutant.base === "6.12").length >= 4);
});

Deno.test("variantOf() puts the seed's changes before those of what is on top of it", () => {
  const mutant = KERNEL_MUTANTS.find((it) => it.id === "seed-no-zero-check");
  assert.ok(mutant !== undefined);
  assert.deepEqual(variantOf(mutant).edits, [...SEED.edits, ...mutant.edits]);
  assert.deepEqual(findVariant("seed-nobtf").edits.slice(0, -1), SEED.edits);
});

Deno.test("no two kernels are the same", () => {
  const made = allVariants().map(({ series, edits }) => JSON.stringify({ series, edits }));
  assert.equal(new Set(made).size, made.length);
});

Deno.test("applyEdits() refuses what is not there once, what is empty, and what changes nothing", () => {
  const edit = (original: string, replacement: string): SourceEdit[] => [{
    file: "a.c",
    original,
    replacement,
  }];
  assert.equal(applyEdits("a$b", edit("$b", "$&$1")), "a$&$1");
  assert.throws(() => applyEdits("aa", edit("a", "b")), /there 2 times/);
  assert.throws(() => applyEdits("aa", edit("b", "a")), /there 0 times/);
  assert.throws(() => applyEdits("a", edit("", "b")), RangeError);
  assert.throws(() => applyEdits("a", edit("a", "a")), /stays as it is/);
});

/** A file of a source in the cache, as it was before any change. */
async function originalOf(folder: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(`${folder}/originals/${file}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.readTextFile(`${folder}/tree/${file}`);
  }
}

async function fit(folder: string, { id, edits }: KernelVariant): Promise<void> {
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const text = await originalOf(folder, file);
    assert.doesNotThrow(() => applyEdits(text, edits.filter((edit) => edit.file === file)), `${id}: ${file}`);
  }
}

// Without a source in the cache there is nothing to look at; the build refuses what does not fit.
Deno.test("every edit fits each source that is in the cache", async () => {
  const names = (await Deno.lstat(labCacheFolder()).catch(() => undefined)) === undefined
    ? []
    : await Array.fromAsync(Deno.readDir(labCacheFolder()), (entry) => entry.name);
  for (const name of names) {
    const series = /^mutant-tree-([\d.]+)@/.exec(name)?.[1];
    const folder = `${labCacheFolder()}/${name}`;
    const isReady = series !== undefined && await Deno.lstat(`${folder}/ready`).then(() => true, () => false);
    if (!isReady) continue;
    for (const variant of allVariants()) if (variant.series === series) await fit(folder, variant);
  }
});
