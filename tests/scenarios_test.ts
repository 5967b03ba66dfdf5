// Every file of tests/scenarios/: a story, the kernel's records, and what the model says about them.
//
// To write the expected lines anew, make an empty file tests/scenarios/UPDATE and run this test; it fails until the
// file is removed. Commit only differences that you understand.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { publish } from "../reports/mod.ts";
import { describe, parseScenario, renderScenario, runScenario } from "./support/scenario.ts";
import { assertValid } from "./support/json_schema.ts";

const FOLDER = fileURLToPath(new URL("./scenarios/", import.meta.url));
const isUpdate = existsSync(`${FOLDER}UPDATE`);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt")).sort();

test("tests/scenarios/ has scenarios, and they are not being written anew", () => {
  assert.ok(files.length >= 20, `${files.length} scenarios`);
  assert.equal(isUpdate, false, "Remove tests/scenarios/UPDATE and look at the differences");
});

for (const name of files) {
  test(`scenario ${name.slice(0, -4).replaceAll("_", " ")}`, () => {
    const path = `${FOLDER}${name}`;
    const scenario = parseScenario(readFileSync(path, "utf8"));
    const updates = runScenario(scenario);
    const lines = updates.map(describe);
    if (isUpdate) writeFileSync(path, renderScenario(scenario, lines));
    else assert.deepEqual(lines, scenario.expected);
    for (const update of updates) assertValid(publish(update, { host: "local", utcOffsetNs: 10n ** 18n }));
  });
}
