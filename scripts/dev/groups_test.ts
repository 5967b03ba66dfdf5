import assert from "node:assert/strict";
import { test } from "node:test";
import { planGroups } from "./groups.ts";

const files = [
  "mod.ts",
  "model/a.ts",
  "model/a_test.ts",
  "tests/b_test.ts",
  "tests/cli/e_test.ts",
  "tests/lab/c_test.ts",
  "tests/lab/d_test.ts",
];
const repository = { files, modules: ["./mod.ts", "./model/mod.ts"] };

/** The names of the groups of a selection. */
function names(selection: "ok" | "lab" | "all"): string[] {
  return planGroups(selection, repository).map((group) => group.name);
}

test("planGroups() runs lab tests one file at a time, and only when asked", () => {
  assert.deepEqual(names("lab"), ["tests/lab/c_test.ts", "tests/lab/d_test.ts"]);
  assert.deepEqual(names("all"), [...names("ok"), ...names("lab")]);
  assert.ok(
    !planGroups("ok", repository).some((group) => group.args.some((arg) => arg.includes("tests/lab"))),
  );
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

test("planGroups() keeps a group that will fail when there is no lab test", () => {
  assert.equal(planGroups("lab", { files: [], modules: [] }).length, 1);
});
