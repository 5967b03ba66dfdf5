// What the model remembers of slots is bounded by what is alive, however much has happened.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { LoadPoint } from "../support/slot_load.ts";

/** Pidfds that are held at once. */
const HELD = 2000;

/** How much the heap may grow: nothing, as far as it can be measured. */
const GROWTH_MAX = 1.05;

test("step() remembers as many slots, tables and files as there are, and holds no more memory after 50 000 pidfds", async () => {
  const script = fileURLToPath(new URL("../support/slot_load.ts", import.meta.url));
  const flags = ["--no-prompt", "--no-check", "--allow-env", "--allow-read", "--v8-flags=--expose-gc"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script],
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const points: readonly LoadPoint[] = JSON.parse(new TextDecoder().decode(stdout));
  for (const { made, sizes, unmatched, sent, tables } of points) {
    assert.deepEqual(sizes, {
      // The one that all pidfds name; the children have ended.
      targets: 1,
      files: HELD,
      failing: 0,
      releasing: 0,
      early: 0,
      members: 0,
      ended: 0,
      doubts: 0,
      tables,
      slots: 2 * HELD,
      held: HELD,
      users: tables,
      unborn: 0,
      copies: 0,
    }, `after ${made}`);
    assert.ok(sent <= 1, `after ${made} messages that are gone are remembered: ${sent}`);
    assert.equal(unmatched, 0);
  }
  const [first, last] = [points[0], points.at(-1)];
  assert.ok(first !== undefined && last !== undefined);
  assert.deepEqual([first.made, last.made], [10_000, 50_000]);
  const growth = last.heapBytes / first.heapBytes;
  assert.ok(
    growth <= GROWTH_MAX,
    `${first.heapBytes} bytes after ${first.made}, ${last.heapBytes} at the end`,
  );
});
