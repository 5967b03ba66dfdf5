// Programs that do not run: no number is missing then, and probes that must agree tell.
// Guests: keeps lab:6.12, lab:6.1, lab:7.2+sid, lab:6.18, lab:5.10, lab:5.10+bookworm.

import assert from "node:assert/strict";
import { GuestHost, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { buildStimulus, findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { Tool } from "../support/tool.ts";
import { ofType } from "../support/traced_guest.ts";

const FTRACE = "/proc/sys/kernel/ftrace_enabled";

/** A kernel of the lab, and what is known there of programs that were not run. */
interface Kernel {
  /** Its name in the lab. */
  readonly name: string;
  /** What is said of recursion misses. */
  readonly recursion: 0 | RegExp;
  /** Whether births are told of a second time; otherwise only calls are counted twice. */
  readonly hasSecondSight: boolean;
  /** What kernel.ftrace_enabled=0 does to fentry probes that are attached; the oldest kernel does not take it then. */
  readonly switch: "silences" | "is refused" | "untried";
}

const UNCOUNTED = /does not count recursion misses/;

const KERNELS: readonly Kernel[] = [
  { name: "6.12", recursion: 0, hasSecondSight: true, switch: "silences" },
  { name: "6.1", recursion: 0, hasSecondSight: true, switch: "silences" },
  { name: "7.2+sid", recursion: 0, hasSecondSight: true, switch: "silences" },
  { name: "6.18", recursion: 0, hasSecondSight: true, switch: "untried" },
  { name: "5.10", recursion: UNCOUNTED, hasSecondSight: true, switch: "is refused" },
  { name: "5.10+bookworm", recursion: UNCOUNTED, hasSecondSight: true, switch: "untried" },
];

/** Runs of which one must be without a fault: a kernel that can be preempted passes a program over now and then. */
const RUNS_MAX = 4;

/** A run in which no program was passed over; one in which it was has to say so, and can prove nothing else here. */
async function faultless(command: readonly string[], name: string) {
  for (let left = RUNS_MAX;; left -= 1) {
    const tool = new Tool(["--target", `lab:${name}`, "--json", ...command, "three-pidfds", "23"]);
    const result = await tool.result();
    const lost = ofType(result.events, "lost");
    const isPassedOver = lost.length > 0 &&
      lost.every((it) => /^the kernel did not run a program/.test(it.detail));
    if (!isPassedOver || left === 1) return result;
    const [summary] = ofType(result.events, "summary");
    assert.ok((summary?.recursion_misses ?? 0) > 0, result.stderr);
    assert.deepEqual([result.code, ofType(result.events, "end")[0]?.exit_code], [0, 4], result.stderr);
  }
}

async function agree(command: readonly string[], { name, recursion, hasSecondSight }: Kernel): Promise<void> {
  const { code, events, stderr } = await faultless(command, name);
  assert.deepEqual([code, ofType(events, "end")[0]?.exit_code], [0, 0], stderr);
  assert.deepEqual([ofType(events, "lost"), ofType(events, "finding")], [[], []]);
  const [summary] = ofType(events, "summary");
  assert.ok(summary !== undefined && summary.created === 69, stderr);
  assert.ok(summary.witnesses_compared > 0, stderr);
  assert.deepEqual([summary.missed, summary.witnesses_differing, summary.undetermined], [0, 0, 0]);
  if (recursion === 0) {
    // Some of a kprobe that no verdict rests on are usual.
    assert.ok(summary.recursion_misses !== null, stderr);
    assert.deepEqual(summary.not_known, []);
  } else {
    assert.equal(summary.recursion_misses, null);
    assert.match(summary.not_known.join("\n"), recursion);
    assert.match(stderr, /recursion misses unknown/);
  }
  const blind = ofType(events, "start")[0]?.cannot_see.some((it) => it.includes("second probe"));
  assert.equal(blind, !hasSecondSight);
}

async function turn(host: Host, value: "0" | "1"): Promise<void> {
  const { code, stderr } = await run(host, ["sh", "-c", 'echo "$1" >"$0"', FTRACE, value], {
    timeoutMs: 30_000,
  });
  assert.equal(code, 0, stderr);
}

/** On a kernel that keeps fentry probes from being switched off nothing is passed over that way. */
async function refused(host: Host, { name }: Kernel): Promise<void> {
  const tool = new Tool(["--target", `lab:${name}`, "--json", "-d", "4s"]);
  await tool.until('"type":"start"');
  await assert.rejects(turn(host, "0"), /I\/O error|busy/);
  const { code, events, stderr } = await tool.result();
  assert.deepEqual([code, ofType(events, "lost")], [0, []], stderr);
}

/** Clones with CLONE_PIDFD that nobody but the tracepoint sees. */
async function passOver(host: Host, stimulus: string, rounds: number): Promise<void> {
  const { code, stderr } = await run(host, [stimulus, "clone", `${rounds}`], { timeoutMs: 60_000 });
  assert.equal(code, 0, stderr);
}

/**
 * Off for less time than the look at the switch takes to come: only the witnesses are sure to tell.
 *
 * Three pidfds are closed meanwhile, and their target exits, which a tracepoint tells: its count is too low for who does
 * not know of the closes.
 */
async function passedOver(host: Host, stimulus: string, { name }: Kernel): Promise<void> {
  const tool = new Tool(["--target", `lab:${name}`, "--json", "-d", "16s"]);
  await tool.until('"type":"start"');
  const bystander = host.spawn([stimulus, "bystander", "1"]);
  const output = new Response(bystander.stdout).text();
  await tool.until('"origin":"pidfd_open"');
  await turn(host, "0");
  await passOver(host, stimulus, 13);
  await bystander.stdin.close();
  assert.equal((await bystander.status).code, 0, await output);
  await turn(host, "1");
  await bystander.stderr.cancel();
  await passOver(host, stimulus, 5);
  const { code, events, stderr } = await tool.result();
  const missed = ofType(events, "lost").filter((it) => it.reason === "missed-probe");
  assert.equal(missed.reduce((total, it) => total + (it.events ?? 0), 0), 13, stderr);
  for (const it of missed) {
    assert.match(it.detail, /births that task:task_newtask told of were not seen/);
    assert.ok(it.from_ns !== null && it.to_ns !== null && BigInt(it.to_ns) > BigInt(it.from_ns));
  }
  const [summary] = ofType(events, "summary");
  assert.deepEqual([summary?.missed, summary?.created, summary?.released], [13, 8, 5], "nothing is invented");
  assert.equal(summary?.witnesses_differing, missed.length);
  const verdicts = ofType(events, "finding").map((it) => it.verdict);
  // Where all pidfds share one reference, that of the parent who waits can stand in its place.
  const isLow = ofType(events, "start")[0]?.law === "per-file";
  assert.ok(
    verdicts.every((it) => it === "undetermined") && (verdicts.length > 0 || !isLow),
    verdicts.join(),
  );
  assert.deepEqual([code, ofType(events, "end")[0]?.complete], [4, false]);
  assert.match(stderr, /probes that did not run: missed 13 /);
}

for (const kernel of KERNELS) {
  Deno.test(`probes that must agree do on ${kernel.name}, and what one of them misses is told`, async (t) => {
    await using guest = await startGuest({ kernel: findKernel(kernel.name), timeLimitSeconds: 600 });
    await registerGuest(guest);
    const { name, port, user, keyFile, knownHostsFile } = guest;
    await using host = await GuestHost.connect({ name, port, user, keyFile, knownHostsFile });
    const path = await buildStimulus();
    const command = ["--copy", path, "--cmd-output", "/dev/null", "--", "./stimulus"];
    await t.step("a run without faults: compared, and no difference", () => agree(command, kernel));
    if (kernel.switch === "is refused") {
      await t.step("ftrace stays on while probes need it", () => refused(host, kernel));
    }
    if (kernel.switch !== "silences") return;
    await t.step("ftrace off for a moment: the births that were missed are counted", async () => {
      assert.equal((await run(host, ["mkdir", "/tmp/trust"])).code, 0);
      await copyTo(host, { path, folder: "/tmp/trust" });
      await passedOver(host, "/tmp/trust/stimulus", kernel);
    });
  });
}
