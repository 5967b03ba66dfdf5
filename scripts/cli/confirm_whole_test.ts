import assert from "node:assert/strict";
import { changeable, isWorthAnother } from "./confirm_whole.ts";

const LOSSY = { isWhole: false, unfinished: new Set<string>(), move: undefined };
const HUNG = { facts: [], reason: "it hangs", hangs: true };

const ROWS = [
  ["something was lost, and a rule is undetermined", LOSSY, ["holds", "undetermined"], true],
  ["something was lost that no rule needs", LOSSY, ["holds", "not-exercised"], false],
  ["a rule is broken", LOSSY, ["broken", "undetermined"], false],
  ["nothing was lost", { ...LOSSY, isWhole: true }, ["undetermined"], false],
  ["a stimulus did not come to its end", { ...LOSSY, unfinished: new Set(["x"]) }, ["undetermined"], false],
  ["the machine does not come back", { ...LOSSY, move: HUNG }, ["undetermined"], false],
] as const;

for (const [what, told, verdicts, expected] of ROWS) {
  Deno.test(`isWorthAnother() is ${expected} where ${what}`, () => {
    assert.equal(isWorthAnother(told, verdicts), expected);
  });
}

const FREES = { rule: { id: "L2" }, verdict: "undetermined" } as const;
const BACK = { rule: { id: "T1" }, verdict: "undetermined" } as const;

Deno.test("changeable() leaves out frees that no run can be sure of, and nothing else", () => {
  assert.deepEqual(changeable([FREES, BACK], { freesUnseen: 0.01 }), ["undetermined"]);
  assert.deepEqual(changeable([FREES, BACK], { freesUnseen: 0 }), ["undetermined", "undetermined"]);
  assert.deepEqual(changeable([{ ...FREES, verdict: "broken" }, BACK], { freesUnseen: 0.5 }), [
    "broken",
    "undetermined",
  ]);
});
