import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireEvent } from "../schema/mod.ts";
import { compareSlots } from "./_comparison.ts";
import { SlotGraph } from "./slots.ts";

/** Process 100 with numbers 3 and 4 that hold pidfds, and process 200 with number 5. */
function watchedGraph(): SlotGraph {
  const graph = new SlotGraph();
  for (const [pid, address, fds] of [[100, "a", [3, 4]], [200, "b", [5]]] as const) {
    const table = graph.tableAt(address, 0n);
    graph.join(pid, { pid, startNs: 1n, table });
    for (const fd of fds) graph.fill(table, { fd, file: `${pid}.${fd}`, closeOnExec: true, sinceNs: 0n });
  }
  graph.watch();
  return graph;
}

function listed(...places: readonly (readonly [pid: number, fd: number])[]): readonly WireEvent<"listed">[] {
  return places.map(([pid, fd]) => ({ kind: "listed", pid, fd, target: 7 }));
}

test("compareSlots() agrees where /proc shows the same", () => {
  const listing = { listed: listed([100, 3], [100, 4], [200, 5]), whole: true };
  assert.deepEqual(compareSlots(watchedGraph(), listing), {
    agreed: 3,
    changed: 0,
    onlyModel: [],
    onlyProc: [],
    whole: true,
  });
});

test("compareSlots() names what only one of the two has", () => {
  const listing = { listed: listed([100, 3], [100, 9], [300, 5]), whole: true };
  const { agreed, onlyModel, onlyProc } = compareSlots(watchedGraph(), listing);
  assert.equal(agreed, 1);
  assert.deepEqual(onlyModel, ["pid 100 fd 4", "pid 200 fd 5"]);
  assert.deepEqual(onlyProc, ["pid 100 fd 9", "pid 300 fd 5"]);
});

test("compareSlots() says nothing of what changed while /proc was read, whoever has it", () => {
  const graph = watchedGraph();
  const [a, b] = [graph.tableAt("a", 0n), graph.tableAt("b", 0n)];
  graph.empty(a, 3);
  graph.fill(b, { fd: 6, file: "new", closeOnExec: true, sinceNs: 1n });
  const listing = { listed: listed([100, 3], [100, 4], [200, 5]), whole: true };
  const { agreed, changed, onlyModel, onlyProc } = compareSlots(graph, listing);
  assert.deepEqual([agreed, changed, onlyModel, onlyProc], [2, 2, [], []]);
});

test("compareSlots() blames nobody for what /proc lacks when not all of it could be read", () => {
  const { onlyModel, whole } = compareSlots(watchedGraph(), { listed: listed([100, 3]), whole: false });
  assert.deepEqual([onlyModel, whole], [[], false]);
});
