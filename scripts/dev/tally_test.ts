import assert from "node:assert/strict";
import { test } from "node:test";
import type { Group } from "./groups.ts";
import { summarize, tallyGroup } from "./tally.ts";

const check: Group = { kind: "check", name: "lint", args: [] };
const unit: Group = { kind: "tests", name: "unit", args: [], files: ["a_test.ts"] };

/** A JUnit file with one test per body. */
function junit(...bodies: readonly string[]): string {
  const cases = bodies.map((body, index) =>
    `<testcase name="t${index}" classname="./a_test.ts" time="${index}">${body}</testcase>`
  );
  return `<testsuites>${cases.join("")}</testsuites>`;
}

const FAILURE = '<failure message="x"></failure>';

/** One row: the group, its exit status, its JUnit file, and the tests that passed and the failures to expect. */
type Row = readonly [
  group: Group,
  code: number,
  junit: string | undefined,
  passed: number,
  failures: readonly string[],
];

const rows: readonly Row[] = [
  [check, 0, undefined, 1, []],
  [check, 1, undefined, 0, ["lint: ended with status 1"]],
  [unit, 0, junit("", ""), 2, []],
  [unit, 1, junit("", FAILURE), 1, ["unit: a_test.ts » t1"]],
  // Why stands below it, without what could move the cursor.
  [unit, 1, junit('<failure message="x">1 &lt; 2\n\u001b[31m  at a</failure>'), 0, [
    "unit: a_test.ts » t0\n    1 < 2\n    ?[31m  at a",
  ]],
  // The status and the file must agree, and the worse of the two counts.
  [unit, 0, junit("", FAILURE), 1, ["unit: a_test.ts » t1"]],
  [unit, 1, junit("", ""), 2, ["unit: ended with status 1"]],
  [unit, 143, junit("", ""), 2, ["unit: ended with status 143"]],
  [unit, 0, junit("", "<skipped/>"), 1, ["unit: a_test.ts » t1 was ignored"]],
  // A crash.
  [unit, 139, undefined, 0, ["unit: ended with status 139 and left no JUnit file"]],
  [unit, 0, undefined, 0, ["unit: ended with status 0 and left no JUnit file"]],
  [unit, 0, "<testsuites>", 0, [
    'unit: ended with status 0: Cannot read a JUnit file: "</testsuites>" is required at its end',
  ]],
  // Silence is not success.
  [unit, 0, junit(), 0, ["unit: ran no test"]],
  [{ ...unit, files: ["a_test.ts", "b_test.ts"] }, 1, junit(""), 1, ["unit: b_test.ts ran no test"]],
];

test("tallyGroup() counts what passed and names what failed", () => {
  for (const [group, code, text, passed, failures] of rows) {
    const tally = tallyGroup({ group, code, seconds: 1, junit: text });
    assert.deepEqual([tally.passed, tally.failures], [passed, failures], `${group.name} ${code} ${text}`);
  }
});

test("summarize() ends with the counts of all groups and is well when nothing failed", () => {
  const runs = [{ group: check, code: 0, seconds: 1 }, {
    group: unit,
    code: 0,
    seconds: 2,
    junit: junit("", ""),
  }];
  const { lines, ok } = summarize(runs.map(tallyGroup));
  assert.equal(lines.at(-1), "3 passed, 0 failed");
  assert.equal(ok, true);
});

test("summarize() names the failures before the counts and is not well", () => {
  const runs = [{ group: check, code: 1, seconds: 1 }, {
    group: unit,
    code: 0,
    seconds: 2,
    junit: junit(""),
  }];
  const { lines, ok } = summarize(runs.map(tallyGroup));
  assert.deepEqual(lines.slice(-2), ["Failed: lint: ended with status 1", "1 passed, 1 failed"]);
  assert.equal(ok, false);
});

test("summarize() names ten tests, the slowest first", () => {
  const text = junit(...Array.from({ length: 12 }, () => ""));
  const { lines } = summarize([tallyGroup({ group: unit, code: 0, seconds: 9, junit: text })]);
  const named = lines.filter((line) => line.includes("»")).map((line) => line.trim());
  assert.equal(named.length, 10);
  assert.equal(named[0], "11.000 s  a_test.ts » t11");
});

test("summarize() is not well when nothing ran", () => {
  assert.equal(summarize([]).ok, false);
});
