import assert from "node:assert/strict";
import { known, notKnown } from "../../kernel/mod.ts";
import type { FdTable } from "../../kernel/mod.ts";
import { FdTableWatch } from "./fd_table_watch.ts";
import type { FdTableWatchOptions } from "./fd_table_watch.ts";

function tablesOf(open: number): ReadonlyMap<number, FdTable> {
  const table = { pid: 7, startTicks: 1n, comm: new Uint8Array(), uid: 0, open, limit: 1024 };
  return new Map([[7, table]]);
}

Deno.test("FdTableWatch keeps what the last look saw, and bears with looks that fail", async () => {
  let looks = 0;
  let running = 0;
  const read: FdTableWatchOptions["read"] = async (pids) => {
    assert.deepEqual([...pids], [7]);
    assert.equal(running += 1, 1, "two looks at a time");
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    looks += 1;
    if (looks === 2) return notKnown("nobody knows");
    if (looks === 3) throw new TypeError("The host has gone");
    return known(tablesOf(looks));
  };
  using watch = new FdTableWatch({ read, pids: () => new Set([7]), everyMs: 1 });
  assert.equal(watch.tables.size, 0);
  const seen = new Set<number | undefined>();
  while (looks < 5) {
    seen.add(watch.tables.get(7)?.open);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.deepEqual([...seen].slice(0, 3), [undefined, 1, 4]);
});

Deno.test("FdTableWatch asks for nobody's table when nobody holds anything", async () => {
  const read = () => assert.fail("It was read");
  using watch = new FdTableWatch({ read, pids: () => new Set(), everyMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(watch.tables.size, 0);
});
