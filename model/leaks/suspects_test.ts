import assert from "node:assert/strict";
import { test } from "node:test";
import type { Holding } from "./holdings.ts";
import { suspectsOf } from "./suspects.ts";

const SECOND_NS = 1_000_000_000n;
const LATER = { nowNs: 100n * SECOND_NS, olderNs: 30n * SECOND_NS, usesSeen: true };
const ALIVE = { id: "p1", pid: 50, endedNs: null, reaped: false };

/** Opened long ago, and never used; its target lives. */
const UNUSED: Holding = {
  ...{ table: "t1", fd: 4, file: "f1", holder: null, comm: "app", tid: 7, sinceNs: SECOND_NS, seq: 2 },
  ...{
    way: "opened",
    by: "pidfd_open",
    origin: "pidfd_open",
    closeOnExec: true,
    doubtful: false,
    followed: true,
  },
  ...{ uses: new Map(), ownUses: 0, usedBy: new Set<string>(), siblingsClosed: 0 },
  ...{ frames: null, container: null, cgroup: null },
  ...{ received: false, sent: false, target: ALIVE },
};

const rulesOf = (holding: Holding) => suspectsOf([holding], LATER).map((it) => it.rule.id);

test("suspectsOf() finds what was opened and never used", () => {
  assert.deepEqual(rulesOf(UNUSED), ["K5"]);
  assert.deepEqual(rulesOf({ ...UNUSED, uses: new Map([["poll", 1]]) }), []);
  assert.deepEqual(rulesOf({ ...UNUSED, way: "dup" }), []);
});

test("suspectsOf() does not want a use of a pidfd that is sent to others", () => {
  assert.deepEqual(rulesOf({ ...UNUSED, sent: true }), []);
});

test("suspectsOf() lets a server keep the credential of a peer that lives, and no longer", () => {
  for (const origin of ["so_peerpidfd", "scm_pidfd"] as const) {
    const credential = { ...UNUSED, origin };
    assert.deepEqual(rulesOf(credential), []);
    const ended = { ...ALIVE, endedNs: 60n * SECOND_NS, reaped: true };
    assert.deepEqual(rulesOf({ ...credential, target: ended }), ["K1"]);
    assert.deepEqual(
      rulesOf({ ...credential, target: { ...ended, endedNs: 80n * SECOND_NS } }),
      [],
      "not yet",
    );
  }
});
