// Every file of tests/scenarios/: a story, the kernel's records, and what the model says about them.
//
// To write the expected lines anew, make an empty file tests/scenarios/UPDATE and run this test; it fails until the
// file is removed. Commit only differences that you understand.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Correlator, Tally } from "../model/mod.ts";
import type { Update } from "../model/mod.ts";
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
    const tally = new Tally();
    for (const update of updates) tally.take(update);
    const { created, released, baseline_released, open } = tally.summary(
      new Correlator(scenario.options).trust,
    );
    assert.deepEqual({ created, released, baseline_released, open }, counted(updates));
  });
}

/** What a summary must say of files, from their names alone. */
function counted(updates: readonly Update[]) {
  const births = updates.filter((it) => it.type === "pidfd.create");
  const made = new Set<string | null>(
    births.filter((it) => it.body.origin !== "baseline").map((it) => it.body.file),
  );
  const gone = updates.filter((it) => it.type === "pidfd.release").map((it) => it.body.file);
  const released = gone.filter((it) => made.has(it)).length;
  const ended = new Set<string | null>(gone);
  const open = births.filter((it) => !ended.has(it.body.file)).length;
  return { created: made.size, released, baseline_released: gone.length - released, open };
}
