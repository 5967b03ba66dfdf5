import assert from "node:assert/strict";
import { test } from "node:test";
import { familyOf } from "./families.ts";
import type { Holding } from "./holdings.ts";

/** A copy that was made by dup of a pidfd of a process that has ended; its original was closed. */
const COPY: Holding = {
  ...{ table: "t1", fd: 4, file: "f1", holder: null, comm: "app", tid: 7, sinceNs: 1n, seq: 2 },
  ...{ way: "dup", by: "dup", origin: "pidfd_open", closeOnExec: false, doubtful: false, followed: true },
  ...{ uses: new Map(), ownUses: 0, usedBy: new Set<string>(), siblingsClosed: 1 },
  ...{ frames: null, container: null, cgroup: null },
  ...{ received: true, sent: false },
  target: { id: "p1", pid: 50, endedNs: 5n, reaped: true },
};

test("familyOf() tells a copy of what came over a socket, whatever made the pidfd and whatever is left", () => {
  for (const origin of ["pidfd_open", "clone", "so_peerpidfd", "baseline", null] as const) {
    assert.equal(familyOf({ ...COPY, origin })?.id, "received-copy");
    assert.equal(familyOf({ ...COPY, origin, siblingsClosed: 0, closeOnExec: true })?.id, "received-copy");
  }
});

test("familyOf() takes no copy that came over no socket for one", () => {
  const own = { ...COPY, received: false };
  assert.equal(familyOf(own)?.id, "opened-process");
  assert.equal(familyOf({ ...own, origin: "so_peerpidfd" })?.id, "peer-credential");
  assert.equal(familyOf({ ...own, origin: "clone" })?.id, "spawned-child");
});
