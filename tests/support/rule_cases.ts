/**
 * Cases of rules on evidence that was made up, as tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CONFIRM_RULES, judgeRule } from "../../model/mod.ts";
import type { RuleCase } from "./rule_ways.ts";
import { evidenceOf } from "./told.ts";

/** By the id of a rule and its verdict: what is told, one or more cases for each. */
export type RuleCases = Readonly<Record<string, Readonly<Record<string, readonly RuleCase[]>>>>;

/** One test of a verdict. */
export interface CaseTest {
  readonly name: string;
  readonly check: () => void;
}

/** The tests of all verdicts; who calls it makes them, so that they are told to be of that file. */
export function testsOf(cases: RuleCases): readonly CaseTest[] {
  return Object.entries(cases).flatMap(([id, verdicts]) =>
    Object.entries(verdicts).map(([verdict, told]) => ({
      name: `${id} is ${verdict} where it has to be`,
      check: () => told.forEach((it) => check(id, verdict, it)),
    }))
  );
}

function check(id: string, verdict: string, told: RuleCase): void {
  const rule = CONFIRM_RULES.find((it) => it.id === id);
  assert.ok(rule !== undefined, id);
  const judgement = judgeRule(rule, evidenceOf(told));
  const said = `${judgement.expected} ${judgement.observed} ${judgement.reasons}`;
  assert.equal(judgement.verdict, verdict, said);
  if (verdict === "broken") assert.ok(judgement.expected !== null && judgement.observed !== null);
  if (verdict === "undetermined") assert.ok(judgement.reasons.length > 0);
}
