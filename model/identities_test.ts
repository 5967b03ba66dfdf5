import assert from "node:assert/strict";
import { test } from "node:test";
import type { CaptureMessage } from "../capture/mod.ts";
import type { WireEvent } from "../schema/mod.ts";
import { Correlator } from "./correlate.ts";
import { Identities } from "./identities.ts";

const ID = "ab".repeat(32);
const SCOPE = { pids: undefined, comm: undefined, descendants: false };

function who(values: Partial<WireEvent<"who">> = {}): WireEvent<"who"> {
  return { kind: "who", ktimeNs: 100n, pid: 7, startNs: 50n, nsPid: 1, cgroupId: 9n, ...values };
}

function cgroup(cgroupId: bigint, path: string): WireEvent<"cgroup"> {
  return { kind: "cgroup", cgroupId, path: new TextEncoder().encode(path).toHex() };
}

const AT = { pid: 7, startNs: 50n, ktimeNs: 200n };
const NOTHING = { ns_pid: null, cgroup: null, container: null, container_runtime: null };

test("Identities knows nothing of a process that it was not told of, or of another one with its number", () => {
  const identities = new Identities();
  assert.deepEqual(identities.of(AT), NOTHING);
  identities.take(who());
  assert.deepEqual(identities.of({ ...AT, startNs: 51n }), NOTHING);
  assert.deepEqual(identities.of(AT), { ...NOTHING, ns_pid: 1 });
  assert.deepEqual([...identities.unnamed], [9n]);
});

test("Identities names the container of a cgroup whose name comes later", () => {
  const identities = new Identities();
  identities.take(who());
  identities.take(cgroup(9n, `/system.slice/docker-${ID}.scope`));
  assert.deepEqual(identities.of(AT), {
    ns_pid: 1,
    cgroup: `/system.slice/docker-${ID}.scope`,
    container: ID,
    container_runtime: "docker",
  });
  assert.deepEqual([...identities.unnamed], []);
});

test("Identities tells in which cgroup a process was then, when it has gone to another one", () => {
  const identities = new Identities();
  for (const it of [cgroup(1n, "/"), cgroup(2n, "/a")]) identities.take(it);
  identities.take(who({ ktimeNs: 300n, cgroupId: 2n }));
  identities.take(who({ cgroupId: 1n }));
  assert.deepEqual([200n, 400n].map((ktimeNs) => identities.of({ ...AT, ktimeNs }).cgroup), ["/", "/a"]);
});

test("Identities escapes what the machine chose", () => {
  const identities = new Identities();
  identities.take(who());
  identities.take(cgroup(9n, "/lxc.payload.a\u001b[2J\u202e"));
  const { cgroup: path, container } = identities.of(AT);
  assert.equal(path, "/lxc.payload.a\\x1b[2J\\xe2\\x80\\xae");
  assert.equal(container, "a\\x1b[2J\\xe2\\x80\\xae");
});

test("Identities takes no path that is not written in hex", () => {
  const identities = new Identities();
  identities.take(who());
  for (const path of ["/a", "2f6", "2G"]) identities.take({ kind: "cgroup", cgroupId: 9n, path });
  assert.equal(identities.of(AT).cgroup, null);
});

test("Identities is bounded, and forgets what has ended later", () => {
  const identities = new Identities({ processesMax: 3, endedMax: 1 });
  for (let pid = 1; pid <= 5; pid += 1) identities.take(who({ pid }));
  assert.equal(identities.size, 3);
  identities.end({ pid: 5, startNs: 50n });
  assert.equal(identities.of({ ...AT, pid: 5 }).ns_pid, 1);
  identities.end({ pid: 4, startNs: 50n });
  assert.deepEqual([4, 5].map((pid) => identities.of({ ...AT, pid }).ns_pid), [1, null]);
});

function messages(...texts: readonly string[]): readonly CaptureMessage[] {
  return texts.map((text) => ({ kind: "record", text }));
}

/** `failed` of process 7: it needs no state. */
const FAILED = `open 0 1 1000000000 7 7 50 61 0 99 0 -3 0 0 0 0 0 0 0 0 0 0`;

test("Correlator lets events wait for the name of a cgroup, but not for ever", () => {
  for (const isNamed of [true, false]) {
    const correlator = new Correlator({ law: "per-inode", attachedNs: 0n, scope: SCOPE, cpus: 1 });
    const told: (string | null | undefined)[] = [];
    const take = (...texts: readonly string[]) => {
      for (const it of correlator.take(messages(...texts))) {
        if (it.type === "open.failed") told.push(it.body.process?.cgroup);
      }
    };
    take("cgroup 1 2f", "who 1000000000 7 50 7 9", FAILED, "tick 0 2000000000 1 0");
    assert.deepEqual([told, [...correlator.unnamedCgroups]], [[], [9n]]);
    if (isNamed) take("cgroup 9 2f61");
    take("tick 0 2500000000 1 0");
    assert.deepEqual(told, isNamed ? ["/a"] : []);
    take("tick 0 4500000000 1 0", "tick 0 4600000000 1 0");
    assert.deepEqual(told, [isNamed ? "/a" : null]);
  }
});

test("Correlator lets nothing wait where nobody reads cgroups", () => {
  const correlator = new Correlator({ law: "per-inode", attachedNs: 0n, scope: SCOPE, cpus: 1 });
  const updates = correlator.take(messages("who 1000000000 7 50 7 9", FAILED, "tick 0 2000000000 1 0"));
  assert.deepEqual(updates.map((it) => it.type), ["open.failed"]);
});

test("Identities knows the uid under which a thread acts, from when it was told", () => {
  const identities = new Identities();
  const owner = (uid: number, ktimeNs: bigint) =>
    identities.take({ kind: "owner", ktimeNs, pid: 7, tid: 8, startNs: 50n, uid });
  const thread = { tid: 8, startNs: 50n };
  assert.equal(identities.uidOf({ ...thread, ktimeNs: 200n }), undefined);
  owner(0, 300n);
  owner(33, 100n);
  assert.equal(identities.uidOf({ ...thread, ktimeNs: 99n }), undefined);
  assert.equal(identities.uidOf({ ...thread, ktimeNs: 299n }), 33);
  assert.equal(identities.uidOf({ ...thread, ktimeNs: 300n }), 0);
  assert.equal(identities.uidOf({ ...thread, startNs: 51n, ktimeNs: 300n }), undefined);
  assert.equal(identities.uidOf({ ...thread, tid: 7, ktimeNs: 300n }), undefined);
});

test("Identities knows the place of a process by the path as it is, and not by what is printed of it", () => {
  const identities = new Identities();
  identities.take(who());
  assert.equal(identities.placeOf(AT), undefined);
  identities.take(cgroup(9n, "/a\u001b/b"));
  assert.deepEqual(identities.placeOf(AT), { path: "/a\u001b/b", container: undefined });
  assert.equal(identities.of(AT).cgroup?.includes("\u001b"), false);
});
