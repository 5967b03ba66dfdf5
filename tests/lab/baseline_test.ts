// What is open already: the kernel's walk, /proc, and those who hold the pidfds say the same.

import assert from "node:assert/strict";
import type { FoundSlot } from "../../events/mod.ts";
import { run, startGuestHost } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { readCgroupPaths, readPidfdSlots, readProcessFacts } from "../../kernel/mod.ts";
import type { PidfdListing, PidfdSlot } from "../../kernel/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { takeBaseline } from "../../scripts/cli/baseline.ts";
import type { Baseline } from "../../scripts/cli/baseline.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { lookNow } from "../../scripts/cli/leaks.ts";
import { survey } from "../../scripts/cli/prepare.ts";
import { planBaseline } from "../../tracers/mod.ts";
import { checkWords, wordOfBystander, wordOfHolder } from "../support/look_now.ts";
import type { OwnWord } from "../support/look_now.ts";
import { bringHolder, holdBystander, holdMany } from "../support/pidfd_holders.ts";
import type { Bystander, Holder } from "../support/pidfd_holders.ts";

const LIMITS = { deadlineSeconds: 900, eventsMax: 1_000_000, bufferPages: 64, follow: false };
const onProgress = (line: string) => console.log(line);
/** The kernel's clock for user space, USER_HZ: ns in a tick. */
const TICK_NS = 10_000_000n;
const O_CLOEXEC = 0o2000000;

/** Both laws, all generations, and each bpftrace. */
const KERNELS = ["6.12", "6.1", "5.10", "6.18", "7.2", "6.12+bookworm", "6.12+sid"];

for (const kernel of KERNELS) {
  Deno.test(`what is open on ${kernel} is told by its kernel, by /proc, and by who holds it`, async (t) => {
    await using host = await startGuestHost({ kernel, timeLimitSeconds: 600, shared: false, onProgress });
    const stimulus = await bringStimulus(host);
    const { facts } = await survey(host, { bpftrace: "bpftrace", limits: () => LIMITS });
    const quiet = await takeBaseline(host, { facts });
    assert.ok(quiet.kind === "known", quiet.kind === "unknown" ? quiet.reason : "");
    await t.step("an idle guest has none, and its files were looked at", () => {
      assert.deepEqual(quiet.value.slots, []);
      assert.ok(quiet.value.filesSeen > 10);
    });
    await using bystander = await holdBystander(host, { stimulus, holdMs: 120_000 });
    await using holder = await holdMany(host, await bringHolder(host, "/tmp"));
    // The kernel is asked first: reading /proc changes counts.
    const baseline = await takeBaseline(host, { facts });
    assert.ok(baseline.kind === "known", baseline.kind === "unknown" ? baseline.reason : "");
    const began = performance.now();
    const threads = await readPidfdSlots(host, { threads: true });
    console.log(
      `${kernel}: walk ${walkMs(baseline.value)} ms, /proc ${Math.round(performance.now() - began)} ms`,
    );
    const listing = await readPidfdSlots(host);
    assert.ok(listing.kind === "known" && threads.kind === "known");
    const both = { baseline: baseline.value, listing: listing.value };
    await t.step("a bystander's pidfds and their counts", () => {
      checkBystander(bystander.what, both, facts.pidfd.law === "per-file" ? 4 : 2);
    });
    await t.step("copies, shared tables, a thread's own table, a reaped target", () => {
      checkHolder(holder.what, both, threads.value);
    });
    await t.step("kernel and /proc agree about every slot", () => checkAgreement(both));
    await t.step("leaks --now counts what they say that they hold", () =>
      checkNow(host, [
        ...wordOfHolder(holder.what),
        wordOfBystander(bystander.what),
      ]));
    await t.step("who they are", () => checkIdentity(host, bystander.what.tid));
    await t.step("what is told is what is there when they have gone", async () => {
      await holder[Symbol.asyncDispose]();
      const after = await takeBaseline(host, { facts });
      assert.ok(after.kind === "known");
      assert.deepEqual(new Set(after.value.slots.map((it) => it.pid)), new Set([bystander.what.tid]));
    });
  });
}

Deno.test("a bpftrace that finds no iterator on 5.10 is refused with the reason", async () => {
  const kernel = "5.10+bookworm";
  await using host = await startGuestHost({ kernel, timeLimitSeconds: 600, shared: false, onProgress });
  const { facts } = await survey(host, { bpftrace: "bpftrace", limits: () => LIMITS });
  const baseline = await takeBaseline(host, { facts });
  assert.match(baseline.kind === "unknown" ? baseline.reason : "", /bpftrace 0\.17 finds no iterator/);
  assert.ok("reasons" in planBaseline(facts));
  const { code, stderr } = await run(host, ["bpftrace", "-e", "iter:task_file { @[1] = (uint64)ctx->file }"]);
  assert.notEqual(code, 0, "and so it is");
  assert.match(stderr, /fatal error|not available/);
});

/** One look, as `leaks --now` takes it. */
async function checkNow(host: Host, expected: readonly OwnWord[]): Promise<void> {
  const { signal } = new AbortController();
  const everybody = { pids: [], comm: undefined, uids: [], cgroups: [], containers: [] } as const;
  const asked = { ...everybody, deadOnly: false, top: 100, failOn: "dead", signal } as const;
  const { holders, body } = await lookNow(host, asked);
  checkWords(holders, expected);
  const sum = (of: "pidfds" | "dead") => expected.reduce((total, it) => total + it[of], 0);
  assert.deepEqual([body.holders, body.pidfds, body.dead], [expected.length, sum("pidfds"), sum("dead")]);
  assert.deepEqual([body.outside, body.missing, body.exit_code], [0, [], 1]);
}

/** What two witnesses say. */
interface Both {
  readonly baseline: Baseline;
  readonly listing: PidfdListing;
}

async function bringStimulus(host: Host): Promise<string> {
  await copyTo(host, { path: await buildStimulus({ onProgress }), folder: "/tmp" });
  return "/tmp/stimulus";
}

/** From the first record to the last one. */
function walkMs({ slots }: Baseline): number {
  const times = slots.map((it) => it.ktimeNs);
  return Number((times.at(-1) ?? 0n) - (times[0] ?? 0n)) / 1e6;
}

function checkBystander(held: Bystander, { baseline, listing }: Both, count: number): void {
  const found = baseline.slots.filter((it) => it.pid === held.tid);
  assert.deepEqual(found.map((it) => it.fd), held.fds);
  for (const slot of found) {
    assert.deepEqual([slot.nr, slot.targetComm, slot.comm], [held.pid, "stimulus", "stimulus"]);
    assert.deepEqual([slot.cloexec, slot.count, slot.tid], [1, count, held.tid]);
    assert.ok(slot.targetStartNs >= slot.startNs);
    assert.equal(referencesOf(slot, baseline), 1n);
    assert.ok(slot.ktimeNs > baseline.beganNs - TICK_NS && slot.ktimeNs <= baseline.endedNs);
  }
  assert.equal(new Set(found.map((it) => it.pidAddress)).size, 1);
  assert.equal(new Set(found.map((it) => it.file)).size, 3);
  const read = listing.slots.filter((it) => it.pid === held.tid);
  assert.deepEqual(read.map((it) => [it.fd, it.target]).sort(), held.fds.map((fd) => [fd, held.pid]));
  assert.ok(listing.disturbed.has(held.pid) && listing.disturbed.has(held.tid));
}

function checkHolder(held: Holder, { baseline }: Both, threads: PidfdListing): void {
  const of = (tid: number) => baseline.slots.filter((it) => it.tid === tid);
  const [main, sharer, thread] = [of(held.pid), of(held.sharer), of(held.tid)];
  const told = new Set(baseline.slots.filter((it) => it.pid === held.pid).map((it) => it.tid));
  assert.deepEqual(told, new Set([held.pid, held.tid]), "a thread that shares the table is passed over");
  assert.deepEqual(fdsOf(main), [...held.many, held.late, held.copy].sort((a, b) => a - b));
  assert.deepEqual(fdsOf(sharer), fdsOf(main));
  assert.deepEqual(new Set([...main, ...sharer].map((it) => it.table)).size, 1, "they share a table");
  const [first, second] = held.many;
  const inMain = new Map(main.map((it) => [it.fd, it]));
  const [original, copy, closed] = [first, held.copy, second].map((fd) => inMain.get(fd ?? -1));
  assert.ok(original !== undefined && copy !== undefined && closed !== undefined);
  assert.equal(original.file, copy.file);
  assert.deepEqual([original.cloexec, copy.cloexec], [1, 0]);
  // Two slots here and two in the thread's table; one of them is closed there for the second.
  assert.equal(referencesOf(original, baseline), 4n);
  assert.equal(referencesOf(closed, baseline), 1n);
  const late = inMain.get(held.late);
  assert.deepEqual([late?.nr, late?.targetStartNs, late?.targetComm], [held.gone, 0n, ""]);
  assert.deepEqual(
    fdsOf(thread),
    [...fdsOf(main).filter((it) => it !== second), held.own].sort((a, b) => a - b),
  );
  assert.ok(thread.every((it) => it.pid === held.pid && it.table !== original.table));
  assert.equal(thread.find((it) => it.fd === held.own)?.nr, held.parent);
  const read = threads.slots.filter((it) => it.tid === held.tid);
  assert.deepEqual(read.map((it) => it.fd).sort((a, b) => a - b), fdsOf(thread));
}

function checkAgreement({ baseline, listing }: Both): void {
  assert.deepEqual([listing.missing, listing.refused], [[], []]);
  const told = baseline.slots.filter((it) => it.tid === it.pid).map(asRead);
  const byPlace = (a: Common, b: Common) => a.pid - b.pid || a.fd - b.fd;
  assert.deepEqual(listing.slots.map(common).sort(byPlace), told.sort(byPlace));
}

/** What both witnesses can say of a slot. */
type Common = Pick<PidfdSlot, "pid" | "fd" | "startTicks" | "inode" | "flags" | "target">;

function common({ pid, fd, startTicks, inode, flags, target }: PidfdSlot): Common {
  return { pid, fd, startTicks, inode, flags, target };
}

/** What /proc has to say of a slot that the kernel tells of. */
function asRead(slot: FoundSlot): Common {
  const { pid, fd, inode } = slot;
  const flags = Number.parseInt(slot.fileFlags, 16) & ~O_CLOEXEC;
  return {
    pid,
    fd,
    startTicks: slot.startNs / TICK_NS,
    inode,
    flags: flags | (slot.cloexec === 1 ? O_CLOEXEC : 0),
    target: slot.targetStartNs === 0n ? -1 : slot.nr,
  };
}

function referencesOf({ references }: FoundSlot, { referencesBias }: Baseline): bigint {
  return references + BigInt(referencesBias);
}

function fdsOf(slots: readonly FoundSlot[]): readonly number[] {
  return slots.map((it) => it.fd).sort((a, b) => a - b);
}

/** Puts a process into a cgroup as an engine would name it, and asks who it is. */
async function checkIdentity(host: Host, pid: number): Promise<void> {
  const id = "c0ffee00".repeat(8);
  const path = `/system.slice/docker-${id}.scope`;
  const move = 'mkdir -p "/sys/fs/cgroup$0" && echo "$1" >"/sys/fs/cgroup$0/cgroup.procs"';
  assert.equal((await run(host, ["sh", "-c", move, path, `${pid}`])).code, 0);
  const [facts, paths] = await Promise.all([
    readProcessFacts(host, [1, pid, 4_000_000]),
    readCgroupPaths(host),
  ]);
  assert.ok(facts.kind === "known" && paths.kind === "known");
  assert.deepEqual([...facts.value.keys()], [1, pid]);
  const of = facts.value.get(pid);
  assert.deepEqual(of?.numbers, [pid]);
  assert.ok(of.cgroups.kind === "known");
  assert.deepEqual(of.cgroups.value.owner, { kind: "container", id, runtime: "docker", podUid: undefined });
  const { stdout } = await run(host, ["stat", "-c", "%i", `/sys/fs/cgroup${path}`]);
  assert.equal(paths.value.get(BigInt(stdout.trim())), path);
}
