// How `leaks` ends: a signal, a limit, a link that is cut, a client that is killed, a machine that goes. There is always a
// report, whole or with what it lacks, and nothing is left on the target.

import assert from "node:assert/strict";
import { run } from "../../hosts/mod.ts";
import { LeakyGuest } from "../support/leaky_guest.ts";
import type { LeaksSaid } from "../support/leaks_run.ts";
import { lookAround } from "../support/look.ts";

/** What is kept for longer is a leak. */
const OLDER = ["--older", "2s"];
/** What nobody keeps for so long here. */
const OLD = ["--older", "1h"];
/** How long is watched until the leak is certain, s by the clock of the guest: a look at all fds comes first. */
const REST_SECONDS = 12;
/** When nothing may be left, s after the end has begun. */
const GONE_SECONDS = 15;

/** By a signal: its code, and the report with what was certain by then; leaks_screen_test.ts has the others. */
async function bySignal(lab: LeakyGuest, signal: string, code: number): Promise<void> {
  await using leaks = await lab.leaks(OLDER);
  await leaks.untilCertain(lab.leaker.pid);
  await leaks.tool.signal(signal);
  // How long an orderly end takes depends on the machine; when it is over nothing is left.
  const said = await leaks.tool.said();
  assert.deepEqual([said.code, await leaks.left(lab.host)], [code, []], said.stderr);
  checkReport(lab, said.stdout);
  assert.doesNotMatch(said.stdout, /not all was seen/);
}

/** By the time that the user gave: what was found decides on the code. */
async function byTime(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks([...OLDER, "--json", "-d", "15s"]);
  const said = await leaks.answers();
  assert.deepEqual([said.code, await leaks.left(lab.host)], [1, []], said.stderr);
  checkLeak(lab, said);
  assert.deepEqual([said.end.complete, said.end.exit_code], [true, 1]);
  assert.equal(said.end.reason, "the time of 15 s was over");
}

/** Before it is known what was there: the leak is told, or it is told that it cannot be. */
async function atOnce(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks([...OLD, "--json", "-d", "200ms"]);
  const said = await leaks.answers();
  assert.deepEqual([said.end.broken, await leaks.left(lab.host)], [0, []], said.stderr);
  const isTold = said.groups.some((it) => it.pid === lab.leaker.pid && it.pidfds === lab.leaker.pidfds);
  const isUnknown = said.end.not_seen.some((it) => it.startsWith("Which pidfds were there before"));
  assert.equal(isTold, !isUnknown, JSON.stringify(said.end));
  assert.equal(said.code, isTold && said.end.complete ? 0 : 4, JSON.stringify(said.end));
}

/** By the number of events that the user gave, while many happen. */
async function byEvents(lab: LeakyGuest): Promise<void> {
  await using _load = await lab.load();
  await using leaks = await lab.leaks(["--older", "1ms", "--json", "-M", "20"]);
  const said = await leaks.answers();
  assert.deepEqual([said.code, await leaks.left(lab.host)], [1, []], said.stderr);
  checkLeak(lab, said);
  assert.equal(said.end.reason, "the limit of 20 events was reached");
}

/** The ssh client is killed when the leak is certain. */
async function cutHere(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks(OLDER);
  await leaks.untilCertain(lab.leaker.pid);
  leaks.cut();
  const [left, said] = await Promise.all([leaks.left(lab.host), leaks.tool.said()]);
  assert.deepEqual([said.code, left], [1, []], said.stderr);
  checkReport(lab, said.stdout);
  assert.match(said.stdout, /^ssh:leaky: not all was seen: \S/m);
}

/** It is killed before anything is certain. */
async function cutEarly(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks([...OLD, "--json"]);
  leaks.cut();
  const [left, said] = await Promise.all([leaks.left(lab.host), leaks.answers()]);
  assert.deepEqual([said.code, left], [4, []], said.stderr);
  assert.deepEqual([said.end.complete, said.end.exit_code, said.end.broken], [false, 4, 0]);
  assert.match(said.end.reason, /^Connection to "ssh:leaky" is gone/);
}

/** The other end of the connection is killed. */
async function cutThere(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks([...OLDER, "--json"]);
  await rest(lab, REST_SECONDS);
  const { guest } = await lookAround(lab.host);
  let at = guest.find((it) => it.args.startsWith("bpftrace "));
  while (at !== undefined && !/^\S*dropbear\b/.test(at.args)) {
    const { ppid } = at;
    at = guest.find((it) => it.pid === ppid);
  }
  assert.ok(at !== undefined, "who serves the connection was not found");
  assert.equal((await run(lab.host, ["kill", "-KILL", `${at.pid}`])).code, 0);
  const [left, said] = await Promise.all([leaks.left(lab.host), leaks.answers()]);
  assert.deepEqual([said.code, left], [1, []], said.stderr);
  checkLeak(lab, said);
  assert.deepEqual([said.end.complete, said.end.exit_code], [false, 1]);
}

/** Constant text for the guest: takes the network away for a time, and keeps what is left of us at its end. */
const NETWORK_DOWN = String.raw`
left() {
  ps -eo args | grep -E "[t]race-clone-guard|^[b]pftrace" | cut -c1-60
  ls -d /tmp/trace-clone* 2>/dev/null
  grep -hs ^prog_id /proc/[0-9]*/fdinfo/*
}
look() {
  sleep 1
  ip link set eth0 down
  left | wc -l >/tmp/leaky/before
  sleep "$1"
  left >/tmp/leaky/after
  ip link set eth0 up
}
rm -f /tmp/leaky/before /tmp/leaky/after
look "$1" </dev/null >/dev/null 2>&1 &
echo begun`;

/** The network goes without a word. */
async function cutBetween(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks(OLDER);
  await leaks.untilCertain(lab.leaker.pid);
  const { stdout } = await run(lab.host, ["sh", "-c", NETWORK_DOWN, "sh", `${GONE_SECONDS}`]);
  assert.equal(stdout, "begun\n");
  await lab.apart(async () => {
    const said = await leaks.tool.said();
    assert.equal(said.code, 1, said.stderr);
    checkReport(lab, said.stdout);
    assert.match(said.stdout, /^ssh:leaky: not all was seen: Connection to "ssh:leaky" is gone/m);
  });
  assert.deepEqual(await leaks.left(lab.host), []);
  const read = await run(lab.host, ["cat", "/tmp/leaky/before", "/tmp/leaky/after"]);
  assert.match(read.stdout, /^[1-9]\d*\n$/, "something of ours was there before, and nothing afterwards");
}

/** The tool itself is killed: it can say nothing any more. */
async function killed(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks(OLDER);
  await leaks.untilCertain(lab.leaker.pid);
  await leaks.tool.signal("KILL");
  const [left, said] = await Promise.all([leaks.left(lab.host), leaks.tool.said()]);
  assert.deepEqual([left, said.stdout], [[], ""]);
  assert.notEqual(said.code, 0);
}

/** The machine goes. */
async function rebooted(lab: LeakyGuest): Promise<void> {
  await using leaks = await lab.leaks(OLDER);
  await leaks.untilCertain(lab.leaker.pid);
  const reboot = lab.host.spawn(["sh", "-c", "echo b >/proc/sysrq-trigger"]);
  reboot.stdout.cancel();
  reboot.stderr.cancel();
  const [left, said] = await Promise.all([
    leaks.left(undefined),
    leaks.tool.said(),
    reboot.status.catch(() => 0),
  ]);
  assert.deepEqual([said.code, left], [1, []], said.stderr);
  checkReport(lab, said.stdout);
  assert.match(said.stdout, /^ssh:leaky: not all was seen: Connection to "ssh:leaky" is gone/m);
}

/** Constant texts for CMD, whose own word is the program: it leaks for some seconds, or does not, or goes on to leak. */
const LEAKS = 'sleep 6 | "$0" originals 5';
const WELL = 'sleep 6; "$0" other-thread 5 </dev/null; exit 7';
const GOES_ON = 'sleep 600 | "$0" originals 5';

/** `leaks` as a test of a command. */
function tested(lab: LeakyGuest, text: string) {
  return lab.leaks(["--fail-on", "dead", "--json", "--", "sh", "-c", text, lab.program]);
}

/** A command that leaves pidfds open. */
async function leakyCommand(lab: LeakyGuest): Promise<void> {
  await using leaks = await tested(lab, LEAKS);
  const said = await leaks.answers();
  assert.deepEqual([said.code, await leaks.left(lab.host)], [1, []], said.stderr);
  checkLeft(lab, said);
  const { complete, command_status: status, exit_code: code } = said.end;
  assert.deepEqual([complete, status, code], [true, 0, 1]);
}

/** A command that leaves none. */
async function tidyCommand(lab: LeakyGuest): Promise<void> {
  await using leaks = await tested(lab, WELL);
  const said = await leaks.answers();
  assert.deepEqual([said.code, await leaks.left(lab.host)], [7, []], said.stderr);
  const { complete, command_status: status, exit_code: code } = said.end;
  assert.deepEqual([complete, status, code, said.groups], [true, 7, 0, []]);
}

/** A command that would go on is ended with us, and what it had left open by then is told. */
async function interruptedCommand(lab: LeakyGuest): Promise<void> {
  await using leaks = await tested(lab, GOES_ON);
  await leaks.tool.untilSaid('"dead":5}');
  await rest(lab, 3);
  const isCommand = ({ args }: { readonly args: string }) => args === `${lab.program} originals 5`;
  assert.ok((await lookAround(lab.host)).guest.some(isCommand));
  await leaks.tool.signal("INT");
  const said = await leaks.answers();
  assert.deepEqual([said.code, await leaks.left(lab.host)], [130, []], said.stderr);
  assert.ok(!(await lookAround(lab.host)).guest.some(isCommand));
  checkLeft(lab, said);
  assert.deepEqual([said.end.command_status, said.end.exit_code], [null, 130]);
}

let lab: LeakyGuest;

Deno.test.beforeAll(async () => {
  lab = await LeakyGuest.start("6.12");
});

Deno.test.afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

const STORIES: readonly (readonly [string, () => Promise<void>])[] = [
  ["leaks ends by SIGINT with 130 and its report", () => bySignal(lab, "INT", 130)],
  ["leaks ends by -d, and what it found decides", () => byTime(lab)],
  ["leaks ends by -d at once, and says what it cannot know by then", () => atOnce(lab)],
  ["leaks ends by -M, and tells what was held then", () => byEvents(lab)],
  ["leaks tells what was certain when its link is cut here", () => cutHere(lab)],
  ["leaks cannot tell when its link is cut before anything is certain", () => cutEarly(lab)],
  ["leaks tells what was certain when its link is cut there", () => cutThere(lab)],
  ["leaks tells what was certain when the network goes without a word", () => cutBetween(lab)],
  ["leaks that is killed leaves nothing behind", () => killed(lab)],
  ["leaks of a command that leaks is 1, and tells of nobody else", () => leakyCommand(lab)],
  ["leaks of a command that does not has the command's status", () => tidyCommand(lab)],
  [
    "leaks that is interrupted ends its command, and tells what that left open",
    () => interruptedCommand(lab),
  ],
  // Nothing can follow this one.
  ["leaks tells what was certain when the machine goes", () => rebooted(lab)],
];

for (const [name, story] of STORIES) Deno.test(name, story);

/** Lets time pass, by the clock of the guest. */
async function rest({ host }: LeakyGuest, seconds: number): Promise<void> {
  assert.equal((await run(host, ["sleep", `${seconds}`], { timeoutMs: 120_000 })).code, 0);
}

/** The leak is told as it is. */
function checkLeak({ leaker }: LeakyGuest, { groups, end }: LeaksSaid): void {
  const own = groups.filter((it) => it.pid === leaker.pid);
  assert.deepEqual(
    own.map(({ rule, verdict, pidfds, dead, suspects }) => ({ rule, verdict, pidfds, dead, suspects })),
    [{ rule: "K1", verdict: "broken", pidfds: leaker.pidfds, dead: leaker.dead, suspects: leaker.dead }],
  );
  assert.ok(end.broken >= 1);
}

/** The same in text. */
function checkReport({ leaker, target }: LeakyGuest, report: string): void {
  const { pid, pidfds, dead } = leaker;
  assert.match(report, new RegExp(`^ *${pid} software +${pidfds} +${dead} .* K1 `, "m"));
  assert.match(report, new RegExp(`^${target}: 1 leak in `, "m"));
}

/** What a command left open is told, and nothing of whoever else leaks. */
function checkLeft({ leaker }: LeakyGuest, { groups }: LeaksSaid): void {
  assert.deepEqual(
    groups.map(({ comm, rule, verdict, pidfds, left }) => ({ comm, rule, verdict, pidfds, left })),
    [{ comm: "software", rule: "K1", verdict: "broken", pidfds: 0, left: 5 }],
  );
  assert.notEqual(groups[0]?.pid, leaker.pid);
}
