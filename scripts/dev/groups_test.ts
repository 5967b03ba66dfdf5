import assert from "node:assert/strict";
import { test } from "node:test";
import { canRunAtOnce, planGroups } from "./groups.ts";

const files = [
  "mod.ts",
  "model/a.ts",
  "model/a_test.ts",
  "tests/b_test.ts",
  "tests/cli/e_test.ts",
  "tests/lab/c_test.ts",
  "tests/lab/d_test.ts",
  "tests/proof/f_test.ts",
];
const repository = { files, modules: ["./mod.ts", "./model/mod.ts"] };

/** The names of the groups of a selection. */
function names(selection: "ok" | "proof" | "lab" | "all"): string[] {
  return planGroups(selection, repository).map((group) => group.name);
}

test("planGroups() runs lab tests one file at a time, and only when asked", () => {
  assert.deepEqual(names("lab"), ["tests/lab/c_test.ts", "tests/lab/d_test.ts"]);
  assert.deepEqual(names("all"), [...names("ok"), ...names("proof"), ...names("lab")]);
  assert.ok(
    !planGroups("ok", repository).some((group) => group.args.some((arg) => arg.includes("tests/lab"))),
  );
});

test("planGroups() keeps what is tried in great number apart from what is quick", () => {
  const [group, ...others] = planGroups("proof", repository);
  assert.deepEqual(others, []);
  assert.deepEqual(group?.kind === "tests" && group.files, ["tests/proof/f_test.ts"]);
  assert.ok(!planGroups("ok", repository).some(({ args }) => args.some((it) => it.includes("tests/proof"))));
});

test("planGroups() demands a test of every unit test file", () => {
  const unit = planGroups("ok", repository).find((group) => group.name === "unit tests");
  assert.deepEqual(unit?.kind === "tests" && unit.files, ["model/a_test.ts", "tests/b_test.ts"]);
});

test("planGroups() keeps those that start the tool apart from the quick ones", () => {
  const cli = planGroups("ok", repository).find((group) => group.name === "command line tests");
  assert.deepEqual(cli?.kind === "tests" && cli.files, ["tests/cli/e_test.ts"]);
});

test("planGroups() checks the documentation of every module", () => {
  const doc = planGroups("ok", repository).find((group) => group.name === "doc --lint");
  assert.deepEqual(doc?.args, ["doc", "--lint", "./mod.ts", "./model/mod.ts"]);
});

test("planGroups() begins with the lab tests that took longest, and with those that were never run", () => {
  const lastSeconds = { "tests/lab/c_test.ts": 1, "tests/lab/d_test.ts": 2 };
  const order = (last: Record<string, number>) =>
    planGroups("lab", { ...repository, lastSeconds: last }).map((group) => group.name);
  assert.deepEqual(order(lastSeconds), ["tests/lab/d_test.ts", "tests/lab/c_test.ts"]);
  assert.deepEqual(order({ "tests/lab/c_test.ts": 9 }), ["tests/lab/d_test.ts", "tests/lab/c_test.ts"]);
  assert.deepEqual(order({}), ["tests/lab/c_test.ts", "tests/lab/d_test.ts"]);
});

test("canRunAtOnce() lets lab tests share the machine as they claim, and nothing else", () => {
  const pair = (text: string) => {
    const labTexts = { "tests/lab/c_test.ts": text, "tests/lab/d_test.ts": "" };
    const [one, other] = planGroups("lab", { ...repository, labTexts });
    assert.ok(one !== undefined && other !== undefined);
    return canRunAtOnce(one, other);
  };
  assert.equal(pair(""), true);
  assert.equal(pair("// Guests: alone.\n"), false);
  const [check, unit, lab] = [...planGroups("ok", repository).slice(-2), ...planGroups("lab", repository)];
  assert.ok(check !== undefined && unit !== undefined && lab !== undefined);
  assert.deepEqual([canRunAtOnce(check, unit), canRunAtOnce(unit, lab)], [false, false]);
});

test("planGroups() keeps a group that will fail when there is no lab test", () => {
  assert.equal(planGroups("lab", { files: [], modules: [] }).length, 1);
});
