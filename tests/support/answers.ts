/**
 * What `doctor --json` and `plan --json` print, read back and checked against the published JSON Schema.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { answerSchema } from "../../schema/mod.ts";
import type { Answer } from "../../schema/mod.ts";

const validate = new Ajv2020({ strict: true, strictRequired: true }).compile(answerSchema());

/** Reads NDJSON, and asserts that each line is what the schema says. */
export function readAnswers(text: string): readonly Answer[] {
  assert.match(text, /^(?:.*\n)+$/, "whole lines");
  return text.trimEnd().split("\n").map((line) => {
    const answer: unknown = JSON.parse(line);
    assert.ok(validate(answer), `${line}: ${JSON.stringify(validate.errors)}`);
    return answer as Answer;
  });
}

/** What doctor said: the checks by their id, and the verdict, which must be the last line and the only one. */
export function readCheckup(
  text: string,
): { readonly checks: readonly Answer<"check">[]; readonly verdict: Answer<"verdict"> } {
  const answers = readAnswers(text);
  const verdict = answers.at(-1);
  assert.ok(verdict?.type === "verdict", text);
  const checks = answers.slice(0, -1).map((it) => {
    assert.ok(it.type === "check", JSON.stringify(it));
    return it;
  });
  return { checks, verdict };
}
