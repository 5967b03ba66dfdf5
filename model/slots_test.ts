import assert from "node:assert/strict";
import { test } from "node:test";
import { settleSlots, TABLE_IDLE_NS } from "./_slot_doubts.ts";
import { SlotGraph } from "./slots.ts";
import { initialState } from "./state.ts";

const EMPTY = { tables: 0, slots: 0, held: 0, users: 0 };
const NO_HOLE = { from: 1, to: 0 };

/** Process 10 with a table that holds two files. */
function graphOfOne(graph: SlotGraph = new SlotGraph()): SlotGraph {
  const table = graph.tableAt("a", 0n);
  graph.join(10, { pid: 10, startNs: 1n, table });
  graph.fill(table, { fd: 3, file: "f", closeOnExec: true, sinceNs: 0n });
  graph.fill(table, { fd: 4, file: "g", closeOnExec: false, sinceNs: 0n });
  return graph;
}

/** Who has which table, as text. */
function users(graph: SlotGraph): readonly string[] {
  return graph.users().map(({ pid, tid, table, leaderless }) =>
    `${pid}/${leaderless === true ? "other" : tid} has ${table.address}`
  );
}

test("SlotGraph.fill() puts out what the slot held, and counts each file's slots", () => {
  const graph = graphOfOne();
  const table = graph.tableAt("a", 0n);
  const { now, old } = graph.fill(table, { fd: 3, file: "g", closeOnExec: null, sinceNs: 0n });
  assert.deepEqual([old?.file, now.file, now.closeOnExec, now.seq], ["f", "g", null, null]);
  assert.deepEqual([graph.count("f"), graph.count("g")], [0, 2]);
  assert.deepEqual(graph.slotsOf("g").map((it) => it.fd), [4, 3]);
  assert.deepEqual(graph.slotsOf("f"), []);
});

test("SlotGraph.empty() returns what the slot held, once", () => {
  const graph = graphOfOne();
  const table = graph.tableAt("a", 0n);
  assert.equal(graph.empty(table, 3)?.file, "f");
  assert.equal(graph.empty(table, 3), undefined);
  assert.deepEqual(graph.sizes, { tables: 1, slots: 1, held: 1, users: 1 });
});

test("SlotGraph.tableAt() names a table once, and never uses the name again", () => {
  const graph = graphOfOne();
  const first = graph.tableAt("a", 0n);
  assert.equal(graph.tableAt("a", 0n), first);
  graph.forget("a");
  assert.notEqual(graph.tableAt("a", 0n).id, first.id);
});

test("SlotGraph.copy() leaves out a hole, and what was at the new address before", () => {
  const rows = [
    [NO_HOLE, [3, 4]],
    [{ from: 4, to: 4 }, [3]],
    [{ from: 0, to: 4_294_967_295 }, []],
  ] as const;
  for (const [hole, fds] of rows) {
    const graph = graphOfOne();
    const stale = graph.tableAt("b", 0n);
    graph.fill(stale, { fd: 77, file: "f", closeOnExec: false, sinceNs: 0n });
    const copy = graph.copy(graph.tableAt("a", 0n), { address: "b", sinceNs: 0n }, hole);
    assert.deepEqual([...copy.slots.keys()], fds);
    assert.equal(copy.slots.get(3)?.closeOnExec, fds.some((it) => it === 3) ? true : undefined);
    assert.equal(graph.count("f"), fds.some((it) => it === 3) ? 2 : 1);
    assert.notEqual(copy.id, stale.id);
  }
});

test("SlotGraph.join() takes the threads of a process to have its table until one gets its own", () => {
  const graph = graphOfOne();
  const table = graph.tableAt("a", 0n);
  graph.join(11, { pid: 10, startNs: 1n, table });
  assert.deepEqual(users(graph), ["10/10 has a"]);
  graph.join(11, { pid: 10, startNs: 1n, table: graph.tableAt("b", 0n) });
  assert.deepEqual(users(graph), ["10/10 has a", "10/11 has b"]);
  const other = new SlotGraph();
  other.join(21, { pid: 20, startNs: 1n, table: other.tableAt("c", 0n) });
  assert.deepEqual(users(other), ["20/20 has c"], "the first thread need not have acted");
});

test("SlotGraph.leave() keeps a process whose first thread has ended, until the last one ends", () => {
  const graph = graphOfOne();
  const table = graph.tableAt("a", 0n);
  graph.join(11, { pid: 10, startNs: 1n, table });
  graph.leave({ pid: 10, tid: 10, live: 1 }, "a");
  assert.deepEqual(users(graph), ["10/other has a"]);
  graph.leave({ pid: 10, tid: 11, live: 0 }, "a");
  assert.deepEqual(users(graph), []);
});

test("SlotGraph.leave() ends a process with its last thread, whichever table that one has", () => {
  const graph = graphOfOne();
  graph.join(50, { pid: 50, startNs: 2n, table: graph.tableAt("a", 0n) });
  graph.join(11, { pid: 10, startNs: 1n, table: graph.tableAt("b", 0n) });
  graph.leave({ pid: 10, tid: 10, live: 1 }, "a");
  graph.leave({ pid: 10, tid: 11, live: 0 }, "b");
  assert.deepEqual(users(graph), ["50/50 has a"]);
});

test("SlotGraph.leave() does not believe what is said of another table", () => {
  const graph = graphOfOne();
  graph.leave({ pid: 10, tid: 10, live: 1 }, "z");
  assert.deepEqual(users(graph), ["10/10 has a"]);
});

test("SlotGraph.alone() forgets the other threads of the process", () => {
  const graph = graphOfOne();
  const table = graph.tableAt("a", 0n);
  graph.join(11, { pid: 10, startNs: 1n, table: graph.tableAt("b", 0n) });
  graph.join(50, { pid: 50, startNs: 2n, table });
  graph.alone({ pid: 10, tid: 10 });
  assert.deepEqual(users(graph), ["10/10 has a", "50/50 has a"]);
  graph.join(11, { pid: 10, startNs: 1n, table: graph.tableAt("b", 0n) });
  graph.alone({ pid: 10, tid: 11 });
  assert.deepEqual(users(graph), ["50/50 has a", "10/other has b"], "the first thread has ended");
});

test("SlotGraph.end() lets a table go when its last slot is empty", () => {
  const graph = graphOfOne();
  const table = graph.tableAt("a", 0n);
  graph.end(table);
  assert.deepEqual([graph.dying(), users(graph)], [[table], []]);
  graph.empty(table, 3);
  graph.empty(table, 4);
  assert.deepEqual(graph.sizes, EMPTY);
  const empty = new SlotGraph();
  empty.end(empty.tableAt("a", 0n));
  assert.deepEqual(empty.sizes, EMPTY);
});

test("SlotGraph.forget() says how many slots a table was thought to have", () => {
  const graph = graphOfOne();
  assert.equal(graph.forget("a"), 2);
  assert.equal(graph.forget("a"), 0);
  assert.deepEqual(graph.sizes, EMPTY);
});

test("settleSlots() forgets empty tables that nobody has, and stale ones", () => {
  const scope = { pids: undefined, comm: undefined, descendants: false };
  const state = initialState({ law: "per-inode", attachedNs: 0n, scope, slotsSeen: true });
  const graph = graphOfOne(state.slots);
  const copied = graph.tableAt("b", 0n);
  graph.tableAt("c", 0n);
  const idle = graph.tableAt("d", 0n);
  graph.join(30, { pid: 30, startNs: 3n, table: idle });
  const known = () => ["a", "b", "c", "d"].filter((it) => graph.table(it) !== undefined);
  state.copies.set(10, { from: graph.tableAt("a", 0n), copy: copied, ktimeNs: 0n });
  settleSlots(state, 1n);
  assert.deepEqual(known(), ["a", "b", "d"]);
  settleSlots(state, TABLE_IDLE_NS);
  assert.deepEqual(known(), ["a", "d"], "nothing was lost");
  state.doubts.untilNs = 1n;
  settleSlots(state, TABLE_IDLE_NS);
  assert.deepEqual(known(), ["a"], "one that holds a pidfd stays");
  assert.deepEqual(users(graph), ["10/10 has a"]);
});
