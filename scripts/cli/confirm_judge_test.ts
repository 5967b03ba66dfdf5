import assert from "node:assert/strict";
import { ATTEMPTS, CONFIRM_RULES } from "../../model/mod.ts";
import { toldOf } from "../../tests/support/confirm_result.ts";
import { confirmCode, namesPlayed, rulesAsked, verdictsOf } from "./confirm_judge.ts";

const NOTHING = { unfinished: new Set<string>(), move: undefined };

Deno.test("rulesAsked() and namesPlayed() give everything when nothing is named", () => {
  assert.equal(rulesAsked(undefined), CONFIRM_RULES);
  assert.deepEqual(namesPlayed(undefined), ATTEMPTS.map((it) => it.name));
});

Deno.test("namesPlayed() gives what the rules need, and that of the user's integer before all that fails", () => {
  for (const rule of CONFIRM_RULES) {
    const names = namesPlayed([rule.id]);
    const fails = ATTEMPTS.filter((it) => it.fails && names.includes(it.name));
    for (const { name } of fails) assert.ok(names.indexOf("confirm-integer") < names.indexOf(name), name);
    assert.deepEqual(new Set(names), new Set(["confirm-integer", ...rule.stimuli]), rule.id);
  }
});

Deno.test("every stimulus that a rule names can be played", () => {
  const names = ATTEMPTS.map((it) => it.name);
  for (const { id, stimuli } of CONFIRM_RULES) {
    for (const it of stimuli) assert.ok(names.includes(it), `${id}: ${it}`);
  }
});

Deno.test("verdictsOf() tells of the rules that were asked for, and of others that are broken", () => {
  const { rules, backport } = verdictsOf({ ...NOTHING, evidence: toldOf() }, ["R6"]);
  assert.deepEqual(
    rules.map((it) => [it.rule.id, it.verdict, it.asked]),
    [["R5", "broken", false], ["R6", "holds", true]],
  );
  assert.deepEqual(backport.broken, ["R5"]);
});

Deno.test("verdictsOf() lets no rule hold whose stimulus did not come to its end", () => {
  const reason = "confirm-flags: clone did not come back within 20 s";
  const told = {
    evidence: toldOf(new Map([["confirm-flags", reason], ["confirm-emfile", "confirm-emfile: hangs"]])),
    move: undefined,
    unfinished: new Set(["confirm-flags", "confirm-emfile", "confirm-integer"]),
  };
  const { rules } = verdictsOf(told, ["R4a", "R5", "R6", "R12"]);
  assert.deepEqual(
    rules.map((it) => [it.rule.id, it.verdict]),
    [["R4a", "not-exercised"], ["R5", "broken"], ["R6", "undetermined"], ["R12", "undetermined"]],
  );
  assert.deepEqual(rules[2]?.reasons, [reason]);
});

Deno.test("verdictsOf() says why a rule was not exercised", () => {
  const silent = new Map([["confirm-emfile", "confirm-emfile was left out"]]);
  const { rules } = verdictsOf({ ...NOTHING, evidence: toldOf(silent) }, ["R12"]);
  const asked = rules.find((it) => it.asked);
  assert.deepEqual([asked?.verdict, asked?.reasons], ["not-exercised", ["confirm-emfile was left out"]]);
});

Deno.test("verdictsOf() says what was not tried of a rule that holds", () => {
  const silent = new Map([["confirm-flags", "confirm-flags was left out"]]);
  const { rules } = verdictsOf({ ...NOTHING, evidence: toldOf(silent) }, ["R6"]);
  const asked = rules.find((it) => it.asked);
  assert.deepEqual([asked?.verdict, asked?.reasons], ["holds", ["confirm-flags was left out"]]);
});

type Row = readonly [
  verdicts: readonly (readonly ["holds" | "broken" | "undetermined" | "not-exercised", boolean])[],
  codes: readonly (0 | 4 | 5 | 130)[],
  unfinished: readonly string[],
  code: number,
];

const ROWS: readonly Row[] = [
  [[["holds", true], ["not-exercised", true]], [0], [], 0],
  [[["holds", true], ["undetermined", true]], [0], [], 4],
  [[["undetermined", true], ["broken", true]], [0], [], 1],
  [[["holds", true], ["broken", false]], [0], [], 1],
  [[["holds", true], ["undetermined", false]], [0], [], 0],
  [[["holds", true]], [0], ["confirm-exec"], 4],
  [[["holds", true]], [5], [], 5],
  [[["broken", true]], [130], [], 130],
  [[["holds", true]], [4], [], 4],
];

for (const [verdicts, codes, unfinished, code] of ROWS) {
  const words = verdicts.map(([verdict, asked]) => `${verdict}${asked ? "" : " unasked"}`).join(", ");
  Deno.test(`confirmCode() is ${code} for ${words}, ${codes}, unfinished ${unfinished.length}`, () => {
    const rules = verdicts.map(([verdict, asked]) => ({ verdict, asked }));
    assert.equal(confirmCode(rules, { codes, unfinished: new Set(unfinished) }), code);
  });
}
