import assert from "node:assert/strict";
import { test } from "node:test";
import type { FdTable, PidfdSlot } from "../../kernel/mod.ts";
import { holdersOf } from "./holders.ts";

const slot = (pid: number, fd: number, target: number): PidfdSlot => ({
  pid,
  tid: pid,
  startTicks: BigInt(pid),
  fd,
  inode: 7n,
  link: undefined,
  flags: 2,
  target,
  targetNumbers: [],
});

const table = (pid: number, known: Partial<FdTable> = {}): [number, FdTable] => [pid, {
  pid,
  startTicks: BigInt(pid),
  comm: new TextEncoder().encode("a\x1bb"),
  uid: 1000,
  open: 12,
  limit: 1024,
  ...known,
}];

const AROUND = { tables: new Map([table(1), table(2)]), zombies: new Set([40]) };

test("holdersOf() puts those with most dead targets first, then those with most pidfds", () => {
  const slots = [
    slot(1, 3, 50),
    slot(1, 4, 50),
    slot(1, 5, 51),
    slot(2, 3, -1),
    slot(3, 3, 40),
    slot(3, 4, -1),
  ];
  const holders = holdersOf({ slots }, AROUND);
  assert.deepEqual(holders.map((it) => [it.pid, it.pidfds, it.dead]), [[3, 2, 2], [2, 1, 1], [1, 3, 0]]);
});

test("holdersOf() tells what became of each target, and which fds lead to it", () => {
  const slots = [slot(1, 9, -1), slot(1, 4, 50), slot(1, 3, -1), slot(1, 5, 40), slot(1, 6, 0)];
  const [holder] = holdersOf({ slots }, AROUND);
  assert.deepEqual(holder?.targets, [
    { pid: null, state: "reaped", fds: [3, 9] },
    { pid: null, state: "outside", fds: [6] },
    { pid: 40, state: "zombie", fds: [5] },
    { pid: 50, state: "alive", fds: [4] },
  ]);
  assert.deepEqual([holder?.dead, holder?.outside], [3, 1]);
});

test("holdersOf() tells the room that is left, and nothing that is not known", () => {
  const slots = [1, 2, 3].map((pid) => slot(pid, 3, 50));
  const rows: readonly (readonly [Partial<FdTable>, number | null, number | null])[] = [
    [{}, 1024, 1012],
    [{ limit: Infinity }, null, null],
    [{ limit: 10 }, 10, 0],
    [{ open: undefined }, 1024, null],
    [{ limit: undefined }, null, null],
  ];
  for (const [known, limit, headroom] of rows) {
    const [one, two, three] = holdersOf({ slots }, {
      // The number of the second has gone to another process.
      tables: new Map([table(1, known), table(2, { startTicks: 99n })]),
      zombies: new Set(),
    });
    assert.deepEqual([one?.limit, one?.headroom, one?.comm], [limit, headroom, "a\\x1bb"]);
    for (const it of [two, three]) {
      assert.deepEqual([it?.comm, it?.uid, it?.open, it?.limit, it?.headroom], [
        null,
        null,
        null,
        null,
        null,
      ]);
    }
  }
});

test("holdersOf() of nothing is nothing", () => {
  assert.deepEqual(holdersOf({ slots: [] }, AROUND), []);
});
