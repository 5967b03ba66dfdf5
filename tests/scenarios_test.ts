// Every file of tests/scenarios/ and tests/scenarios/leaks/: a story, the kernel's records, and below a line what the
// model says about them and who holds which pidfd in the end.
//
// deno test --allow-read --allow-write tests/scenarios_test.ts -- -u
// writes what stands below the line anew, from what the model says now, and tells which files it has changed. Commit
// only differences that you understand. A new scenario needs its story, its records and the line alone.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Correlator, RULES, Tally } from "../model/mod.ts";
import type { Update } from "../model/mod.ts";
import { publish } from "../reports/mod.ts";
import { assertValid } from "./support/json_schema.ts";
import { LEAKS } from "./support/leak_stories.ts";
import { parseScenario, renderScenario, runScenario } from "./support/scenario.ts";

const FOLDER = fileURLToPath(new URL("./scenarios/", import.meta.url));
const isUpdate = Deno.args.includes("-u");
const files = [
  ...readdirSync(FOLDER),
  ...readdirSync(`${FOLDER}leaks`).map((name) => `leaks/${name}`),
].filter((name) => name.endsWith(".txt")).sort();

function read(name: string): string {
  return readFileSync(`${FOLDER}${name}`, "utf8");
}

for (const name of files) {
  test(`scenario ${name.slice(0, -4).replaceAll(/[/_]/g, " ")}`, () => {
    const text = read(name);
    const scenario = parseScenario(text);
    const { updates, lines } = runScenario(scenario);
    const now = renderScenario(scenario, lines);
    if (isUpdate && now !== text) {
      writeFileSync(`${FOLDER}${name}`, now);
      console.log(`${name} was written anew`);
    }
    if (!isUpdate) assert.deepEqual(lines, scenario.expected);
    assert.match(scenario.text, /^# .*[.?!:]$/m, "a story on top");
    for (const update of updates) assertValid(publish(update, { host: "local", utcOffsetNs: 10n ** 18n }));
    const tally = new Tally();
    for (const update of updates) tally.take(update);
    const { created, released, baseline_released, open } = tally.summary(
      new Correlator(scenario.options).trust,
    );
    assert.deepEqual({ created, released, baseline_released, open }, counted(updates));
  });
}

test("tests/scenarios/ shows every rule of the model broken, and undetermined where something was lost", () => {
  const found = files.flatMap((name) => parseScenario(read(name)).expected)
    .map((line) => /^(?:- )?[0-9]+ finding ([^ ]+) ([^ ]+):/.exec(line)?.slice(1).join(" "));
  const missing = Object.keys(RULES).flatMap((rule) => [`${rule} broken`, `${rule} undetermined`])
    .filter((it) => !found.includes(it));
  assert.deepEqual(missing, []);
});

test("tests/scenarios/leaks/ has the story of every leak that was reported, and who holds what in the end", () => {
  const stories = files.filter((name) => name.startsWith("leaks/"));
  assert.deepEqual(stories, LEAKS.map(({ file }) => `leaks/${file}.txt`).sort());
  for (const { file, thread, held } of LEAKS) {
    const { text, expected } = parseScenario(read(`leaks/${file}.txt`));
    assert.ok(text.split("\n\n")[0]?.includes(thread), `${file}: the story names ${thread}`);
    const left = expected.filter((line) => line.startsWith("held "));
    assert.equal(left.length, held, `${file}: pidfds that are open in the end`);
    for (const line of left) assert.match(line, / by (?:[0-9]+\[[0-9]+\](?:, )?)+$/, `${file}: who holds it`);
    const findings = expected.filter((line) => / (?:finding|lost) /.test(line));
    assert.deepEqual(findings, [], `${file}: the kernel has done nothing wrong`);
  }
});

test("-u writes only what stands below the line", () => {
  const text = read("clone_close_reap.txt");
  const [above, below] = text.split("----\n");
  const damaged = `${above}----\n${below?.split("\n").slice(1).join("\n")}9 nothing of this kind\n`;
  const scenario = parseScenario(damaged);
  const { lines } = runScenario(scenario);
  assert.notDeepEqual(lines, scenario.expected);
  assert.equal(renderScenario(scenario, lines), text);
});

/** What a summary must say of files, from their names alone. */
function counted(updates: readonly Update[]) {
  const births = updates.filter((it) => it.type === "pidfd.create");
  const made = new Set<string | null>(
    births.filter((it) => it.body.origin !== "baseline").map((it) => it.body.file),
  );
  const gone = updates.filter((it) => it.type === "pidfd.release").map((it) => it.body.file);
  // A file that a failed clone has left open is none of a birth, and none from before the probes.
  const left = new Set(updates.filter((it) => it.type === "clone.failed").map((it) => it.body.file));
  const released = gone.filter((it) => made.has(it) || left.has(it)).length;
  const ended = new Set<string | null>(gone);
  const open = births.filter((it) => !ended.has(it.body.file)).length;
  return { created: made.size, released, baseline_released: gone.length - released, open };
}
