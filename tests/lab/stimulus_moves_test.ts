// The stimulus that moves, makes and uses pidfds, without a tracer: what a reader of /proc sees after each step is what the
// step means, on every kernel of the lab.

import assert from "node:assert/strict";
import { run, startGuestHost } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { STEPS, TABLES } from "../support/stimulus_story.ts";
import { describeRound, type Snapshot, type Witness, witness } from "../support/witness.ts";

const PROGRAM = "/tmp/stimulus";
const ROUNDS = 2;

/** A step that some kernels lack: which lines of the story change with it, and to what; null for no line. */
const WITHOUT: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  "range-cloexec": { "range-cloexec": null, "range-cloexec-exec": null },
  // A process less that appears: the next one gets its letter.
  "range-unshare-cloexec": {
    "range-unshare-cloexec": null,
    "unshare": "C:3>B C:20>B C:21>B C:22>B C:23>B F:3>B F:20>B F:21>B F:22>B F:23>B",
    "unshare-close": "C:3>B C:20>B C:21>B C:22>B C:23>B F:3>B F:20>B F:22>B F:23>B",
  },
  "uring-install": { "uring-install": null, "uring-install-no-cloexec": null, "uring-unregistered": "" },
  "peerpidfd": { "peerpidfd": null, "peerpidfd-again": null, "peerpidfd-reaped": null },
  "peerpidfd-reaped": { "peerpidfd-reaped": null },
  "scmpidfd": { "scmpidfd": null },
  "handle": { "handle": null, "handle-no-cloexec": null },
  "reopen": { "reopen": null, "reopen-cloexec": null, "reopen-rdwr": null },
  "reopen-rdwr": { "reopen-rdwr": null, "reopen-reaped": "A:3>- A:4>- A:5>- A:6>-" },
  "reopen-mount": { "reopen-mount": null },
  "reopen-reaped": { "reopen-reaped": null },
  "thread-open": { "thread-open": null, "thread-open-leader": null },
  "thread-clone": { "thread-clone": null },
  "ioctl-info": {},
  "ioctl-namespace": {},
  "process_mrelease": {},
};

/** What no kernel before pidfs can do. */
const BEFORE_PIDFS = [
  "uring-install",
  "peerpidfd",
  "scmpidfd",
  "handle",
  "reopen",
  "reopen-mount",
  "reopen-reaped",
  "thread-open",
  "thread-clone",
  "ioctl-info",
  "ioctl-namespace",
];

/** A kernel, how its pidfds share inodes, and what it lacks. */
const KERNELS: readonly {
  readonly name: string;
  readonly inodes: "one" | "per-process";
  readonly lacks: readonly string[];
}[] = [
  {
    name: "6.12",
    inodes: "per-process",
    lacks: ["peerpidfd-reaped", "handle", "reopen-rdwr", "reopen-mount", "ioctl-info"],
  },
  { name: "6.1", inodes: "one", lacks: BEFORE_PIDFS },
  {
    name: "5.10",
    inodes: "one",
    lacks: ["range-cloexec", "range-unshare-cloexec", ...BEFORE_PIDFS, "process_mrelease"],
  },
  { name: "7.2", inodes: "per-process", lacks: [] },
  { name: "6.18", inodes: "per-process", lacks: [] },
];

/** The lines of a round that a kernel must give which lacks that. */
function expectedRound(scenario: string, lacks: readonly string[]): readonly string[] {
  const changes = Object.assign({}, ...lacks.map((it) => WITHOUT[it])) as Record<string, string | null>;
  return (TABLES[scenario] ?? []).flatMap((line) => {
    const [name = ""] = line.split(" ");
    const change = changes[name];
    if (change === undefined) return [line];
    return change === null ? [] : [`${name} ${change}`.trim()];
  });
}

/** Two slots about one living process have one inode, and those of two have two, where that is the law. */
function checkInodes({ snapshot, slots, own }: Snapshot, inodes: "one" | "per-process"): void {
  const living = slots.filter((it) => own.includes(it.pid) && it.target_pid > 0);
  const ofTarget = new Map(living.map((it) => [it.target_pid, it.ino]));
  for (const { target_pid, ino } of living) assert.equal(ino, ofTarget.get(target_pid), snapshot);
  const distinct = new Set(ofTarget.values()).size;
  assert.equal(distinct, inodes === "one" ? Math.min(1, ofTarget.size) : ofTarget.size, snapshot);
}

/** A birth that is told of is in the table of the one who told of it, when everybody is quiet after it. */
function checkBirths({ steps, snapshots }: Witness): void {
  for (const { step, round, pid, fd, target_pid, ret, errno } of steps) {
    const after = snapshots.find((it) => it.snapshot === step && it.round === round);
    assert.equal(after !== undefined, ret >= 0, step);
    assert.equal(errno === 0, ret >= 0, step);
    if (after === undefined) continue;
    const slot = after.slots.find((it) => it.pid === pid && it.fd === fd);
    assert.equal(slot?.target_pid, step.endsWith("-reaped") ? -1 : target_pid, step);
    assert.ok(after.own.includes(pid), step);
  }
}

/** The calls of a round: how many there were of each kind, and how they ended. */
function checkUses(scenario: string, { steps, skips }: Witness, round: number): void {
  const lacking = new Set(skips.map((it) => it.skipped));
  const made = steps.filter((it) => it.round === round);
  const expected = (STEPS[scenario] ?? []).filter((it) => it !== "process_mrelease" || !lacking.has(it));
  assert.deepEqual(made.map((it) => it.step), expected, scenario);
  for (const { step, ret } of made) {
    // A process that is killed may be gone before its memory can be taken.
    if (step === "process_mrelease") continue;
    assert.equal(ret >= 0, !step.endsWith("-fails") && !lacking.has(step), step);
  }
}

/** What a run must leave as it was: the pattern of core dumps, shared memory, and files. */
async function leftovers(host: Host): Promise<string> {
  const look = "cat /proc/sys/kernel/core_pattern /proc/sysvipc/shm; ls /tmp | grep stimulus-";
  return (await run(host, ["sh", "-c", look], { timeoutMs: 30_000 })).stdout;
}

for (const { name, inodes, lacks } of KERNELS) {
  Deno.test(`${name}: the tables hold what each scenario means, and each call did what it says`, async (t) => {
    const onProgress = (line: string) => console.log(line);
    await using host = await startGuestHost({
      kernel: name,
      timeLimitSeconds: 300,
      shared: false,
      onProgress,
    });
    await copyTo(host, { path: await buildStimulus({ onProgress }), folder: "/tmp" });
    const before = await leftovers(host);
    const skipped = new Set<string>();
    for (const scenario of Object.keys(TABLES)) {
      await t.step(scenario, async () => {
        const seen = await witness(host, { program: PROGRAM, scenario, rounds: ROUNDS });
        for (const { skipped: step } of seen.skips) skipped.add(step);
        for (let round = 0; round < ROUNDS; round++) {
          assert.deepEqual(describeRound(seen, round), expectedRound(scenario, lacks), scenario);
          if (scenario.startsWith("uses-")) checkUses(scenario, seen, round);
        }
        for (const snapshot of seen.snapshots) checkInodes(snapshot, inodes);
        if (scenario.startsWith("birth-")) checkBirths(seen);
      });
    }
    await t.step("what it cannot do it says, and nothing else", () => {
      assert.deepEqual([...skipped].sort(), [...lacks].sort());
    });
    await t.step("nothing is left behind", async () => assert.equal(await leftovers(host), before));
    await t.step("the list has every scenario of the story", async () => {
      const { stdout } = await run(host, [PROGRAM, "--list"], { timeoutMs: 30_000 });
      const listed = stdout.trim().split("\n").map((it) => it.split("\t")[0] ?? "")
        .filter((it) => /^(moves|birth|uses)-/.test(it));
      assert.deepEqual(listed.sort(), Object.keys(TABLES).sort());
    });
  });
}
