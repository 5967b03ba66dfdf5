// Every recording of tests/goldens/, made on a real kernel, with the two outputs that the run had.
//
// deno task record:goldens records anew the sessions that each machine of the lab has; their NDJSON is what the live run
// printed.
//
// deno test --allow-read --allow-write tests/goldens_test.ts -- -u
// writes the outputs anew, from what a replay says now, and tells which files it has changed. Commit only differences
// that you understand.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { NO_FILTERS } from "../scripts/cli/filters.ts";
import { replay } from "../scripts/cli/replay.ts";
import type { Terminal } from "../scripts/cli/terminal.ts";
import { GOLDEN_SESSIONS } from "./support/golden_sessions.ts";
import { assertValid } from "./support/json_schema.ts";
import { RECORDED_MACHINES } from "./support/recorded_machines.ts";

const FOLDER = fileURLToPath(new URL("./goldens/", import.meta.url));
const RECORDING = ".rec.zst";
/** Recordings are few and small: they stay in the history forever. */
const BYTES_MAX = 100 * 1024;
const isUpdate = Deno.args.includes("-u");
const names = readdirSync(FOLDER).filter((it) => it.endsWith(RECORDING)).map((it) =>
  it.slice(0, -RECORDING.length)
);

test("tests/goldens/ has every session of every machine of the lab, and nothing without a recording", () => {
  const sessions = RECORDED_MACHINES.flatMap((it) => GOLDEN_SESSIONS.map(({ name }) => `${it}-${name}`));
  assert.deepEqual(sessions.filter((it) => !names.includes(it)), []);
  const whole = new Set(names.flatMap((it) => [`${it}${RECORDING}`, `${it}.ndjson`, `${it}.table`]));
  assert.deepEqual(readdirSync(FOLDER).filter((it) => !whole.has(it)), [], "nothing else is here");
  for (const name of names) assert.ok(statSync(`${FOLDER}${name}${RECORDING}`).size < BYTES_MAX, name);
});

for (const name of names) {
  for (const [kind, json] of [["ndjson", true], ["table", false]] as const) {
    test(`golden ${name} gives the same ${kind} as when it was recorded`, async () => {
      const { text, code } = await replayed(`${FOLDER}${name}${RECORDING}`, json);
      const path = `${FOLDER}${name}.${kind}`;
      if (isUpdate && text !== readFileSync(path, "utf8")) {
        writeFileSync(path, text);
        console.log(`${name}.${kind} was written anew`);
      }
      assert.equal(text, readFileSync(path, "utf8"));
      if (!json) return;
      const events = text.trimEnd().split("\n").map((line) => JSON.parse(line));
      events.forEach(assertValid);
      assert.equal(events.at(-1).exit_code, code);
    });
  }
}

async function replayed(
  file: string,
  json: boolean,
): Promise<{ readonly text: string; readonly code: number }> {
  let text = "";
  const terminal: Terminal = {
    write(some) {
      text += some;
      return Promise.resolve(true);
    },
    note() {},
    status() {},
    raw() {},
  };
  const request = { file, json, noHeader: false, quiet: true, ...NO_FILTERS };
  return { code: await replay(request, terminal), text };
}
