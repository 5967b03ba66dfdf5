import assert from "node:assert/strict";
import { test } from "node:test";
import { ATTEMPTS, CONFIRM_RULES } from "../model/mod.ts";
import type { TraceEvent } from "../schema/mod.ts";
import { readAnswers } from "../tests/support/answers.ts";
import { confirmResult, VERDICTS_OF } from "../tests/support/confirm_result.ts";
import { assertValid } from "../tests/support/json_schema.ts";
import { PID } from "../tests/support/told.ts";
import { columnsOf } from "./_columns.ts";
import { confirmJson, confirmText } from "./confirm.ts";
import { confirmListText, consentText } from "./confirm_list.ts";

/** Everything but line ends that a terminal would obey. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function answer() {
  const [line, ...others] = readAnswers(confirmJson(confirmResult()));
  assert.ok(line?.type === "confirm" && others.length === 0);
  return line;
}

test("confirmText() has a row for each rule, and under it what was expected and what was there", () => {
  const text = confirmText(confirmResult());
  assert.match(text, /^RULE VERDICT +CHECKS +WHAT MUST BE TRUE$/m);
  assert.match(text, /^R5 +broken \* +\d+\/\d+ +A pidfd whose number/m);
  assert.match(
    text,
    /^ +expected +clone, read-only: 0 [^]*^ +observed +1 descriptors[^]*^ +way +kernel_clone/m,
  );
  assert.match(text, /^R6 +holds +\d+\/\d+ +Every pidfd[^\n]*\n(?! +(?:why|expected))/m);
  assert.match(text, /^R11 +undetermined [^]*?^ +why +/m);
  assert.match(text, /^R12 +not exercised +- [^]*?^ +why +confirm-emfile:/m);
  assert.match(text, /^\* --only does not name it/m);
  assert.match(text, /^Not all of it was seen: interrupted/m);
  assert.match(text, /Broken is R5\. /);
  assert.match(text, /^28dd29c06d0d cannot tell /m);
  assert.match(text, /^4 rules: 1 holds, 1 broken, 1 undetermined, 1 not exercised$/m);
  assert.match(text, /^trust: 23 records, lost unknown/m);
});

test("confirmText() says under a rule that holds what was not tried of it", () => {
  const rules = confirmResult().rules.map((it) =>
    it.verdict === "holds" ? { ...it, reasons: ["confirm-flags was left out"] } : it
  );
  assert.match(confirmText(confirmResult({ rules })), /^R6 [^\n]*\n +without +confirm-flags was left out$/m);
});

test("confirmText() tells why a stimulus was silent once, and takes less than 80 columns", () => {
  const text = confirmText(confirmResult());
  assert.match(text, /^Not made, or not to the end\n {2}exec: /m);
  assert.equal(text.match(/confirm-emfile:/g)?.length, 1);
  for (const line of text.split("\n")) assert.ok(columnsOf(line) < 80, line);
  assert.doesNotMatch(text, CONTROL);
});

test("confirmJson() gives one valid object, with nothing in it that a terminal obeys", () => {
  const line = answer();
  const verdicts = Object.fromEntries(line.rules.map((it) => [it.id, it.verdict]));
  assert.deepEqual(verdicts, VERDICTS_OF);
  const { broken, missing, cannot_tell: unknown, behaves_like: like } = line.backport;
  assert.deepEqual([broken, missing, like, unknown.length], [
    ["R5"],
    [],
    null,
    4 - line.backport.fixes
      .filter((it) => it.state === "present").length,
  ]);
  assert.doesNotMatch(confirmJson(confirmResult()), CONTROL);
  assert.deepEqual([line.exit_code, line.complete, line.trust.lost], [1, false, null]);
});

test("confirmJson() carries all that a verdict rests on", () => {
  const rule = answer().rules.find((it) => it.id === "R5");
  assert.ok(rule !== undefined);
  const { exhibits, events } = rule;
  const [told] = exhibits.flatMap((it) => it.fact === null ? [] : [it.fact]);
  assert.deepEqual(
    [told?.scenario, told?.fact, told?.errno, told?.numbers, told?.errnos, told?.from_ns],
    ["confirm-page", "read-only", 14, [3, 4], { 0: 2, 24: 1 }, "1000"],
  );
  assert.match(told?.fdinfo ?? "", /^pos:\t0\nPid:\t101\\x1b\[31m/);
  const steps = exhibits.flatMap((it) => it.step === null ? [] : [it.step]);
  assert.equal(steps.length, 10);
  const made = steps.find((it) => it.function === "pidfs_alloc_file" && it.returned);
  assert.deepEqual([made?.pid, made?.file], ["pid1", "file1"]);
  const back = steps.find((it) => it.function === "copy_process" && it.returned);
  assert.deepEqual([back?.pid, back?.file], ["EFAULT", null]);
  const named = exhibits.flatMap((it) => it.seq === null ? [] : [it.seq]);
  assert.deepEqual([named, events.map((it) => it.seq)], [[7], [7]]);
  for (const event of events) assertValid(event as TraceEvent);
});

test("confirmJson() has every exhibit once, and no address of the kernel", () => {
  const text = confirmJson(confirmResult());
  assert.ok(!text.includes(PID));
  for (const { id, exhibits } of answer().rules) {
    const all = exhibits.map((it) => JSON.stringify(it));
    assert.equal(new Set(all).size, all.length, id);
  }
});

test("confirmListText() has every rule and every stimulus with its risk, under 80 columns", () => {
  const text = confirmListText(CONFIRM_RULES, ATTEMPTS);
  for (const { id } of CONFIRM_RULES) assert.match(text, new RegExp(`^  ${id} `, "m"));
  for (const { name, risk } of ATTEMPTS) assert.match(text, new RegExp(`^  ${name} +${risk} `, "m"));
  for (const line of text.split("\n")) assert.ok(columnsOf(line) < 80, line);
});

test("consentText() tells what would be played, what is left out, and what each risk means", () => {
  const at = (risk: string) => ATTEMPTS.filter((it) => it.risk === risk);
  const text = consentText("ssh:web1", { played: at("harmless"), leftOut: at("dangerous") });
  assert.match(text, /^Confirm would play on ssh:web1, while it traces:$/m);
  assert.match(text, /^Left out there, unless --dangerous names it:\n {2}confirm-enfile +dangerous/m);
  assert.match(text, /^ {2}harmless +touches its own/m);
  assert.doesNotMatch(text, /^ {2}scratch /m);
});
