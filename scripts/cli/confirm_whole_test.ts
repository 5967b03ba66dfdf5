import assert from "node:assert/strict";
import { CONFIRM_RULES } from "../../model/mod.ts";
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

const UNDETERMINED = CONFIRM_RULES.map((rule) => ({ rule, verdict: "undetermined" } as const));

Deno.test("changeable() leaves out frees that no run can be sure of, and nothing else", () => {
  const settled = (freesUnseen: number) =>
    UNDETERMINED.length - changeable(UNDETERMINED, { freesUnseen }).length;
  assert.deepEqual([settled(0.01), settled(0)], [1, 0]);
  const L2 = CONFIRM_RULES.find((it) => it.id === "L2");
  assert.ok(L2 !== undefined);
  const isSettled = { freesUnseen: 0.5 };
  assert.deepEqual(changeable([{ rule: L2, verdict: "undetermined" }], isSettled), []);
  assert.deepEqual(changeable([{ rule: L2, verdict: "broken" }], isSettled), ["broken"]);
});
