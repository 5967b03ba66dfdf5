// What readers of TAP and JUnit that are not ours make of the verdicts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { confirmResult, VERDICTS_OF } from "../tests/support/confirm_result.ts";
import { call } from "../tests/support/said.ts";
import { confirmJunit } from "./confirm_junit.ts";
import { confirmTap } from "./confirm_tap.ts";

const RULES = confirmResult().rules;

/** The result with some of its rules. */
function some(...ids: readonly string[]) {
  return confirmResult({ rules: RULES.filter((it) => ids.includes(it.rule.id)) });
}

/** Gives a text to a program in a file of this name, which is its last word. */
async function read(text: string, name: string, command: readonly [string, ...string[]]) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    const [program, ...words] = command;
    return await call(program, [...words, `${folder}/${name}`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What `prove` makes of it, without the path of the file. */
async function prove(text: string) {
  const { code, stdout, stderr } = await read(text, "run.tap", ["prove", "-v"]);
  return { code, said: `${stdout}\n${stderr}` };
}

test("confirmTap() is accepted by prove when every rule holds or was not exercised", async () => {
  const { code, said } = await prove(confirmTap(some("R6", "R12")));
  assert.equal(code, 0, said);
  assert.match(said, /^All tests successful\.$/m);
  assert.match(said, /^Files=1, Tests=2,/m);
});

test("confirmTap() fails with prove when a rule is broken", async () => {
  const { code, said } = await prove(confirmTap(some("R5", "R6", "R12")));
  assert.equal(code, 1, said);
  assert.match(said, /Failed test: {2}1\b/);
  assert.doesNotMatch(said, /Parse errors/);
});

test("confirmTap() fails with prove when a rule is undetermined: that is no pass", async () => {
  const { code, said } = await prove(confirmTap(some("R6", "R11")));
  assert.equal(code, 1, said);
  assert.match(said, /Failed test: {2}2\b/);
  assert.doesNotMatch(said, /Parse errors|todo/i);
});

test("confirmTap() bails out when the run was interrupted", async () => {
  const result = { ...some("R6"), exitCode: 130 };
  const { code, said } = await prove(confirmTap(result));
  assert.notEqual(code, 0);
  assert.match(said, /Bailout called\. {2}Further testing stopped: {2}interrupted/);
});

test("confirmTap() has lines that KTAP knows, and a block with what was expected", () => {
  const lines = confirmTap(confirmResult()).split("\n");
  const results = lines.filter((it) => /^(?:not )?ok /.test(it));
  assert.equal(results.length, RULES.length);
  // Documentation/dev-tools/ktap.rst: no hash in a description, one of its directives behind a hash.
  for (const line of results) {
    assert.match(line, /^(?:not )?ok [0-9]+ - [^#]+?(?: # (?:SKIP|ERROR) .+)?$/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
  assert.match(results[3] ?? "", /^ok 4 - R12 .* # SKIP confirm-emfile: \\x1b/);
  assert.match(results[2] ?? "", /^not ok 3 - R11 .* # ERROR undetermined: /);
  const block = lines.slice(lines.indexOf("  ---"), lines.indexOf("  ..."));
  assert.ok(block.includes("  verdict: broken"));
  assert.ok(block.some((it) => it.startsWith('  expected: "clone, read-only: 0 descriptors')));
});

test("confirmTap() says what was not tried of a rule that holds, and prove accepts it", async () => {
  const [rule] = some("R6").rules;
  assert.ok(rule !== undefined);
  const text = confirmTap(confirmResult({ rules: [{ ...rule, reasons: ["confirm-flags was left out"] }] }));
  assert.match(text, /^ok 1 - R6 [^]*\n {2}without:\n {4}- "confirm-flags was left out"\n/m);
  const { code, said } = await prove(text);
  assert.equal(code, 0, said);
});

/** Reads a JUnit file, and tells what is in it. */
const TELL = `
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
suite, = root.findall("testsuite")
cases = [[it.get("name").split(":")[0], [child.tag for child in it], "".join(child.get("message") for child in it)]
         for it in suite.findall("testcase")]
properties = {it.get("name"): it.get("value") for it in suite.iter("property")}
print(json.dumps([root.tag, dict(suite.attrib), cases, properties]))
`;

test("confirmJunit() is read by a parser of XML as what it says", async () => {
  const { code, stdout, stderr } = await read(confirmJunit(confirmResult()), "run.xml", [
    "python3",
    "-c",
    TELL,
  ]);
  assert.equal(code, 0, stderr);
  const [root, suite, cases, properties] = JSON.parse(stdout);
  assert.equal(root, "testsuites");
  const { tests, failures, errors, skipped } = suite;
  assert.deepEqual([tests, failures, errors, skipped], ["4", "1", "1", "1"]);
  const elements: Readonly<Record<string, readonly string[]>> = {
    broken: ["failure"],
    undetermined: ["error"],
    "not-exercised": ["skipped"],
    holds: [],
  };
  const expected = RULES.map((it) => [it.rule.id, elements[VERDICTS_OF[it.rule.id] ?? ""]]);
  assert.deepEqual(cases.map(([id, tags]: readonly unknown[]) => [id, tags]), expected);
  assert.match(cases[0][2], /1 descriptors more than before\\x1b\[31m # SKIP <b>&"'\\x0a1\.\.0/);
  assert.equal(properties.law, "per-inode");
  assert.match(properties["28dd29c06d0d"], /^cannot-tell: /);
});
