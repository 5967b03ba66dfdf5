import assert from "node:assert/strict";
import { allVariants } from "../../lab/mod.ts";
import { RULE_ANSWER } from "../../tests/support/rule_answer.ts";
import { judgeMutant, KERNEL_CASES, saidOf } from "./mutant_verdict.ts";
import type { KernelCase } from "./mutant_verdict.ts";
import { mutantsPage, mutantWords } from "./mutants_page.ts";

const INTEGER = "F:9014143bab2f";
const LOCK = "F:c3b7112df86b";
const LATE = "F:6fd2fe494b17";

const CASE: KernelCase = {
  id: "one",
  base: "5.10",
  wrong: "A | is wrong",
  breaks: ["R13", "L"],
  mayBreak: ["R14"],
};
const SEEDLIKE: KernelCase = {
  id: "two",
  base: "seed",
  wrong: "It is like the seed",
  breaks: ["R5"],
  mends: [LOCK],
};

Deno.test("KERNEL_CASES has every kernel that can be built, once", () => {
  assert.deepEqual(KERNEL_CASES.map((it) => it.id).sort(), allVariants().map((it) => it.id).sort());
});

type Row = readonly [
  name: string,
  kernel: KernelCase,
  said: readonly string[],
  code: number,
  missed: readonly string[],
  falsely: readonly string[],
];

const ROWS: readonly Row[] = [
  ["everything", CASE, ["R13", "L2"], 1, [], []],
  ["several of a family", CASE, ["R13", "L1", "L3"], 1, [], []],
  ["what may be found too", CASE, ["R13", "R14", "L1"], 1, [], []],
  ["less", CASE, ["L1"], 1, ["R13"], []],
  ["something else", CASE, ["R13", "L1", "R5"], 1, [], ["R5"]],
  ["what the base breaks", SEEDLIKE, ["R5", INTEGER, LATE], 1, [], []],
  ["what is mended", SEEDLIKE, ["R5", INTEGER, LATE, LOCK], 1, [], [LOCK]],
  ["nothing of the seed", { ...SEEDLIKE, breaks: [] }, [INTEGER, LATE], 0, [], []],
  ["nothing where types hide", { ...CASE, breaks: [], hides: true }, [], 4, [], []],
];

for (const [name, kernel, broken, code, missed, falsely] of ROWS) {
  Deno.test(`judgeMutant() when ${name} is found`, () => {
    const verdict = judgeMutant(kernel, { broken, code });
    assert.deepEqual([verdict.missed, verdict.falsely], [missed, falsely]);
    assert.equal(verdict.isRight, missed.length + falsely.length === 0);
  });
}

Deno.test("judgeMutant() does not take another exit code for right", () => {
  for (const code of [0, 3, 4, 5, 130]) {
    assert.equal(judgeMutant(CASE, { broken: ["R13", "L1"], code }).isRight, false, `${code}`);
  }
  assert.equal(judgeMutant({ ...CASE, breaks: [] }, { broken: [], code: 4 }).isRight, false);
  assert.equal(judgeMutant({ ...CASE, breaks: [], hides: true }, { broken: [], code: 0 }).isRight, false);
});

Deno.test("saidOf() takes broken rules and missing fixes, and nothing from a run without an answer", () => {
  assert.deepEqual(saidOf({ code: 3, answer: undefined }), { broken: [], code: 3 });
  const backport = {
    behaves_like: "first",
    because: "",
    broken: ["R5"],
    missing: ["9014143bab2f"],
    cannot_tell: [],
    fixes: [],
  } as const;
  const broken = { ...RULE_ANSWER, id: "R5", verdict: "broken" } as const;
  const rules = [broken, { ...RULE_ANSWER, id: "R6" }];
  assert.deepEqual(saidOf({ code: 1, answer: { rules, backport } }), { broken: ["R5", INTEGER], code: 1 });
});

Deno.test("mutantsPage() has a row for each kernel, and says which were not told as they are", () => {
  const told = [
    [CASE, { broken: ["R13", "L2"], code: 1 }],
    [SEEDLIKE, { broken: ["R5"], code: 1 }],
    [{ ...CASE, id: "rare", onlyWhen: "A signal comes" }, { broken: [], code: 0 }],
  ] as const;
  const confirmed = told.map(([mutant, said]) => ({ mutant, said, verdict: judgeMutant(mutant, said) }));
  const page = mutantsPage(confirmed);
  assert.match(page, /^1 of 3 kernels are told as they are/m);
  assert.match(page, /^\| `one` \| A \\\| is wrong \| R13, L \| R13, L2 \| 1 \| yes \|$/m);
  assert.match(page, /^\| `two` .* \*\*no\*\* \|$/m);
  assert.match(page, /^`rare` was not provoked. It shows only when: A signal comes\.$/m);
  assert.deepEqual(confirmed.map(mutantWords), [
    "one: right; code 1; found R13, L2",
    `two: WRONG; code 1; found R5; missed ${INTEGER}, ${LATE}`,
    "rare: not provoked; code 0; missed R13, L",
  ]);
});
