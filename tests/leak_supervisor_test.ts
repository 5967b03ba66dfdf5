// A supervisor that holds pidfds of living children for hours is no leak, at any time of its recording.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LeakBook } from "../model/mod.ts";
import { parseScenario, runScenario } from "./support/scenario.ts";

const SECOND_NS = 1_000_000_000n;
const HOUR_NS = 3600n * SECOND_NS;
const STORY = new URL("./scenarios/slots_watched_children.txt", import.meta.url);

test("leaks says nothing of a supervisor, from its first child to half a day later", () => {
  const { updates } = runScenario(parseScenario(readFileSync(STORY, "utf8")));
  const book = new LeakBook({ olderNs: 30n * SECOND_NS, usesSeen: true });
  const said = new Set<string>();
  const look = () => {
    for (const { verdict, rule, way, dead } of book.groups()) said.add(`${way} ${verdict} ${rule} ${dead}`);
  };
  let toldNs = 0n;
  for (const update of updates) {
    // The clock goes on where nothing is told.
    for (; toldNs + 60n * SECOND_NS < (update.ktimeNs ?? 0n); toldNs += 60n * SECOND_NS) {
      book.pass(toldNs);
      look();
    }
    book.take(update);
    look();
  }
  book.pass(12n * HOUR_NS);
  look();
  // The worker that has just been forked has its parent's until it execs; the child that has ended is closed at once.
  assert.deepEqual([...said].sort(), [
    "inherited holds undefined 0",
    "opened holds undefined 0",
    "opened holds undefined 1",
  ]);
  assert.deepEqual(book.groups().map((it) => [it.pidfds, it.dead, it.oldestNs > 11n * HOUR_NS]), [[
    1,
    0,
    true,
  ]]);
});
