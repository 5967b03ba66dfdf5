// Slots under load: a crowd of pidfds that stays while others come and go, buffers that are too small on purpose, and
// two programs at once, one of which begins in the middle of things.

import assert from "node:assert/strict";
import { uptimeNs } from "../../capture/uptime.ts";
import type { TaskSlot, Update } from "../../model/mod.ts";
import {
  endOf,
  heapUsed,
  invented,
  isOfSlot,
  type Load,
  LoadedGuest,
  type Reading,
  updatesOf,
  Watch,
} from "../support/slot_crowd.ts";
import type { Slot, Snapshot } from "../support/witness.ts";

const KERNELS: readonly string[] = ["6.12", "6.1"];

/** Pidfds that stay open, and those that come and go meanwhile. */
const HELD = 2000;
const CHURNED = 50_000;
/** The heap in use may differ by so much between a fifth of them and all. */
const HEAP_SHARE = 0.05;

/** Pages of a buffer that is too small for a burst, and still holds what a quiet scenario tells at once. */
const TINY_PAGES = 2;
/** Children that get HELD_IN_BURST pidfds each: some 18,000 records, as fast as they can be made. */
const CHILDREN = 600;
const HELD_IN_BURST = 10;
/** What happened is told after this time. */
const SETTLES_MS = 3500;
/** After a loss nothing is certain for as long as a CPU may be behind, see ORDER_LIMITS. */
const DOUBT_MS = 6000;
/** Of what may be another's after a loss, so much is at most. */
const WRONG_SHARE = 0.05;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Which slot of which process has a pidfd of which process. */
function described(it: Slot | TaskSlot): string {
  return `${it.pid} ${it.fd} ${"target_pid" in it ? it.target_pid : it.target?.pid}`;
}

/** Takes what is told of a crowd, and remembers no more than numbers of it. */
class Crowd {
  /** Events by type, and those of slots by slot and target too. */
  readonly told = new Map<string, number>();
  /** Bytes in use at each rest of the stimulus. */
  readonly rests: number[] = [];
  #released = 0;
  #restNs: bigint | undefined;

  readonly onUpdate = (it: Update): void => {
    this.#add(it.type);
    if (it.type === "pidfd.release") this.#released += 1;
    if (isOfSlot(it)) {
      this.#add(`${it.type} ${it.body.process?.pid} ${it.body.fd} ${it.body.target.pid}`);
      if (it.body.doubtful) this.#add("doubtful");
    }
    if (it.type === "finding") this.#add(`${it.body.rule} ${it.body.verdict}`);
  };

  readonly onMessage = ({ correlator }: Reading): void => {
    const isRest = this.#released === [CHURNED / 5, CHURNED][this.rests.length];
    const { ktimeNs } = correlator.point;
    this.#restNs = isRest ? this.#restNs ?? ktimeNs : undefined;
    if (this.#restNs !== undefined && ktimeNs - this.#restNs > 500_000_000n) this.rests.push(heapUsed());
  };

  #add(key: string): void {
    this.told.set(key, (this.told.get(key) ?? 0) + 1);
  }
}

async function missesNone(guest: LoadedGuest): Promise<void> {
  const crowd = new Crowd();
  await using reading = await guest.attach(crowd);
  // Its list of slots is larger than what is measured meanwhile.
  const tell = await guest.playSilently("load-churn", `${HELD}`, `${CHURNED}`);
  await reading.reach(await uptimeNs(guest.host));
  await reading.stop();
  const load = await tell();
  const { told, rests } = crowd;
  const { lost, late, unmatched, records } = reading.correlator.trust;
  assert.deepEqual({ lost, late, unmatched }, { lost: 0, late: 0, unmatched: 0 });
  assert.equal(reading.numbered, records);
  assert.equal(load.slots.length, HELD + CHURNED);
  for (const type of ["pidfd.create", "pidfd.install", "pidfd.close", "pidfd.release"]) {
    assert.equal(told.get(type), HELD + CHURNED, type);
  }
  for (const [slot, filled] of Map.groupBy(load.slots, (it) => `${it.pid} ${it.fd} ${it.target_pid}`)) {
    assert.equal(told.get(`pidfd.install ${slot}`), filled.length, slot);
    assert.equal(told.get(`pidfd.close ${slot}`), filled.length, slot);
  }
  assert.deepEqual([...told.keys()].filter((it) => /doubtful|broken|undetermined/.test(it)), []);
  const [fifth = 0, all = 0] = rests;
  console.log(`${guest.host.name}: ${records} records; heap ${fifth} and ${all} bytes`);
  assert.equal(rests.length, 2);
  assert.ok(Math.abs(all - fifth) <= fifth * HEAP_SHARE, `the heap grows from ${fifth} to ${all} bytes`);
}

/** Plays a quiet scenario whose records must all come: every verdict on it is definite. */
async function playCalmly(guest: LoadedGuest, reading: Reading): Promise<void> {
  const losses = updatesOf(reading.updates, "lost").length;
  const { threads } = await guest.play("three-pidfds", "2");
  await sleep(SETTLES_MS);
  const about = reading.updates.filter((it) =>
    "process" in it.body && threads.has(it.body.process?.tid ?? 0)
  );
  assert.equal(updatesOf(reading.updates, "lost").length, losses, "a quiet scenario is lost");
  const slots = about.filter(isOfSlot);
  assert.equal(slots.length, 12);
  assert.deepEqual(slots.filter((it) => it.body.doubtful || it.body.slots > 1), []);
  const births = updatesOf(about, "pidfd.create");
  const releases = updatesOf(about, "pidfd.release");
  assert.deepEqual(releases.map((it) => it.body.created_seq).sort(), births.map((it) => it.seq).sort());
  for (const { body } of [...births, ...releases]) assert.equal(body.count.after, body.count.expected);
  for (const { body } of releases) {
    assert.equal(body.last_of_inode === null, guest.plan.law === "per-file");
  }
}

async function losesAndSaysSo(guest: LoadedGuest): Promise<void> {
  const watch = new Watch();
  await using reading = await guest.attach({
    bufferPages: TINY_PAGES,
    onMessage: watch.look,
    keepsNumbers: true,
  });
  await playCalmly(guest, reading);
  const load = await guest.play("load-burst", `${HELD_IN_BURST}`, `${CHILDREN}`);
  await sleep(DOUBT_MS);
  await playCalmly(guest, reading);
  const left = reading.correlator.slots;
  await reading.stop();
  assertLossesAreTold(reading);
  assert.deepEqual(updatesOf(reading.updates, "finding").filter((it) => it.body.verdict === "broken"), []);
  assertNothingIsInvented(reading.updates, load);
  const [rest] = load.snapshots;
  assert.ok(rest !== undefined);
  const there = new Set(rest.slots.map(described));
  const atRest = watch.atRest(rest);
  const ghosts = atRest.filter((it) => !there.has(described(it)));
  console.log(`${guest.host.name}: ${reading.numbered} records, ${reading.correlator.trust.lost} lost`);
  console.log(
    `at rest ${there.size} slots, the model has ${atRest.length}, ${ghosts.length} ghosts; ${left.length} at the end`,
  );
  assert.deepEqual(ghosts.filter((it) => !it.doubtful), [], "a ghost that is said to be open");
  assert.deepEqual(left.filter((it) => !it.doubtful), [], "a ghost that is said to be open");
}

/** Every gap has its CPU, its size and its window, and together they are what is missing. */
function assertLossesAreTold({ updates, numbered, numbers, correlator }: Reading): void {
  const gaps = updatesOf(updates, "lost").map((it) => it.body).filter((it) => it.reason === "gap");
  const { lost, records } = correlator.trust;
  assert.ok(gaps.length > 0 && numbered > records, "nothing was lost: the buffer is too large for this test");
  const twice = [...numbers].filter(([, kinds]) => kinds.length > 1);
  for (const [number, kinds] of twice) console.log(`two records have number ${number}: ${kinds.join(", ")}`);
  const missing = numbered - numbers.size;
  assert.equal(gaps.reduce((sum, it) => sum + (it.events ?? NaN), 0), missing);
  assert.equal(lost, missing);
  for (const it of gaps) {
    assert.ok(it.cpu !== null && it.from_ns !== null && it.to_ns !== null, it.detail);
    assert.ok(BigInt(it.from_ns) <= BigInt(it.to_ns), it.detail);
  }
}

function assertNothingIsInvented(updates: readonly Update[], load: Load): void {
  const own = new Set(load.slots.map((it) => it.pid));
  const slots = updates.filter(isOfSlot).filter((it) => own.has(it.body.process?.pid ?? 0));
  assert.deepEqual(invented(slots.filter((it) => !it.body.doubtful), load), [], "a slot that never was");
  const doubtful = slots.filter((it) => it.body.doubtful);
  const wrong = invented(doubtful, load);
  console.log(`${slots.length} slots are told, ${doubtful.length} of them doubtful, ${wrong.length} wrong`);
  assert.ok(wrong.length <= doubtful.length * WRONG_SHARE);
}

/** Attaches while pidfds come and go; the program stays attached, and is handed back. */
async function beginsInTheMiddle(guest: LoadedGuest, attached: Reading[]): Promise<void> {
  const watch = new Watch();
  const loads: Load[] = [];
  let isOver = false;
  const playOn = async () => {
    while (!isOver) loads.push(await guest.play("load-churn", "200", "4000", "--rate", "500"));
  };
  const playing = playOn();
  // What comes of a failed attach is to be told, not that the other has ended.
  playing.catch(() => undefined);
  const reading = await guest.attach({ onMessage: watch.look });
  attached.push(reading);
  const own = await guest.play("load-churn", "100", "1000", "--rate", "500");
  isOver = true;
  await playing;
  const last = loads.at(-1);
  assert.ok(last !== undefined);
  const { attachedNs } = reading;
  await reading.reach(endOf(last));
  const { trust } = reading.correlator;
  const across = loads.flatMap((it) => it.slots).filter((it) =>
    BigInt(it.from_ns) < attachedNs && BigInt(it.to_ns) > attachedNs
  );
  console.log(
    `${guest.host.name}: ${across.length} slots are older than the probes, ${trust.unmatched} unmatched`,
  );
  // Between two rounds of the stimulus nothing is open for a moment.
  assert.ok(across.length >= 200 || loads.length > 1, "nothing was open when the probes came");
  assert.deepEqual([trust.lost, trust.late], [0, 0]);
  assert.deepEqual(updatesOf(reading.updates, "finding").filter((it) => it.body.verdict === "broken"), []);
  for (const load of [own, ...loads]) assertToldAfter(reading, load);
  assert.ok(trust.unmatched <= across.length, `${trust.unmatched} records fit nothing`);
  assert.equal(
    updatesOf(reading.updates, "pidfd.create").filter((it) => it.body.origin === "other").length,
    0,
  );
  for (const snapshot of own.snapshots) assertKnownAtRest(watch, own, snapshot);
}

/** Each slot that was filled after the begin is told when it is filled and when it is emptied, and no other. */
function assertToldAfter({ updates, attachedNs }: Reading, load: Load): void {
  const own = new Set(load.slots.map((it) => it.pid));
  const young = load.slots.filter((it) => BigInt(it.from_ns) > attachedNs);
  const slots = updates.filter(isOfSlot).filter((it) => own.has(it.body.process?.pid ?? 0));
  const told = slots.filter((it) => (it.ktimeNs ?? 0n) > attachedNs);
  assert.deepEqual(invented(told, load), []);
  const filled = updatesOf(told, "pidfd.install").length;
  const emptied = updatesOf(told, "pidfd.close").length;
  // Each of the two threads can have noted the begin of a call that filled its slot when all probes were there.
  assert.ok(filled >= young.length && filled <= young.length + 2, `${filled} of ${young.length} are told`);
  // Some are older than the last probe, and not older than the one that tells of them.
  assert.ok(emptied >= filled, `${emptied} of ${filled} are closed`);
}

function assertKnownAtRest(watch: Watch, { slots }: Load, snapshot: Snapshot): void {
  const own = new Set(slots.map((it) => it.pid));
  const seen = snapshot.slots.filter((it) => own.has(it.pid));
  const known = watch.atRest(snapshot).filter((it) => own.has(it.pid));
  assert.ok(seen.length > 0, "nothing was open at rest");
  assert.deepEqual(known.map(described).sort(), seen.map(described).sort());
  assert.deepEqual(known.filter((it) => it.doubtful), []);
}

/**
 * What a program told of processes: of slots in the order of each thread, of the rest only that it was told.
 *
 * The programs have clocks of their own, some microseconds apart: what two CPUs do at once can be told in either order,
 * and counts be read before or after a step of another CPU.
 */
function storyOf({ updates }: Reading, own: ReadonlySet<number>): ReadonlyMap<number, readonly string[]> {
  const story = new Map<number, string[]>();
  const rest: string[] = [];
  for (const it of updates) {
    if (it.type === "pid.free" || !("process" in it.body) || !("target" in it.body)) continue;
    const { process, target } = it.body;
    if (process === null || !own.has(process.pid)) continue;
    if (!isOfSlot(it)) {
      rest.push(`${process.tid} ${it.type} of ${target.pid}`);
      continue;
    }
    const told = `${it.type} ${it.body.fd} of ${target.pid}`;
    story.set(process.tid, [...story.get(process.tid) ?? [], told]);
  }
  return story.set(0, rest.sort());
}

/** Each slot that was filled is told when it is filled and when it is emptied, and no other. */
function assertToldOf({ updates }: Reading, load: Load): number {
  const own = new Set(load.slots.map((it) => it.pid));
  const slots = updates.filter(isOfSlot).filter((it) => own.has(it.body.process?.pid ?? 0));
  assert.deepEqual(invented(slots, load), []);
  const emptied = updatesOf(slots, "pidfd.close").length;
  assert.deepEqual([slots.length - emptied, emptied], [load.slots.length, load.slots.length]);
  return slots.length;
}

async function twoAtOnce(guest: LoadedGuest, one: Reading): Promise<void> {
  const { unmatched } = one.correlator.trust;
  await using other = await guest.attach();
  const load = await guest.play("load-burst", "5", "50");
  await one.reach(endOf(load));
  await other.reach(endOf(load));
  const own = new Set(load.slots.map((it) => it.pid));
  assert.deepEqual(storyOf(other, own), storyOf(one, own));
  const both = assertToldOf(one, load);
  await one.stop();
  const later = await guest.play("load-burst", "5", "50");
  await other.reach(endOf(later));
  await other.stop();
  assert.equal(updatesOf(other.updates, "lost").length, 0);
  const alone = assertToldOf(other, later);
  console.log(`${guest.host.name}: ${both} events of slots are told by both, then ${alone} by one`);
  for (const { numbered, correlator: { trust } } of [one, other]) {
    assert.deepEqual([trust.lost, trust.late, numbered], [0, 0, trust.records]);
  }
  // What was open when the first one came is told of in the step before.
  assert.deepEqual([one, other].map((it) => it.correlator.trust.unmatched), [unmatched, 0]);
}

for (const kernel of KERNELS) {
  Deno.test(`slots under load on ${kernel}`, async (t) => {
    await using guest = await LoadedGuest.start(kernel);
    await t.step("losses are told, and nothing is invented", () => losesAndSaysSo(guest));
    const attached: Reading[] = [];
    await t.step("what is younger than the probes is known", () => beginsInTheMiddle(guest, attached));
    const [one] = attached;
    if (one !== undefined) {
      await using _ = one;
      await t.step("two programs at once tell the same, and one alone goes on", () => twoAtOnce(guest, one));
    }
    await t.step("of a crowd none is missed, and nothing grows", () => missesNone(guest));
  });
}
