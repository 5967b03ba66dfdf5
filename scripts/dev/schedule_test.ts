import assert from "node:assert/strict";
import { test } from "node:test";
import { canShare, guestNeeds } from "./guest_needs.ts";
import { runScheduled } from "./schedule.ts";

/** Runs items of so many milliseconds; returns what began and ended, in order. */
async function play(
  items: readonly (readonly [name: string, text: string, ms: number])[],
): Promise<{ readonly log: readonly string[]; readonly most: number; readonly results: readonly string[] }> {
  const log: string[] = [];
  let now = 0;
  let most = 0;
  const results = await runScheduled(items, {
    width: 2,
    canShare: ([, one], [, other]) => canShare(guestNeeds(one), guestNeeds(other)),
    async run([name, , ms]) {
      log.push(`+${name}`);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, ms));
      log.push(`-${name}`);
      now -= 1;
      return name;
    },
  });
  return { log, most, results };
}

const ALONE = "// Guests: alone.";
const KEEPS = "// Guests: keeps lab:6.12.";

test("runScheduled() runs two at a time and returns the results in the order of the items", async () => {
  const { log, most, results } = await play([["a", "", 30], ["b", "", 10], ["c", "", 30], ["d", "", 1]]);
  assert.equal(most, 2);
  assert.deepEqual(log.slice(0, 4), ["+a", "+b", "-b", "+c"]);
  assert.deepEqual(results, ["a", "b", "c", "d"]);
});

test("runScheduled() runs nothing beside an item that has to be alone", async () => {
  const { log } = await play([["a", "", 10], ["b", ALONE, 10], ["c", "", 1]]);
  assert.deepEqual(log, ["+a", "+c", "-c", "-a", "+b", "-b"]);
  const first = await play([["a", ALONE, 10], ["b", "", 1]]);
  assert.deepEqual(first.log, ["+a", "-a", "+b", "-b"]);
});

test("runScheduled() does not let two keep the same guest", async () => {
  const { log, most } = await play([["a", KEEPS, 10], ["b", KEEPS, 10], ["c", "", 30]]);
  assert.equal(most, 2);
  assert.ok(log.indexOf("+b") > log.indexOf("-a"));
});

test("runScheduled() starts nothing after a failure, and waits for what runs", async () => {
  const log: string[] = [];
  const running = runScheduled([1, 2, 3], {
    width: 2,
    canShare: () => true,
    async run(item) {
      if (item === 1) throw new Error("One");
      await new Promise((resolve) => setTimeout(resolve, 10));
      log.push(`ended ${item}`);
    },
  });
  await assert.rejects(running, /^Error: One$/);
  assert.deepEqual(log, ["ended 2"]);
});

const CLAIMS: readonly (readonly [text: string, alone: boolean, keeps: readonly string[]])[] = [
  ["import x;", false, []],
  ["await registerGuest(guest);", true, []],
  ['const TARGET = ["--target", "lab:6.12"];', true, []],
  ["// What it is.\n// Guests: alone.\nawait registerGuest(guest);", true, []],
  ["// Guests: keeps lab:6.12, lab:6.1.\nawait registerGuest(guest);", false, ["lab:6.12", "lab:6.1"]],
  ["// Guests: aloen.", true, []],
  ['// Guests: its own.\n["--target", "ssh:a"]', false, []],
];
for (const [text, alone, keeps] of CLAIMS) {
  test(`guestNeeds() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(guestNeeds(text), { alone, keeps });
  });
}
