// The tool over ssh, as a user with a configuration of his own starts it: two machines at once, each with its own law and
// fate; by sudo; and what happens when the network of one goes in the middle.
// Guests: alone.

import assert from "node:assert/strict";
import { GuestHost, run } from "../../hosts/mod.ts";
import { buildStimulus, findKernel, type Guest, registerGuest, startGuest } from "../../lab/mod.ts";
import { EXIT } from "../../scripts/cli/exit_code.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { agree } from "../support/agree.ts";
import { knownToSsh, type SshGuests } from "../support/ssh_guests.ts";
import { Tool, type ToolResult } from "../support/tool.ts";
import { ofType, randomPrime } from "../support/traced_guest.ts";
import type { Call } from "../support/traced_guest.ts";

/** The machines, by the names that ssh knows them by, and what a third pidfd of one process makes of the count. */
const MACHINES = [
  { name: "lab-612", kernel: "6.12", law: "per-inode", counts: [2, 2, 2] },
  { name: "lab-61", kernel: "6.1", law: "per-file", counts: [2, 3, 4] },
] as const;

/** Seconds after the network has gone at which the guest looks at itself: the promise is 15. */
const LOOK_SECONDS = 15;

/** Constant text for a guest: a function that prints what is left of us, a line each. */
const LEFT = String.raw`
left() {
  ps -eo args | grep -E "[t]race-clone-guard|[b]pftrace" | cut -c1-60
  ls -d /tmp/trace-clone* 2>/dev/null
  cat /sys/kernel/debug/kprobes/list /sys/kernel/tracing/kprobe_events
  grep -hs ^prog_id /proc/[0-9]*/fdinfo/*
}`;

/**
 * Constant text for a guest: takes its network down a moment later, and says on the console what is left of us when the
 * time is over. Nothing of it needs a connection any more.
 */
const NETWORK_DOWN = String.raw`${LEFT}
look() {
  sleep 1
  ip link set eth0 down
  echo "network: down, $(left | wc -l) lines" >/dev/console
  sleep "$1"
  left | sed "s/^/network: left: /" >/dev/console
  echo "network: looked" >/dev/console
}
look "$1" </dev/null >/dev/null 2>&1 &
echo begun`;

/** The part of a run that is about one target, as if it had been the only one. */
function partOf({ events, stderr }: ToolResult, host: string): {
  readonly events: readonly TraceEvent[];
  readonly calls: readonly Call[];
} {
  const mark = `[${host}] `;
  const said = stderr.split("\n").filter((line) => line.startsWith(`${mark}{`))
    .map((line) => JSON.parse(line.slice(mark.length)));
  // The last line of a scenario says how it went.
  const ends = said.filter((it) => "ok" in it);
  assert.ok(ends.length > 0 && ends.every((it) => it.ok === true), JSON.stringify(ends));
  return { events: events.filter((it) => it.host === host), calls: said.filter((it) => !("ok" in it)) };
}

/** What a run says about a kernel, without the numbers that no two runs share. */
function essence(events: readonly TraceEvent[]): readonly string[] {
  return events.flatMap((it) => {
    if (!("count" in it) || it.count === null) return [];
    const { after, expected, unknown_holders: unknown } = it.count;
    const exact = after === null || expected === null || unknown === null
      ? "?"
      : `${after - unknown}/${expected}`;
    return [`${it.type} ${"origin" in it ? it.origin : ""} ${exact}`];
  }).toSorted();
}

/** The last words for people. */
function tail(stderr: string): string {
  return stderr.split("\n").filter((line) => !/^(\[[^\]]*\] )?\{/.test(line)).slice(-12).join("\n");
}

/** Waits until the console of a guest holds a text. */
async function consoleHas(guest: Guest, text: string): Promise<string> {
  for (let waited = 0; waited < 60_000; waited += 200) {
    const console = await Deno.readTextFile(guest.serialLog);
    if (console.includes(text)) return console;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Cannot find "${text}" on the console of ${guest.name}`);
}

/** Scenarios of the stimulus, one after another, and how often each: all kinds of birth, of leaving and of failure. */
const SCENARIOS = ["clone", "clone3", "pidfd-open", "two-pidfds", "exit-open", "exec-open"];
const FAILING = ["efault", "efault-clone3", "emfile", "pids-max", "conflict", "open-fail"];
const EACH = 5;

/** Constant text for the machines: runs the scenarios that are its parameters. */
const STIMULATE = 'rounds=$1; shift; for it; do ./stimulus "$it" "$rounds" || exit; done; ' +
  './stimulus three-pidfds "$0"';

async function twoMachines(ssh: SshGuests): Promise<void> {
  const rounds = randomPrime();
  console.log(`three-pidfds: ${rounds} rounds on each machine`);
  const stimulus = await buildStimulus();
  const targets = MACHINES.flatMap(({ name }) => ["--target", `ssh:${name}`]);
  const command = ["sh", "-c", STIMULATE, `${rounds}`, `${EACH}`, ...SCENARIOS, ...FAILING];
  const result = await new Tool([...targets, "--json", "--copy", stimulus, "--", ...command], ssh).result();
  assert.equal(result.code, 0, tail(result.stderr));
  for (const { name, law, counts } of MACHINES) {
    const { events, calls } = partOf(result, `ssh:${name}`);
    const [start] = ofType(events, "start");
    assert.deepEqual([start?.law, start?.targets], [law, MACHINES.map((it) => `ssh:${it.name}`)]);
    agree({ calls, events });
    const created = ofType(events, "pidfd.create");
    assert.ok(created.length >= 3 * rounds + 7 * EACH);
    assert.deepEqual(
      created.slice(-3 * rounds).map((it) => it.count.after),
      Array.from({ length: 3 * rounds }, (_, at) => counts[at % 3]),
    );
    assert.ok(ofType(events, "clone.failed").length >= 5 * EACH);
    const last = events.at(-1);
    assert.ok(last?.type === "end" && last.complete && last.exit_code === 0, JSON.stringify(last));
    // Each machine counts its own events.
    assert.ok(events.every((it, at) => at === 0 || it.seq > (events[at - 1]?.seq ?? 0)));
  }
}

/** A guest gives the same events for the same stimulus, whoever leads us to it. */
async function bySudo(ssh: SshGuests, guest: Guest): Promise<void> {
  const stimulus = await buildStimulus();
  const stimulate = ["--json", "--copy", stimulus, "--", "./stimulus", "two-pidfds", "11"];
  const asRoot = await new Tool(["--target", "ssh:root@lab-612", ...stimulate], ssh).result();
  const asUser = await new Tool(["--target", "ssh:lab@lab-612", "--sudo", ...stimulate], ssh).result();
  await registerGuest(guest);
  const inLab = await new Tool(["--target", "lab:6.12", ...stimulate], ssh).result();
  assert.equal(inLab.code, 0, tail(inLab.stderr));
  assert.deepEqual(essence(inLab.events), essence(asRoot.events));
  assert.deepEqual([asRoot.code, asUser.code], [0, 0], tail(asRoot.stderr) + tail(asUser.stderr));
  assert.equal(ofType(asUser.events, "pidfd.create").length, 22);
  assert.deepEqual(essence(asUser.events), essence(asRoot.events));
  assert.ok(ofType(asUser.events, "start")[0]?.cannot_see.some((it) => /could not be confirmed/.test(it)));
}

async function withoutRights(ssh: SshGuests): Promise<void> {
  const refused = await new Tool(["--target", "ssh:plain@lab-612", "--sudo", "--json"], ssh).result();
  assert.deepEqual([refused.code, refused.events], [3, []], tail(refused.stderr));
  assert.match(
    refused.stderr,
    /Cannot run bpftrace as root on "ssh:plain@lab-612": sudo refuses, it says "sudo: /,
  );
  assert.match(refused.stderr, /hint: .*NOPASSWD/);
  const unprivileged = await new Tool(["--target", "ssh:lab@lab-612", "--json"], ssh).result();
  assert.deepEqual([unprivileged.code, unprivileged.events], [3, []], tail(unprivileged.stderr));
  assert.match(unprivileged.stderr, /root/);
  assert.match(unprivileged.stderr, /--sudo/);
}

/** What stands between us and the guard is killed: the guard ends what it runs, as ever. */
async function killedSudo(ssh: SshGuests, guest: Guest): Promise<void> {
  const tool = new Tool(["--target", "ssh:lab@lab-612", "--sudo", "--json"], ssh);
  await tool.until(`"type":"start"`);
  const { name, port, user, keyFile, knownHostsFile } = guest;
  await using host = await GuestHost.connect({ name, port, user, keyFile, knownHostsFile });
  const left = async () => (await run(host, ["sh", "-c", `${LEFT}\nleft`])).stdout;
  assert.match(await left(), /bpftrace/);
  assert.equal((await run(host, ["pkill", "-KILL", "-x", "sudo"])).code, 0);
  const killed = performance.now();
  const { code, events, stderr } = await tool.result();
  assert.ok([EXIT.undetermined, EXIT.budget].some((it) => it === code), tail(stderr));
  assert.equal(ofType(events, "end")[0]?.complete, false);
  let rest = await left();
  while (rest !== "" && performance.now() - killed < 1000 * LOOK_SECONDS) rest = await left();
  assert.equal(rest, "");
}

/** The network of one machine goes without a word; the other one goes on, and nothing of us stays on either. */
async function lostNetwork(ssh: SshGuests, guests: Readonly<Record<string, Guest>>): Promise<void> {
  const [kept, lost] = MACHINES;
  const guest = guests[lost.name];
  assert.ok(guest !== undefined);
  const targets = [kept, lost].flatMap(({ name }) => ["--target", `ssh:${name}`]);
  const tool = new Tool([...targets, "--json", "-d", "25s"], ssh);
  for (const { name } of [kept, lost]) await tool.until(`"type":"start"`, { host: `ssh:${name}` });
  const before = performance.now();
  {
    const { name, port, user, keyFile, knownHostsFile } = guest;
    await using host = await GuestHost.connect({ name, port, user, keyFile, knownHostsFile });
    const { stdout } = await run(host, ["sh", "-c", NETWORK_DOWN, "sh", `${LOOK_SECONDS}`]);
    assert.equal(stdout, "begun\n");
  }
  await tool.until(`"type":"end"`, { host: `ssh:${lost.name}` });
  console.log(`lost after ${((performance.now() - before) / 1000).toFixed(1)} s`);
  const { code, events, stderr } = await tool.result();
  const ends = new Map(ofType(events, "end").map((it) => [it.host, it]));
  const gone = ends.get(`ssh:${lost.name}`);
  assert.deepEqual([gone?.complete, gone?.exit_code], [false, 4], tail(stderr));
  assert.match(gone?.reason ?? "", /^Connection to "ssh:lab-61" is gone/);
  const whole = ends.get(`ssh:${kept.name}`);
  const lostThere = ofType(events, "lost").filter((it) => it.host === `ssh:${kept.name}`);
  assert.deepEqual([lostThere, whole?.reason], [[], "the time of 25 s was over"], tail(stderr));
  assert.deepEqual([whole?.complete, whole?.exit_code], [true, 0], tail(stderr));
  assert.equal(code, 4);
  const log = await consoleHas(guest, "network: looked");
  assert.match(log, /network: down, [1-9]\d* lines/, "something of ours was there before");
  assert.doesNotMatch(log, /network: left/);
}

Deno.test("ssh", async (t) => {
  await using disposables = new AsyncDisposableStack();
  const guests: Record<string, Guest> = {};
  for (const { name, kernel } of MACHINES) {
    const onProgress = (line: string) => console.log(line);
    guests[name] = disposables.use(
      await startGuest({ kernel: findKernel(kernel), timeLimitSeconds: 900, onProgress }),
    );
  }
  const ssh = disposables.use(await knownToSsh(guests));
  await t.step("two machines at once: one stream, each with its own law", () => twoMachines(ssh));
  const [first] = Object.values(guests);
  assert.ok(first !== undefined);
  await t.step("--sudo: the same events as root sees, and as in a lab guest", () => bySudo(ssh, first));
  await t.step("killing sudo leaves nothing behind", () => killedSudo(ssh, first));
  await t.step("without the right to trace: 3, the reason, and what to do", () => withoutRights(ssh));
  await t.step(
    "a network that goes takes one target away, and nothing stays there",
    () => lostNetwork(ssh, guests),
  );
});
