// The provocations of the stimulus, without a tracer: on every kernel of the lab user space sees what is known of that
// kernel, and nothing is left behind.

import assert from "node:assert/strict";
import { run, startGuestHost } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { type Fact, fdinfoLine, readFacts } from "../../model/rules/facts.ts";
import { readProvocations } from "../../model/rules/provocations.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { expectedLines, STORY, STORY_KERNELS, type StoryKernel } from "../support/confirm_story.ts";
import { buildExample, EXAMPLES } from "../support/examples.ts";
import { describeFact } from "../support/told_facts.ts";

const PROGRAM = "/tmp/stimulus";

/** How often calls are made that meet others by chance, and a prime number of lives. */
const RACES = 151;
const LIVES = 2003;

/** Those whose facts are no story: chance decides, or there are too many. */
const OTHERS = ["confirm-enfile", "confirm-orders", "confirm-races", "confirm-stress"];

/** Runs a provocation; it must come to its end. */
async function facts(host: Host, ...words: readonly string[]): Promise<readonly Fact[]> {
  const result = await run(host, [PROGRAM, ...words], { timeoutMs: 180_000 });
  const { scenario, facts, why } = readFacts(result.stdout);
  assert.deepEqual([scenario, why, result.code], [words[0], null, 0], result.stderr);
  return facts;
}

/** The one fact of a name. */
function only(facts: readonly Fact[], name: string, call?: string): Fact {
  const found = facts.filter((it) => it.fact === name && (call === undefined || it.call === call));
  assert.equal(found.length, 1, name);
  return found[0] as Fact;
}

/** What a run must leave as it was. */
async function leftovers(host: Host): Promise<string> {
  const look = "cat /proc/sys/fs/file-max /proc/mounts; ls -d /sys/fs/cgroup/stimulus-* /tmp/stimulus-*; " +
    "cat /sys/fs/cgroup/cgroup.subtree_control; grep -l stimulus /proc/[0-9]*/comm";
  return (await run(host, ["sh", "-c", look], { timeoutMs: 30_000 })).stdout;
}

/** Facts that one line alone does not tell. */
const RELATIONS: Readonly<Record<string, (facts: readonly Fact[], kernel: StoryKernel) => void>> = {
  "confirm-flags": (facts, { inodes, mode }) => {
    const ofChild = facts.filter((it) => it.targetPid === only(facts, "clone").targetPid && it.ret !== -1);
    assert.ok(ofChild.length >= 3);
    assert.deepEqual([...new Set(ofChild.map((it) => it.ino))].length, 1);
    assert.equal(only(facts, "clone3").ino === ofChild[0]?.ino, inodes === "one");
    for (const it of ofChild) assert.deepEqual([it.mode! & 0o777, it.link], [mode, "anon_inode:[pidfd]"]);
  },
  "confirm-child": (facts) => {
    assert.equal(only(facts, "apart-open").ret, only(facts, "without-open").ret);
    const shared = only(facts, "shared");
    assert.equal(only(facts, "shared-fcntl").fd, shared.fd);
    assert.deepEqual(only(facts, "shared-walk").numbers, [shared.fd]);
    assert.notEqual(only(facts, "shared-open").ret, shared.fd);
    const without = only(facts, "without-walk").openFdsAfter;
    assert.equal(only(facts, "apart-walk").openFdsAfter, without);
    assert.equal(only(facts, "shared-walk").openFdsAfter, (without ?? 0) + 1);
  },
  "confirm-nested": (facts) => {
    const inner = `${only(facts, "inner").targetPid}`;
    assert.equal(fdinfoLine(only(facts, "host-inner").fdinfo ?? "", "Pid"), inner);
    const outside = `${only(facts, "outside").targetPid}`;
    assert.equal(fdinfoLine(only(facts, "host-outside-zombie").fdinfo ?? "", "Pid"), outside);
  },
  "confirm-pids-max": (facts) => {
    for (const [index, born] of facts.filter((it) => it.fact === "pids-max").entries()) {
      const next = facts.filter((it) => it.fact === "pids-max-next")[index];
      assert.equal(next?.ret, born.integerAfter, "the number in the integer is free again");
    }
  },
  "confirm-set-tid": (facts) => {
    const free = only(facts, "set-tid-free");
    assert.deepEqual(free.numbers, [free.ret]);
  },
  // ENOENT and ENODEV: the cgroup went between open and the end of clone3. A cloner that is killed in clone3 counts nothing.
  "confirm-into-cgroup": (facts) => {
    checkCounts(facts, { "loop clone3": [0, 2, 19], "loop-open open": [0, 2], "loop-mkdir mkdir": [0, 17] });
    checkCounts(facts, { "loop-rmdir rmdir": [0, 2, 16], "loop-kill kill": [0] });
  },
  "confirm-poll": (facts) => checkWoken(facts, "woken", "end"),
  "confirm-poll-threads": (facts) => checkWoken(facts, "group-woken", "group-end"),
};

/** Who waited was waiting before the end, and was woken after it. */
function checkWoken(facts: readonly Fact[], poll: string, end: string): void {
  const woken = only(facts, poll), ended = only(facts, end);
  assert.ok(woken.fromNs! < ended.fromNs!, "the poller came too late");
  assert.ok(woken.toNs! > ended.fromNs!, "it was woken before the end");
}

/** Every order of so many pidfds was tried, and each close of it worked. */
function checkOrders(facts: readonly Fact[]): void {
  const lives = facts.filter((it) => it.call === "close");
  const orders = [1, 2, 6, 24, 120];
  assert.equal(lives.length, 3 * orders.reduce((sum, it) => sum + it, 0));
  for (const [index, expected] of orders.entries()) {
    for (const reap of ["before", "between", "after"]) {
      const tried = lives.filter((it) => it.fact === `${index + 1}-reap-${reap}`);
      assert.equal(new Set(tried.map((it) => it.numbers?.join())).size, expected, reap);
    }
  }
  for (const { numbers, errnos } of lives) assert.deepEqual(errnos, new Map([[0, numbers?.length]]));
  assert.equal(describeFact(only(facts, "left")), "left left ok fds+0 childless");
}

/** Calls that were made by chance at a good or a bad moment: each gave one of these errors. */
function checkCounts(facts: readonly Fact[], expected: Readonly<Record<string, readonly number[]>>): void {
  for (const [words, errnos] of Object.entries(expected)) {
    const [name = "", call = ""] = words.split(" ");
    const { errnos: counted } = only(facts, name, call);
    for (const errno of counted?.keys() ?? []) assert.ok(errnos.includes(errno), `${words} gave ${errno}`);
    assert.ok((counted?.get(errnos[0] ?? 0) ?? 0) > 0, words);
  }
}

/** How many calls a fact is about. */
function total({ errnos }: Fact): number {
  return [...errnos?.values() ?? []].reduce((sum, it) => sum + it, 0);
}

async function checkStress(host: Host): Promise<void> {
  const told = await facts(host, "confirm-stress", `${LIVES}`);
  const all = { "stress clone": [0], "stress clone3": [0], "stress pidfd_open": [0], "stress close": [0] };
  checkCounts(told, { ...all, "stress waitid": [0], "stress-fault clone": [14] });
  assert.equal(total(only(told, "stress", "clone")) + total(only(told, "stress", "clone3")), LIVES);
  assert.equal(total(only(told, "stress", "waitid")), LIVES);
  assert.equal(total(only(told, "stress", "close")), LIVES + total(only(told, "stress", "pidfd_open")));
  assert.equal(describeFact(only(told, "left")), "left left ok fds+0 childless");
}

/** A worker that is stopped looks like one that hangs; the program ends with 4 and says so. */
async function checkLimit(host: Host): Promise<void> {
  const script = `${PROGRAM} confirm-poll 20 --limit 2 > /tmp/out & ` +
    'while [ -z "$(cat /proc/$!/task/$!/children)" ]; do sleep 0.1; done; ' +
    "kill -STOP $(cat /proc/$!/task/$!/children); wait $!; echo $?; tail -n 1 /tmp/out; rm /tmp/out";
  const { stdout } = await run(host, ["sh", "-c", script], { timeoutMs: 60_000 });
  const [code, last = ""] = stdout.split("\n");
  assert.equal(code, "4");
  assert.match(last, /"ok":false,"why":"\w+ of \\"\S+\\" did not come back within 2 s"\}$/);
}

/** A signal ends it at any moment, and nothing stays. */
async function checkSignals(host: Host): Promise<void> {
  const before = await leftovers(host);
  for (
    const [scenario, signal, code] of [["confirm-into-cgroup", "TERM", 143], ["confirm-nested", "INT", 130]]
  ) {
    const script = `${PROGRAM} ${scenario} 1000 > /tmp/out & sleep 1; kill -${signal} $!; ` +
      "wait $!; echo $?; tail -n 1 /tmp/out; rm /tmp/out";
    const { stdout } = await run(host, ["sh", "-c", script], { timeoutMs: 60_000 });
    const [status, last = ""] = stdout.split("\n");
    assert.equal(status, `${code}`, `${scenario}: ${last}`);
    assert.match(last, new RegExp(`"why":"ended by SIG${signal}"`));
    assert.equal(await leftovers(host), before);
  }
}

/** The examples run on every kernel of the lab, none of which is as old as what they need. */
async function checkExamples(host: Host): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, says] of Object.entries(EXAMPLES)) {
      await copyTo(host, { path: await buildExample(name, { folder, more: ["-static"] }), folder: "/tmp" });
      const { code, stdout, stderr } = await run(host, [`/tmp/${name}`], { timeoutMs: 30_000 });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, says);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const kernel of STORY_KERNELS) {
  Deno.test(`${kernel.name}: each provocation tells what is known of this kernel`, async (t) => {
    const onProgress = (line: string) => console.log(line);
    await using host = await startGuestHost({
      kernel: kernel.name,
      timeLimitSeconds: 400,
      shared: false,
      onProgress,
    });
    await copyTo(host, { path: await buildStimulus({ onProgress }), folder: "/tmp" });
    const before = await leftovers(host);
    await t.step(
      "the integer is asked about first, and every provocation has a risk and is tried",
      async () => {
        const { stdout } = await run(host, [PROGRAM, "--list"], { timeoutMs: 30_000 });
        const listed = readProvocations(stdout).filter((it) => it.name.startsWith("confirm-"));
        assert.equal(listed[0]?.name, "confirm-integer");
        assert.deepEqual(listed.map((it) => it.name).sort(), [...Object.keys(STORY), ...OTHERS].sort());
        const dangerous = listed.filter((it) => it.risk === "dangerous").map((it) => it.name);
        assert.deepEqual(dangerous, ["confirm-enfile"]);
      },
    );
    for (const scenario of Object.keys(STORY)) {
      await t.step(scenario, async () => {
        const told = await facts(host, scenario);
        const story = told.filter((it) => it.errnos === null).map(describeFact);
        assert.deepEqual(story.sort(), expectedLines(scenario, kernel));
        RELATIONS[scenario]?.(told, kernel);
      });
    }
    await t.step("confirm-orders", async () => checkOrders(await facts(host, "confirm-orders")));
    await t.step("confirm-enfile", async () => {
      const told = await facts(host, "confirm-enfile");
      assert.deepEqual(told.map(describeFact), [
        "file-max-lowered write ok",
        "enfile clone ENFILE int=kept fds+0 childless",
        "enfile clone3 ENFILE int=kept fds+0 childless",
        "enfile-open pidfd_open ENFILE fds+0",
        "file-max-restored write ok",
      ]);
    });
    await t.step("confirm-races", async () => {
      const told = await facts(host, "confirm-races", `${RACES}`);
      // Before 6.17 a process that has just been reaped gives EINVAL, later ESRCH.
      checkCounts(told, { "close-meets-exit close": [0], "open-meets-reap pidfd_open": [0, 3, 22] });
      assert.equal(total(only(told, "close-meets-exit")), RACES);
      assert.equal(total(only(told, "open-meets-reap")), RACES);
      assert.equal(describeFact(only(told, "left")), "left left ok fds+0 childless");
    });
    await t.step("confirm-stress", () => checkStress(host));
    await t.step("what takes too long is ended", () => checkLimit(host));
    await t.step("a signal ends it", () => checkSignals(host));
    await t.step("the examples do what they say", () => checkExamples(host));
    await t.step("nothing is left behind", async () => assert.equal(await leftovers(host), before));
  });
}
