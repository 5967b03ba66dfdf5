import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUPINGS, groupKey, namedFrames } from "./grouping.ts";
import type { Grouped } from "./grouping.ts";

const SLOT: Grouped = {
  holder: { pid: 7, start: "50" },
  table: "t1",
  comm: "app",
  origin: "pidfd_open",
  way: "opened",
  frames: ["pidfd_open+13 (/lib/libc.so.6)", "main+8 (/bin/app)"],
  container: null,
  cgroup: "/a",
};

function together(other: Partial<Grouped>): readonly string[] {
  return GROUPINGS.filter((by) => groupKey(SLOT, by) === groupKey({ ...SLOT, ...other }, by));
}

test("groupKey() parts what the grouping names, and always what came about otherwise", () => {
  assert.deepEqual(together({}), [...GROUPINGS]);
  assert.deepEqual(together({ holder: { pid: 8, start: "50" } }), ["comm", "container"]);
  assert.deepEqual(together({ holder: { pid: 7, start: "51" } }), ["comm", "container"]);
  assert.deepEqual(together({ comm: "other" }), ["origin", "stack", "container"]);
  assert.deepEqual(together({ frames: ["main+9 (/bin/app)"] }), ["origin", "comm", "container"]);
  assert.deepEqual(together({ frames: null }), ["origin", "comm", "container"]);
  assert.deepEqual(together({ cgroup: "/b" }), ["origin", "stack", "comm"]);
  assert.deepEqual(together({ origin: "clone" }), []);
  assert.deepEqual(together({ way: "dup" }), []);
});

test("groupKey() takes the container for the place where there is one", () => {
  const inside = { ...SLOT, container: "c1" };
  assert.equal(groupKey(inside, "container"), groupKey({ ...inside, cgroup: "/b" }, "container"));
  assert.notEqual(groupKey(inside, "container"), groupKey(SLOT, "container"));
});

test("groupKey() tells holders apart whom nobody told, by their tables", () => {
  const unknown = { ...SLOT, holder: null };
  assert.notEqual(groupKey(unknown, "origin"), groupKey({ ...unknown, table: "t2" }, "origin"));
});

test("namedFrames() goes up to the first frame without a name, or is that one alone", () => {
  assert.deepEqual(namedFrames(["a", "b"]), ["a", "b"]);
  assert.deepEqual(namedFrames(["a", "0x10", "b"]), ["a"]);
  assert.deepEqual(namedFrames(["0x10", "b"]), ["0x10"]);
  assert.deepEqual(namedFrames([]), []);
});
