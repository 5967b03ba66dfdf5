// Both laws: what the kernel told and what the stimulus saw, scenario by scenario, over one attached program.

import assert from "node:assert/strict";
import { printable } from "../../events/mod.ts";
import { run } from "../../hosts/mod.ts";
import { agree, agreeOnBirths, agreeOnEnds, agreeOnReleases } from "../support/agree.ts";
import { ofType, randomPrime, TracedGuest } from "../support/traced_guest.ts";

/** A kernel of the lab, and what is different there. */
interface Kernel {
  /** Its name in the lab. */
  readonly name: string;
  /** What holds one reference of a `struct pid`. */
  readonly law: "per-file" | "per-inode";
  /** The count at the birth of a process's pidfds, the first one first, for as many as there are. */
  readonly births: readonly number[];
  /** The count after the release of three pidfds, one after the other. */
  readonly releases: readonly number[];
  /** How many inodes the pidfds of so many processes have. */
  readonly inodes: (processes: number) => number;
  /** What becomes of a pidfd_open with PIDFD_THREAD: flags of the file, or the name of an error. */
  readonly ofThread: readonly string[] | string;
}

const KERNELS: readonly Kernel[] = [
  {
    name: "6.12",
    law: "per-inode",
    births: [2, 2, 2],
    releases: [2, 2, 1],
    inodes: (processes) => processes,
    ofThread: ["O_RDWR", "PIDFD_THREAD"],
  },
  {
    name: "6.1",
    law: "per-file",
    births: [2, 3, 4],
    releases: [3, 2, 1],
    inodes: () => 1,
    ofThread: "EINVAL",
  },
];

type Step = (guest: TracedGuest, kernel: Kernel) => Promise<void>;

/** Scenarios in which every call succeeds and every pidfd is closed, and the pidfds of a round. */
const WHOLE: readonly {
  readonly scenario: string;
  readonly pidfds: number;
  /** The target had exited before anybody had a pidfd of it, so nobody was asked to watch it. */
  readonly exited?: true;
}[] = [
  { scenario: "clone", pidfds: 1 },
  { scenario: "clone-reap-first", pidfds: 1 },
  { scenario: "clone3", pidfds: 1 },
  { scenario: "clone3-reap-first", pidfds: 1 },
  { scenario: "pidfd-open", pidfds: 1 },
  { scenario: "pidfd-open-zombie", pidfds: 1, exited: true },
  { scenario: "two-pidfds", pidfds: 2 },
  { scenario: "three-pidfds", pidfds: 3 },
];

const wholeScenarios = WHOLE.map(({ scenario, pidfds, exited }): [string, Step] => [
  `${scenario}: every pidfd is created and released with the count that it should have`,
  async (guest, kernel) => {
    const rounds = randomPrime();
    console.log(`${scenario}: ${rounds} rounds`);
    const both = await guest.stimulate(scenario, rounds);
    agree(both, exited === true ? ["process.reap", "pid.free"] : undefined);
    const created = ofType(both.events, "pidfd.create");
    assert.equal(created.length, rounds * pidfds);
    assert.equal(new Set(created.map((it) => it.target.id)).size, rounds);
    assert.equal(new Set(created.map((it) => it.inode)).size, kernel.inodes(rounds));
    created.forEach((it, at) => {
      const count = kernel.births[at % pidfds];
      assert.deepEqual([it.count.after, it.count.expected], [count, count]);
      assert.equal(it.count.holders.length, count);
      assert.deepEqual(it.flags, ["O_RDWR"]);
    });
    const released = ofType(both.events, "pidfd.release");
    for (const it of released) {
      assert.equal(it.last_of_inode === null, kernel.law === "per-file");
    }
    if (pidfds === 3) {
      const after = Array.from({ length: rounds }, () => kernel.releases).flat();
      assert.deepEqual(released.map((it) => it.count.after), after);
    }
  },
]);

const leaving = ["exit-open", "exec-open"].map((scenario): [string, Step] => [
  `${scenario}: a pidfd that nobody closed is released when its process leaves it`,
  async (guest) => {
    const both = await guest.stimulate(scenario, 11);
    agreeOnBirths(both);
    agreeOnReleases(both);
    agreeOnEnds(both);
    assert.equal(ofType(both.events, "pidfd.release").length, 11);
  },
]);

async function emfile(guest: TracedGuest): Promise<void> {
  const { calls, events } = await guest.stimulate("emfile", 7);
  agreeOnBirths({ calls, events });
  const failed = ofType(events, "clone.failed");
  assert.equal(failed.length, 14);
  for (const it of failed) {
    assert.deepEqual([it.errno, it.stage, it.integer, it.file], ["EMFILE", "pidfd", 0, null]);
    assert.deepEqual([it.count?.after, it.count?.expected], [1, 1]);
  }
  assert.deepEqual(failed.map((it) => it.origin).slice(0, 2), ["clone", "clone3"]);
  assert.deepEqual(ofType(events, "finding"), []);
}

async function efault(guest: TracedGuest): Promise<void> {
  for (const [scenario, origin] of [["efault", "clone"], ["efault-clone3", "clone3"]] as const) {
    const { calls, events } = await guest.stimulate(scenario, 7);
    agreeOnBirths({ calls, events });
    assert.ok(calls.every((it) => it.open_fds_before === it.open_fds_after));
    const failed = ofType(events, "clone.failed");
    assert.equal(failed.length, 7);
    for (const it of failed) {
      assert.deepEqual([it.errno, it.stage, it.origin, it.integer], ["EFAULT", "put_user", origin, null]);
      assert.deepEqual([it.file_released, it.pid_dropped], [true, true]);
      assert.deepEqual([it.count?.before, it.count?.after, it.count?.expected], [2, 1, 1]);
    }
    // A file that was never installed is neither created nor released in the sense of a pidfd.
    assert.deepEqual([ofType(events, "pidfd.create"), ofType(events, "pidfd.release")], [[], []]);
    assert.deepEqual(ofType(events, "finding"), []);
  }
}

async function pidsMax(guest: TracedGuest): Promise<void> {
  const { calls, events } = await guest.stimulate("pids-max", 5);
  agreeOnBirths({ calls, events });
  const failed = ofType(events, "clone.failed");
  const stale = calls.filter((it) => it.call === "clone").map((it) => it.integer);
  assert.equal(failed.length, 5);
  assert.deepEqual(failed.map((it) => it.integer), stale);
  assert.ok(
    stale.every((it) => it !== null && it > 0),
    "the kernel leaves the number of an fd that never was",
  );
  for (const it of failed) {
    assert.deepEqual([it.errno, it.stage], ["EAGAIN", "after-pidfd"]);
    assert.deepEqual([it.file_released, it.pid_dropped], [true, true]);
  }
  assert.deepEqual(ofType(events, "finding"), []);
}

async function otherFailures(guest: TracedGuest): Promise<void> {
  const open = await guest.stimulate("emfile-open", 5);
  agreeOnBirths(open);
  assert.deepEqual(ofType(open.events, "open.failed").map((it) => it.errno), Array(5).fill("EMFILE"));
  const missing = await guest.stimulate("open-fail", 5);
  agreeOnBirths(missing);
  assert.deepEqual(ofType(missing.events, "open.failed").map((it) => it.errno).slice(0, 2), [
    "ESRCH",
    "EINVAL",
  ]);
  const conflict = await guest.stimulate("conflict", 5);
  agreeOnBirths(conflict);
  const stages = ofType(conflict.events, "clone.failed").map((it) => it.stage).slice(0, 2);
  // PARENT_SETTID is refused before copy_process() is entered, DETACHED in it.
  assert.deepEqual(stages, ["arguments", "before-pid"]);
  for (const { events } of [open, missing, conflict]) assert.deepEqual(ofType(events, "finding"), []);
}

async function threads(guest: TracedGuest): Promise<void> {
  const both = await guest.stimulate("threads", 40);
  agreeOnBirths(both);
  agreeOnEnds(both);
  const created = ofType(both.events, "pidfd.create");
  assert.equal(created.length, 40);
  assert.equal(new Set(created.map((it) => it.process?.tid)).size, 4);
  // A child can hold a copy of another thread's pidfd for a moment, so the order of releases is not the closers'.
  assert.equal(ofType(both.events, "pidfd.release").length, 40);
}

async function hostileComm(guest: TracedGuest): Promise<void> {
  const both = await guest.stimulate("comm", 10);
  agree(both);
  const created = ofType(both.events, "pidfd.create");
  const named = both.calls.filter((it) => it.call === "clone");
  assert.ok(new Set(named.map((it) => it.comm_hex)).size >= 5);
  named.forEach((call, at) => {
    const bytes = Uint8Array.from((call.comm_hex ?? "").match(/../g) ?? [], (it) => Number.parseInt(it, 16));
    assert.equal(created[at]?.process?.comm, printable(bytes));
  });
  for (const line of guest.lines) assert.match(line, /^[^\p{Cc}]*\n$/u);
}

async function trafficAddsNothing(guest: TracedGuest): Promise<void> {
  const before = guest.correlator.trust.records;
  await guest.begin("traffic", "50");
  await guest.settle();
  assert.equal(
    guest.correlator.trust.records,
    before,
    "forks, opens and closes without pidfds print nothing",
  );
}

async function bystander(guest: TracedGuest, kernel: Kernel): Promise<void> {
  const first = guest.events.length;
  const holding = guest.begin("bystander", "--hold", "5000");
  const traffic = guest.begin("traffic", "30");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const both = await guest.stimulate("clone", 23);
  agree(both);
  assert.equal(ofType(both.events, "pidfd.create").length, 23);
  await traffic;
  const ready = JSON.parse((await holding)[0] ?? "");
  await guest.settle();
  const events = guest.events.slice(first);
  const own = ofType(events, "pidfd.create").filter((it) => it.process?.tid === ready.tid);
  assert.deepEqual(own.map((it) => it.fd), ready.fds);
  assert.ok(own.every((it) => it.target.pid === ready.pid));
  assert.deepEqual(own.map((it) => it.count.after), kernel.births);
  const seqs = new Set(own.map((it) => it.seq));
  const gone = ofType(events, "pidfd.release").filter((it) => seqs.has(it.created_seq ?? 0));
  assert.deepEqual(gone.map((it) => it.count.after), kernel.releases);
}

/** pidfd_open(2) of oneself with PIDFD_THREAD; the number of the call is that of x86-64. */
const OPEN_THREAD = 'my $fd = syscall(434, $$ + 0, 0x80); printf "%d %d\\n", $$, $fd < 0 ? -$! : $fd';

async function threadPidfd(guest: TracedGuest, kernel: Kernel): Promise<void> {
  const first = guest.events.length;
  const { code, stdout } = await run(guest.host, ["perl", "-e", OPEN_THREAD]);
  assert.equal(code, 0);
  const [pid, result] = stdout.trim().split(" ").map(Number);
  await guest.settle();
  const events = guest.events.slice(first).filter((it) => "process" in it && it.process?.pid === pid);
  const created = ofType(events, "pidfd.create");
  const failed = ofType(events, "open.failed");
  if (typeof kernel.ofThread === "string") {
    assert.deepEqual(created, []);
    assert.deepEqual(failed.map((it) => [it.errno, it.flags]), [[kernel.ofThread, ["PIDFD_THREAD"]]]);
    return;
  }
  assert.deepEqual(failed, []);
  assert.deepEqual(created.map((it) => [it.fd, it.flags, it.target.pid]), [[result, kernel.ofThread, pid]]);
}

async function leavesNothing(guest: TracedGuest): Promise<void> {
  const trust = await guest.stop();
  assert.deepEqual([trust.lost, trust.late], [0, 0], "the kernel's own counters agree with what arrived");
  assert.ok(trust.records > 1000);
  const kprobes = await guest.host.readText("/sys/kernel/debug/kprobes/list");
  assert.equal(kprobes, "");
  const left = await run(guest.host, [
    "sh",
    "-c",
    "ps -eo args | grep -E '[t]race-clone-guard|[b]pftrace'; ls -d /tmp/trace-clone.*",
  ]);
  assert.equal(left.stdout, "");
}

const STEPS: readonly (readonly [string, Step])[] = [
  ...wholeScenarios,
  ...leaving,
  ["emfile: no file is made, the integer is untouched, one count is given back", emfile],
  ["efault: the file is made and released without ever being installed", efault],
  ["pids-max: the integer keeps the number of an fd that never was", pidsMax],
  ["failures of pidfd_open and flag conflicts carry their errno and stage", otherFailures],
  ["threads: the events of each thread are in its order", threads],
  ["comm: no byte of a comm changes the program or the JSON", hostileComm],
  ["traffic without pidfds prints nothing", trafficAddsNothing],
  ["a bystander and traffic are not mixed up with the subject", bystander],
  ["a pidfd of a single thread is made, or refused, as the kernel knows it or not", threadPidfd],
  ["nothing was lost, and nothing stays behind", leavesNothing],
];

for (const kernel of KERNELS) {
  Deno.test(`lifecycle on kernel ${kernel.name}`, async (t) => {
    await using guest = await TracedGuest.start(kernel.name);
    assert.equal(guest.law, kernel.law);
    for (const [name, step] of STEPS) await t.step(name, () => step(guest, kernel));
  });
}
