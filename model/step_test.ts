import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../events/mod.ts";
import type { Loss, TimedEvent } from "../events/mod.ts";
import type { WireTag } from "../schema/mod.ts";
import { encodeRecord } from "../tests/support/wire.ts";
import type { WireValues } from "../tests/support/wire.ts";
import { ENDED_MEMBERS_MAX } from "./_scope.ts";
import { fileFlagNames, isErrorPointer } from "./_subject.ts";
import { EARLY_MAX } from "./_releases.ts";
import { initialState, step } from "./mod.ts";
import type { ModelOptions, ModelState, Scope, Update } from "./mod.ts";

const EVERYTHING: Scope = { pids: undefined, comm: undefined, descendants: false };
const ACTOR = { pid: 100, tid: 100, startNs: 5000, comm: "worker" };

/** A model with a clock of its own, that is told records without their placing. */
class Told {
  state: ModelState;
  readonly updates: Update[] = [];
  #ktimeNs = 1000n;

  constructor(options: Partial<ModelOptions> = {}) {
    this.state = initialState({ law: "per-inode", attachedNs: 0n, scope: EVERYTHING, ...options });
  }

  record(tag: WireTag, values: WireValues): readonly Update[] {
    this.#ktimeNs += 1000n;
    const stamp = { cpu: 0, number: 1, ktimeNs: this.#ktimeNs, ...ACTOR };
    const event = decode(encodeRecord(tag, { ...stamp, ...values }), 1) as TimedEvent;
    return this.#take({ kind: "event", placed: { event, late: false, certain: true } });
  }

  loss(loss: Partial<Loss>): readonly Update[] {
    const whole = {
      reason: "gap",
      events: 1,
      cpu: 0,
      fromNs: null,
      toNs: null,
      detail: "x",
      ...loss,
    } as const;
    return this.#take({ kind: "loss", loss: whole });
  }

  clone(values: WireValues = {}): readonly Update[] {
    return this.record("clone", {
      child: 200,
      childStartNs: 7000,
      pidAddress: "a",
      count: 2,
      cloneFlags: "1000",
      clone3: 0,
      fd: 3,
      slotFile: "f",
      file: "f",
      inode: 1,
      fileFlags: "2",
      ...values,
    });
  }

  #take(input: Parameters<typeof step>[1]): readonly Update[] {
    const result = step(this.state, input);
    this.state = result.state;
    this.updates.push(...result.updates);
    return result.updates;
  }
}

/** Names of what grows, with its size. */
function sizes(state: ModelState): Readonly<Record<string, number>> {
  const { targets, files, failing, releasing, early, members, ended, doubts } = state;
  return {
    targets: targets.size,
    files: files.size,
    failing: failing.size,
    releasing: releasing.size,
    early: early.size,
    members: members.size,
    ended: ended.length,
    doubts: doubts.waiting.length,
  };
}

const EMPTY = sizes(initialState({ law: "per-inode", attachedNs: 0n, scope: EVERYTHING }));

test("step() keeps nothing of lifecycles that are over", () => {
  const told = new Told();
  for (let at = 0; at < 1000; at += 1) {
    const [pidAddress, file] = [`a${at}`, `f${at}`];
    told.clone({ pidAddress, file, slotFile: file });
    told.record("release", { file, pidAddress, count: 2, inode: 1 });
    told.record("evict", { pidAddress, inode: 1, before: 2, after: 1 });
    told.record("put", { pidAddress, count: 1 });
    const failed = { result: -14, cloneFlags: "1000", clone3: 0, integer: 0, entered: 1, count: 2 };
    told.record("failed", { ...failed, pidAddress, file });
    told.record("release", { file, pidAddress, count: 2, inode: 1 });
    told.record("evict", { pidAddress, inode: 1, before: 2, after: 1 });
    told.record("put", { pidAddress, count: 1 });
    told.record("failed", { ...failed, result: -24, pidAddress: `b${at}`, count: 1, file: "0" });
  }
  assert.deepEqual(sizes(told.state), EMPTY);
  assert.equal(told.state.unmatched, 0);
  assert.deepEqual(told.updates.filter((it) => it.type === "finding"), []);
});

test("step() keeps few of the releases that had no known birth", () => {
  const told = new Told();
  for (let at = 0; at < 3 * EARLY_MAX; at += 1) {
    const pidAddress = `a${at}`;
    told.record("release", { file: `f${at}`, pidAddress, count: 1, inode: 1 });
    told.record("evict", { pidAddress, inode: 1, before: 1, after: 0 });
  }
  assert.deepEqual(sizes(told.state), { ...EMPTY, early: EARLY_MAX });
});

test("step() forgets processes in scope some time after they have ended", () => {
  const told = new Told({ scope: { pids: new Set([100]), comm: undefined, descendants: true } });
  const total = 3 * ENDED_MEMBERS_MAX;
  for (let at = 0; at < total; at += 1) {
    const child = 1000 + at;
    told.record("fork", { child, childStartNs: at });
    told.record("exit", {
      pid: child,
      tid: child,
      startNs: at,
      pidAddress: "c",
      count: 1,
      live: 0,
      exitCode: 0,
    });
  }
  assert.deepEqual(sizes(told.state), { ...EMPTY, members: 1 + ENDED_MEMBERS_MAX, ended: ENDED_MEMBERS_MAX });
  assert.equal(told.state.unmatched, 0, "the exit of a process in scope is expected");
  const release = (at: number) => {
    const actor = { pid: 1000 + at, tid: 1000 + at, startNs: at };
    told.record("release", { ...actor, file: "1f", pidAddress: "1a", count: 3, inode: 1 });
    return told.record("evict", { ...actor, pidAddress: "1a", inode: 1, before: 3, after: 2 });
  };
  assert.equal(release(total - 1)[0]?.followed, true, "the one that ended last still releases in scope");
  assert.equal(release(0)[0]?.followed, false, "the first one is forgotten");
});

test("step() does not forget a member whose number belongs to a new one", () => {
  const told = new Told({ scope: { pids: new Set([100]), comm: undefined, descendants: true } });
  for (let at = 0; at <= ENDED_MEMBERS_MAX; at += 1) {
    told.record("fork", { child: 1000, childStartNs: at });
    told.record("exit", {
      pid: 1000,
      tid: 1000,
      startNs: at,
      pidAddress: "c",
      count: 1,
      live: 0,
      exitCode: 0,
    });
  }
  told.record("fork", { child: 1000, childStartNs: 99_999 });
  told.record("fork", { child: 1001, childStartNs: 1 });
  told.record("exit", { pid: 1001, tid: 1001, startNs: 1, pidAddress: "c", count: 1, live: 0, exitCode: 0 });
  assert.equal(told.state.members.get(1000), 99_999n);
});

test("step() follows those whose comm matches, and a process id only with its start", () => {
  const named = new Told({ scope: { pids: undefined, comm: /^work/, descendants: false } });
  assert.equal(named.clone()[0]?.followed, true);
  assert.equal(named.clone({ pidAddress: "b", file: "1", slotFile: "1", comm: "other" })[0]?.followed, false);
  const numbered = new Told({ scope: { pids: new Set([100]), comm: undefined, descendants: false } });
  assert.equal(numbered.clone()[0]?.followed, true);
  assert.equal(
    numbered.clone({ pidAddress: "b", file: "1", slotFile: "1", startNs: 6000 })[0]?.followed,
    false,
  );
  numbered.record("fork", { child: 101, childStartNs: 1 });
  assert.equal(
    numbered.clone({ pidAddress: "c", file: "2", slotFile: "2", pid: 101, startNs: 1 })[0]?.followed,
    false,
    "children only when descendants are followed",
  );
});

/** The verdict on a count that is too low, some time after a loss. */
function verdictAfter(lose: (told: Told) => void): string | undefined {
  const told = new Told();
  lose(told);
  const exit = { pid: 200, tid: 200, startNs: 7000, pidAddress: "a", count: 1, live: 0, exitCode: 0 };
  return told.record("exit", exit).find((it) => it.type === "finding")?.body.verdict;
}

test("step() doubts a target when something was lost in its life, and only then", () => {
  const clone = (told: Told) => told.clone();
  const rows: readonly (readonly [what: string, lose: (told: Told) => void, verdict: string])[] = [
    ["nothing was lost", clone, "broken"],
    ["before its birth", (told) => [told.loss({ fromNs: 1n, toNs: 1999n }), clone(told)], "broken"],
    ["around its birth", (told) => [told.loss({ fromNs: 1n, toNs: 2000n }), clone(told)], "undetermined"],
    ["after its birth", (told) => [clone(told), told.loss({ fromNs: 2001n, toNs: 2002n })], "undetermined"],
    [
      "told before its time",
      (told) => [told.loss({ fromNs: 2500n, toNs: 2600n }), clone(told)],
      "undetermined",
    ],
    ["after the reading", (told) => [clone(told), told.loss({ fromNs: 3001n, toNs: 4000n })], "broken"],
    ["nobody knows when it began", (told) => [told.loss({ toNs: 5000n }), clone(told)], "undetermined"],
    ["nobody knows when it ended", (told) => [told.loss({ fromNs: 1n }), clone(told)], "undetermined"],
    ["nobody knows when", (told) => [told.loss({}), clone(told)], "undetermined"],
    [
      "before its birth, twice",
      (told) => [told.loss({ toNs: 1500n }), told.loss({ toNs: 1000n }), clone(told)],
      "broken",
    ],
  ];
  for (const [what, lose, verdict] of rows) assert.equal(verdictAfter(lose), verdict, what);
});

test("step() judges nothing while a CPU is not heard", () => {
  const told = new Told();
  told.clone();
  const line = encodeRecord("exit", {
    cpu: 0,
    number: 1,
    ktimeNs: 3000,
    ...ACTOR,
    pid: 200,
    startNs: 7000,
    pidAddress: "a",
    count: 1,
    live: 0,
    exitCode: 0,
  });
  const event = decode(line, 1) as TimedEvent;
  const { updates } = step(told.state, { kind: "event", placed: { event, late: false, certain: false } });
  assert.equal(updates.find((it) => it.type === "finding")?.body.verdict, "undetermined");
});

test("step() tells a record that came late as a loss, and takes it nevertheless", () => {
  const told = new Told();
  told.clone();
  const line = encodeRecord("put", { cpu: 0, number: 1, ktimeNs: 2500, pidAddress: "a", count: 2 });
  const event = decode(line, 1) as TimedEvent;
  const { updates } = step(told.state, { kind: "event", placed: { event, late: true, certain: false } });
  assert.deepEqual(updates.map((it) => it.type), ["lost"]);
  assert.equal(told.state.targets.get("a")?.hashed, false);
});

test("step() does not take a record that came late for what has its address since", () => {
  const told = new Told();
  told.clone();
  const line = encodeRecord("put", { cpu: 0, number: 1, ktimeNs: 1500, pidAddress: "a", count: 2 });
  const event = decode(line, 1) as TimedEvent;
  const { updates } = step(told.state, { kind: "event", placed: { event, late: true, certain: false } });
  assert.deepEqual(updates.map((it) => it.type), ["lost"]);
  assert.equal(told.state.targets.get("a")?.hashed, true);
  assert.equal(told.state.unmatched, 1);
});

test("step() takes a target at an address and its files for over when another process exits there", () => {
  const told = new Told();
  told.clone();
  const exit = { pid: 300, tid: 300, startNs: 8000, pidAddress: "a", count: 1, live: 0, exitCode: 0 };
  assert.deepEqual(told.record("exit", exit), []);
  assert.deepEqual([told.state.targets.size, told.state.files.size, told.state.unmatched], [0, 0, 2]);
});

test("step() does not say that the file of a failed clone was kept where nobody sees releases", () => {
  for (const [releasesSeen, expected] of [[true, false], [false, null]] as const) {
    const told = new Told({ releasesSeen });
    const failed = { clone3: 0, result: -14, cloneFlags: "1000", parentTid: 0, integer: 3, entered: 1 };
    told.record("failed", { ...failed, pidAddress: "a", count: 2, file: "f1" });
    told.clone({ pidAddress: "b", file: "f2", slotFile: "f2" });
    const cleanups = told.updates.flatMap((it) => it.type === "clone.failed" ? [it.body.file_released] : []);
    assert.deepEqual(cleanups, [expected]);
    const findings = told.updates.filter((it) => it.type === "finding");
    assert.equal(findings.length, releasesSeen ? 1 : 0);
  }
});

test("step() tells no flags of a file whose fields were not read", () => {
  const told = new Told();
  const target = { pidAddress: "a", nr: 0, targetStartNs: 0, targetComm: "" };
  const made = { ...target, file: "f1", count: 2, fileFlags: "0", call: 55, userSpace: 1 };
  const flags = (updates: readonly Update[]) =>
    updates.flatMap((it) => it.type === "pidfd.create" ? [it.body.flags] : []);
  assert.deepEqual(flags(told.record("made", { ...made, inode: 0 })), [null]);
  assert.deepEqual(flags(told.record("made", { ...made, file: "f2", inode: 32 })), [["O_RDONLY"]]);
});

test("fileFlagNames() names the bits that a pidfd can have", () => {
  const rows = [
    ["2", ["O_RDWR"]],
    ["0", ["O_RDONLY"]],
    ["882", ["O_RDWR", "PIDFD_THREAD", "PIDFD_NONBLOCK"]],
    ["8000", ["O_RDONLY", "O_LARGEFILE"]],
    ["1000002", ["O_RDWR", "0x1000000"]],
  ] as const;
  for (const [hex, names] of rows) assert.deepEqual(fileFlagNames(hex), names);
});

test("isErrorPointer() knows -1 to -4095", () => {
  const rows = [
    ["ffffffffffffffff", true],
    ["fffffffffffff001", true],
    ["ffffffffffffefff", false],
    ["ffff888000000000", false],
    ["0", false],
    ["fff", false],
  ] as const;
  for (const [hex, is] of rows) assert.equal(isErrorPointer(hex), is, hex);
});
