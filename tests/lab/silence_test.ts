// Probes that the kernel itself makes silent, before a run and in the middle of it: the tool says so, takes the next step
// or cannot tell, and never says that there are no pidfds.
// Guests: keeps lab:6.1.

import assert from "node:assert/strict";
import { GuestHost, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { buildStimulus, findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import { Tool } from "../support/tool.ts";
import { ofType } from "../support/traced_guest.ts";

const TARGET = ["--target", "lab:6.1", "--json"];
const FTRACE = "/proc/sys/kernel/ftrace_enabled";
const KPROBES = "/sys/kernel/debug/kprobes/enabled";

async function turn(host: Host, file: string, value: "0" | "1"): Promise<void> {
  const { code, stderr } = await run(host, ["sh", "-c", 'echo "$1" >"$0"', file, value], {
    timeoutMs: 30_000,
  });
  assert.equal(code, 0, stderr);
}

/** A guest, and the words that run the stimulus there. */
interface Scene {
  readonly host: Host;
  readonly command: readonly string[];
}

/** Runs the tool while a switch is off. */
async function whileOff(host: Host, file: string, words: readonly string[]) {
  await turn(host, file, "0");
  try {
    return await new Tool([...TARGET, ...words]).result();
  } finally {
    await turn(host, file, "1");
  }
}

async function ftraceOff({ host, command }: Scene): Promise<void> {
  const { code, events, stderr } = await whileOff(host, FTRACE, [...command, "three-pidfds", "3"]);
  const created = ofType(events, "pidfd.create");
  assert.deepEqual(
    created.map((it) => it.origin),
    Array(3).fill(["clone", "pidfd_open", "pidfd_open"]).flat(),
  );
  assert.ok(created.filter((it) => it.origin === "clone").every((it) => it.count.after === 2), stderr);
  assert.ok(created.every((it) => it.fd !== null && it.count.expected === null));
  assert.deepEqual(ofType(events, "finding"), []);
  const [summary] = ofType(events, "summary");
  const [end] = ofType(events, "end");
  assert.deepEqual([summary?.open, end?.exit_code, code], [null, 4, 0]);
  assert.match(stderr, /births by clone and clone3: seen by tracepoints: .*ftrace_enabled" is 0/);
  assert.match(stderr, /releases: not seen: .*ftrace_enabled" is 0/);
}

async function ftraceOffInTheMiddle({ host }: Scene): Promise<void> {
  const tool = new Tool([...TARGET, "-d", "14s"]);
  await tool.until('"type":"start"');
  await turn(host, FTRACE, "0");
  await tool.until('"silenced"');
  await turn(host, FTRACE, "1");
  const { code, events, stderr } = await tool.result();
  const lost = ofType(events, "lost");
  assert.ok(lost.length > 0 && lost.every((it) => it.reason === "silenced" && it.from_ns !== null));
  const [end] = ofType(events, "end");
  assert.deepEqual([end?.complete, end?.exit_code, code], [false, 4, 4]);
  assert.equal(ofType(events, "summary")[0]?.lost, null, "nobody knows how many");
  assert.match(stderr, /probes were switched off while they were in use/);
}

async function kprobesOff({ host, command }: Scene): Promise<void> {
  const { code, events, stderr } = await whileOff(host, KPROBES, [...command, "three-pidfds", "3"]);
  assert.deepEqual([code, ofType(events, "end")[0]?.exit_code], [0, 0], stderr);
  const [start] = ofType(events, "start");
  assert.match(
    start?.cannot_see.join("\n") ?? "",
    /put_pid\.part\.0 is not seen: .*kprobes\/enabled" is 0/,
  );
  assert.deepEqual(start?.probes.filter((it) => it.startsWith("kprobe:")), []);
  const [summary] = ofType(events, "summary");
  assert.deepEqual([summary?.created, summary?.released, summary?.open, summary?.lost], [9, 9, 0, 0]);
}

async function wrongDoor(): Promise<void> {
  const tool = new Tool([...TARGET, "--birth-probe", "anon_inode_getfd", "-d", "3s"]);
  const { code, events, stderr } = await tool.result();
  assert.equal(code, 4);
  assert.deepEqual(events, []);
  assert.match(stderr, /fentry:anon_inode_getfd told of 0 of 3 births; taking the next step/);
  assert.match(
    stderr,
    /Cannot tell what pidfds there are on "lab:6\.1": no probe that tells of births fires/,
  );
}

async function untried(): Promise<void> {
  const { code, events, stderr } = await new Tool([...TARGET, "--no-stimulus", "-d", "2s"]).result();
  assert.equal(code, 4);
  assert.match(
    ofType(events, "start")[0]?.cannot_see.join("\n") ?? "",
    /no probe was tried before the run/,
  );
  assert.match(stderr, /nothing was seen, and that is no answer/);
}

async function noBtf({ host, command }: Scene): Promise<void> {
  const hide = ": >/tmp/empty; mount --bind /tmp/empty /sys/kernel/btf/vmlinux";
  assert.equal((await run(host, ["sh", "-c", hide])).code, 0);
  try {
    const { events, stderr } = await new Tool([...TARGET, ...command, "three-pidfds", "3"]).result();
    const created = ofType(events, "pidfd.create");
    assert.deepEqual(created.map((it) => it.count.after), Array(3).fill([2, 3, 4]).flat(), stderr);
    const released = ofType(events, "pidfd.release");
    assert.deepEqual(released.map((it) => it.count.after), Array(3).fill([3, 2, 1]).flat());
    assert.ok([...created, ...released].every((it) => it.count.expected === null), "nothing is judged");
    assert.deepEqual(ofType(events, "finding"), []);
    const [start] = ofType(events, "start");
    assert.match(start?.cannot_see.join("\n") ?? "", /assumed: count is the first member of struct pid/);
  } finally {
    await run(host, ["umount", "/sys/kernel/btf/vmlinux"]);
  }
}

const STEPS: readonly (readonly [string, (scene: Scene) => Promise<void>])[] = [
  ["ftrace off before the run: births by tracepoints, and nobody says how many are open", ftraceOff],
  ["ftrace off in the middle: a loss with its window, and no complete result", ftraceOffInTheMiddle],
  ["kprobes off before the run: fentry sees everything, and what put_pid's clone hides is said", kprobesOff],
  ['a birth probe at the wrong door: cannot tell, which is not "no pidfds"', wrongDoor],
  ["untried probes that see nothing: cannot tell", untried],
  ["no BTF: births and releases by kprobes, with the counts that are there, and none is judged", noBtf],
];

Deno.test("silent probes are told of, and nobody is told that there are no pidfds", async (t) => {
  await using guest = await startGuest({ kernel: findKernel("6.1"), timeLimitSeconds: 900 });
  await registerGuest(guest);
  const { name, port, user, keyFile, knownHostsFile } = guest;
  await using host = await GuestHost.connect({ name, port, user, keyFile, knownHostsFile });
  const command = ["--copy", await buildStimulus(), "--cmd-output", "/dev/null", "--", "./stimulus"];
  for (const [title, step] of STEPS) await t.step(title, () => step({ host, command }));
});
