import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../events/mod.ts";
import type { TimedEvent } from "../events/mod.ts";
import type { WireTag } from "../schema/mod.ts";
import { encodeRecord } from "../tests/support/wire.ts";
import type { WireValues } from "../tests/support/wire.ts";
import { initialState, slotsOfTasks, step } from "./mod.ts";
import type { ModelState, Update } from "./mod.ts";

const SECOND = 1_000_000_000n;
const HOLDER = { pid: 100, tid: 100, startNs: 5000, comm: "holder" };
const OTHER = { pid: 300, tid: 300, startNs: 8000, comm: "other" };
/** A pidfd of process 200 is made by pidfd_open, number 434. */
const PIDFD = {
  ...{ file: "f", pidAddress: "a", inode: 1, fileFlags: "2", nr: 200, targetStartNs: 7000, targetComm: "t" },
  ...{ count: 2, call: 434, references: 1, born: 0, closeOnExec: 1 },
};

/** A model that is told records at moments, and of a loss between 20 s and 21 s. */
class Told {
  readonly updates: Update[] = [];
  state: ModelState;

  constructor(attachedNs = 0n) {
    const scope = { pids: undefined, comm: undefined, descendants: false };
    this.state = initialState({ law: "per-inode", attachedNs, scope, slotsSeen: true });
  }

  record(second: number, tag: WireTag, values: WireValues): void {
    const stamp = { cpu: 0, number: 1, ktimeNs: BigInt(second) * SECOND, ...HOLDER };
    const event = decode(encodeRecord(tag, { ...stamp, ...values }), 1) as TimedEvent;
    this.#take({ kind: "event", placed: { event, late: false, certain: true } });
  }

  tick(second: number): void {
    this.record(second, "tick", { task: 0, softirq: 0 });
  }

  lose(): void {
    const window = { fromNs: 20n * SECOND, toNs: 21n * SECOND };
    this.#take({
      kind: "loss",
      loss: { reason: "gap", events: 1, cpu: 0, ...window, detail: "x" },
    });
  }

  /** A pidfd in slot 3 of table "7a". */
  open(second: number, values: WireValues = {}): void {
    this.record(second, "slot", { ...PIDFD, table: "7a", fd: 3, ...values });
  }

  /** The slots, those that may be ghosts with a question mark. */
  get slots(): readonly string[] {
    return slotsOfTasks(this.state).map((it) =>
      `${it.pid}:${it.fd}>${it.target?.pid}${it.doubtful ? "?" : ""}`
    );
  }

  #take(input: Parameters<typeof step>[1]): void {
    const result = step(this.state, input);
    this.state = result.state;
    this.updates.push(...result.updates);
  }
}

test("slotsOfTasks() marks what was filled before a loss, and nothing that was filled after it", () => {
  const told = new Told();
  told.lose();
  told.open(10);
  told.tick(19);
  assert.deepEqual(told.slots, ["100:3>200"]);
  told.tick(20);
  assert.deepEqual(told.slots, ["100:3>200?"]);
  told.open(22, { file: "e", fd: 4 });
  assert.deepEqual(told.slots, ["100:3>200?", "100:4>200"]);
  const marks = told.updates.flatMap((it) => it.type === "pidfd.install" ? [it.body.doubtful] : []);
  assert.deepEqual(marks, [false, false]);
});

test("a child's slot is as doubtful as that which it was copied from", () => {
  const told = new Told();
  told.open(10);
  told.lose();
  told.record(30, "copy", { table: "7a", copy: "7b", holeFrom: 1, holeTo: 0 });
  told.record(30, "heir", { table: "7b", child: 300, childTid: 300, childStartNs: 8000, shared: 0 });
  assert.deepEqual(told.slots, ["100:3>200?", "300:3>200?"]);
  const inherited = told.updates.find((it) => it.type === "pidfd.inherit");
  assert.equal(inherited?.body.doubtful, true);
});

test("the slots of a process that has ended are gone a heartbeat later, when a loss explains that they stayed", () => {
  for (const isLost of [true, false]) {
    const told = new Told();
    // The holder has a pidfd of the other process, and that one of the holder.
    told.open(10);
    told.open(10, { ...OTHER, table: "7b", file: "e", pidAddress: "b", nr: 100, targetStartNs: 5000 });
    told.tick(19);
    if (isLost) told.lose();
    told.record(20, "exit", { pidAddress: "b", count: 2, live: 0, exitCode: 0 });
    told.tick(20);
    assert.equal(told.slots.length, 2, "what it lets go of is still on its way");
    told.tick(30);
    assert.equal(told.slots.length, isLost ? 1 : 2);
    assert.equal(told.state.slots.table("7a") === undefined, isLost);
    assert.equal(told.state.unmatched, isLost ? 1 : 0);
  }
});

test("a table whose address a stranger uses after a loss begins anew", () => {
  for (const isLost of [true, false]) {
    const told = new Told();
    told.open(10);
    if (isLost) told.lose();
    told.open(30, { ...OTHER, fd: 7, file: "e" });
    assert.equal(told.slots.includes("300:3>200"), !isLost, "without a loss it is shared");
    assert.equal(told.slots.some((it) => it.startsWith("300:3")), !isLost);
  }
});

test("the close of another file than the one that was thought to be in a slot is not told as its own", () => {
  const told = new Told();
  told.open(10);
  told.lose();
  told.record(30, "empty", { table: "7a", fd: 3, file: "d", references: 1, call: 3 });
  assert.deepEqual(told.updates.filter((it) => it.type === "pidfd.close"), []);
  assert.deepEqual(told.slots, []);
  assert.equal(told.state.unmatched, 1);
});

test("a new file at an address keeps its slot when the end of the one before was lost", () => {
  const told = new Told();
  told.open(10);
  told.lose();
  told.open(30, { fd: 4, born: 1 });
  assert.deepEqual(told.slots, ["100:4>undefined"], "its birth is not told yet");
  told.record(31, "open", { ...PIDFD, target: 200, openFlags: "0", result: 4, slotFile: "f" });
  assert.deepEqual(told.slots, ["100:4>200"]);
  told.record(32, "empty", { table: "7a", fd: 4, file: "f", references: 1, call: 3 });
  assert.equal(told.updates.filter((it) => it.type === "pidfd.close").length, 1);
});

test("what is told while the probes are still being attached is marked, and never unmatched", () => {
  const told = new Told(15n * SECOND);
  const origins = () => told.updates.flatMap((it) => it.type === "pidfd.create" ? [it.body.origin] : []);
  told.record(10, "made", { ...PIDFD, userSpace: 1 });
  told.open(10);
  // Its close and its release are not seen, and its number and its address are used again.
  told.record(11, "made", { ...PIDFD, file: "e", userSpace: 1 });
  told.open(11, { file: "e" });
  assert.deepEqual(told.slots, ["100:3>200?"]);
  told.record(20, "made", { ...PIDFD, file: "e", userSpace: 1 });
  told.open(20, { file: "e" });
  assert.deepEqual(told.slots, ["100:3>200"]);
  assert.deepEqual(origins(), ["pidfd_open", "pidfd_open", "pidfd_open"]);
  assert.equal(told.state.unmatched, 0);
});
