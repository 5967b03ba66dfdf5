import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJunit } from "./junit.ts";

/** Wraps test cases as `deno test` does. */
function file(...cases: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="1" failures="0" errors="0" time="0.086">
    <testsuite name="./a_test.ts" tests="1" disabled="0" errors="0" failures="0">
        ${cases.join("\n        ")}
    </testsuite>
</testsuites>
`;
}

/** One test case with its body. */
function testCase(name: string, body = ""): string {
  return `<testcase name="${name}" classname="./a_test.ts" time="0.002" line="3" col="1">${body}</testcase>`;
}

test("parseJunit() tells how each test ended", () => {
  const text = file(
    testCase("passes"),
    testCase("fails", '<failure message="1 !== 2">at a &lt;b&gt; &lt;skipped/&gt;</failure>'),
    testCase("breaks", '<error message="x"/>'),
    testCase("is ignored", "<skipped/>"),
    '<testcase name="is empty" classname="./a_test.ts" time="1.5"/>',
  );
  assert.deepEqual(parseJunit(text).map(({ name, outcome, seconds }) => [name, outcome, seconds]), [
    ["passes", "passed", 0.002],
    ["fails", "failed", 0.002],
    ["breaks", "failed", 0.002],
    ["is ignored", "ignored", 0.002],
    ["is empty", "passed", 1.5],
  ]);
});

test("parseJunit() reads names as they were written", () => {
  const [found] = parseJunit(file(testCase("a &lt;b&gt; &amp; &quot;c&quot; &amp;lt;")));
  assert.deepEqual([found?.file, found?.name], ["a_test.ts", 'a <b> & "c" &lt;']);
});

test("parseJunit() leaves steps out, but not tests whose names look like steps", () => {
  const text = file(testCase("a"), testCase("a &gt; b"), testCase("a &gt; b &gt; c"), testCase("x &gt; y"));
  assert.deepEqual(parseJunit(text).map(({ name }) => name), ["a", "x > y"]);
});

test("parseJunit() tells why a test failed, step by step", () => {
  const text = file(
    testCase("a", '<failure message="2 test steps failed">2 test steps failed.</failure>'),
    testCase("b", '<failure message="m">1 &lt; 2\n  at b</failure>'),
    testCase("a &gt; x", '<failure message="m">of x</failure>'),
    testCase("a &gt; y"),
    testCase("a &gt; z", '<failure message="1 test step failed">1 test step failed.</failure>'),
    testCase("a &gt; z &gt; deep", '<error message="m">of deep</error>'),
  );
  assert.deepEqual(parseJunit(text).map(({ name, reasons }) => [name, reasons]), [
    ["a", ["x: of x", "z > deep: of deep"]],
    ["b", ["1 < 2\n  at b"]],
  ]);
});

test("parseJunit() finds no test in a file without any", () => {
  assert.deepEqual(parseJunit(file()), []);
});

test("parseJunit() throws when the file is cut off", () => {
  assert.throws(() => parseJunit(file(testCase("a")).slice(0, -5)), SyntaxError);
  assert.throws(() => parseJunit(""), SyntaxError);
});
