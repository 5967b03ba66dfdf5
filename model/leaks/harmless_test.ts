import assert from "node:assert/strict";
import { test } from "node:test";
import { harmlessOf } from "./harmless.ts";
import type { Holding } from "./holdings.ts";

const ALIVE = { id: "p1", pid: 50, endedNs: null, reaped: false };

function slot(more: Partial<Holding>): Holding {
  return {
    ...{
      table: "t1",
      fd: 4,
      file: "f1",
      holder: { pid: 7, start: "5" },
      comm: "app",
      tid: 7,
      sinceNs: 1n,
      seq: 2,
    },
    ...{ way: "opened", by: "pidfd_open", origin: "pidfd_open", closeOnExec: true, doubtful: false },
    ...{ followed: true, uses: new Map(), ownUses: 0, usedBy: new Set<string>(), siblingsClosed: 0 },
    ...{ received: false, sent: false, frames: null, container: null, cgroup: null, target: ALIVE },
    ...more,
  };
}

test("harmlessOf() knows Go's probe by its stack alone: others open themselves too", () => {
  const frames = ["internal/syscall/unix.PidFDOpen+37 (/bin/app)", "os.checkPidfd+41 (/bin/app)"];
  assert.equal(harmlessOf(slot({ frames }))?.id, "go-probe");
  assert.equal(harmlessOf(slot({ frames: ["os.pidfdFind+52 (/bin/app)"] })), undefined);
  assert.equal(harmlessOf(slot({ target: { ...ALIVE, pid: 7 } })), undefined);
});

test("harmlessOf() lets systemd keep what lives, and no pidfd of the dead", () => {
  assert.equal(harmlessOf(slot({ comm: "systemd" }))?.id, "systemd-pidref");
  assert.equal(harmlessOf(slot({ comm: "(sd-pam)" }))?.id, "systemd-pidref");
  assert.equal(harmlessOf(slot({ comm: "systemd", target: { ...ALIVE, endedNs: 9n } })), undefined);
  assert.equal(harmlessOf(slot({ comm: "my-systemd" })), undefined);
});
