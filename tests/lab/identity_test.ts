// Who acts in an event: number in its own pid namespace, cgroup, container, start.

import assert from "node:assert/strict";
import { run } from "../../hosts/mod.ts";
import { readCgroupPaths } from "../../kernel/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { IdentityWatch } from "../../scripts/cli/identity_watch.ts";
import { ofType, STIMULUS_FOLDER, TracedGuest } from "../support/traced_guest.ts";
import type { Call } from "../support/traced_guest.ts";

const KERNELS: readonly string[] = ["6.12", "6.1"];
const ID = "0123456789abcdef".repeat(4);
const DOCKER = `/system.slice/docker-${ID}.scope`;
const SERVICE = "/system.slice/identity-test.service";
const ROUNDS = 3;

/** `/proc/PID/stat` counts in ticks of 10 ms. */
const TICK_NS = 10_000_000n;

/** Enters a cgroup, which it makes; says its own number and start, and becomes the command. Parameters: path, command. */
const ENTER = `set -e
mkdir -p "/sys/fs/cgroup$1"
echo $$ >"/sys/fs/cgroup$1/cgroup.procs"
shift
read -r line </proc/$$/stat
set -- "$@" -- $line
words=
while [ "$1" != -- ]; do words="$words $1"; shift; done
shift
shift 21
echo "$$ $1"
exec $words`;

interface Entered {
  readonly pid: number;
  readonly startTicks: bigint;
  readonly calls: readonly Call[];
  readonly events: readonly TraceEvent[];
}

/** Runs a command in a cgroup, and gives what it said and what was told meanwhile. */
async function enter(guest: TracedGuest, path: string, command: readonly string[]): Promise<Entered> {
  const first = guest.events.length;
  const { code, stdout, stderr } = await run(guest.host, ["sh", "-c", ENTER, "enter", path, ...command], {
    timeoutMs: 60_000,
  });
  assert.equal(code, 0, `${stdout}${stderr}`);
  const [began = "", ...lines] = stdout.trim().split("\n");
  const [pid, ticks] = began.split(" ");
  await guest.settle();
  return {
    pid: Number(pid),
    startTicks: BigInt(ticks ?? ""),
    calls: lines.map((it) => JSON.parse(it)).filter((it) => "call" in it),
    events: guest.events.slice(first),
  };
}

/** What is told of all processes that act with pidfds in some events, each once. */
function identities(events: readonly TraceEvent[]): readonly unknown[] {
  const texts = [...ofType(events, "pidfd.create"), ...ofType(events, "pidfd.release")].map(({ process }) =>
    JSON.stringify([process?.ns_pid, process?.cgroup, process?.container, process?.container_runtime])
  );
  return [...new Set(texts)].map((it) => JSON.parse(it));
}

async function inContainer(guest: TracedGuest): Promise<void> {
  const command = ["unshare", "--pid", "--fork", "--mount-proc", `${STIMULUS_FOLDER}/stimulus`];
  const { calls, events } = await enter(guest, DOCKER, [...command, "three-pidfds", `${ROUNDS}`]);
  const created = ofType(events, "pidfd.create");
  assert.equal(created.length, 3 * ROUNDS);
  assert.deepEqual(identities(events), [[1, DOCKER, ID, "docker"]]);
  assert.ok(created.every(({ process }) => process !== null && process.pid > 1));
  const children = calls.filter((it) => it.call === "clone" || it.call === "clone3").map((it) => it.pid);
  const exits = ofType(events, "process.exit").map(({ process }) => process);
  assert.deepEqual(exits.map((it) => it?.ns_pid), children);
  assert.deepEqual([...new Set(exits.map((it) => it?.container))], [ID]);
}

async function inService(guest: TracedGuest): Promise<void> {
  const command = [`${STIMULUS_FOLDER}/stimulus`, "three-pidfds", `${ROUNDS}`];
  const { pid, startTicks, events } = await enter(guest, SERVICE, command);
  assert.equal(ofType(events, "pidfd.create").length, 3 * ROUNDS);
  assert.deepEqual(identities(events), [[pid, SERVICE, null, null]]);
  for (const { process } of ofType(events, "pidfd.create")) {
    const apart = BigInt(process?.start_ns ?? "0") / TICK_NS - startTicks;
    assert.ok(apart >= -1n && apart <= 1n, `${process?.start_ns} ns are not ${startTicks} ticks`);
  }
}

for (const kernel of KERNELS) {
  for (const slots of [false, true]) {
    Deno.test(`processes are told apart on ${kernel}${slots ? " with slots" : ""}`, async (t) => {
      await using guest = await TracedGuest.start(kernel, { slots });
      assert.equal(guest.plan.cgroupsSeen, true);
      const read = () => readCgroupPaths(guest.host);
      using watch = new IdentityWatch({
        read,
        paths: await read(),
        met: [],
        tell: (records) => {
          guest.correlator.take(records.map((text) => ({ kind: "record", text })));
        },
      });
      const looking = setInterval(() => watch.want(guest.correlator.unnamedCgroups), 50);
      try {
        await t.step("a container in a pid namespace", () => inContainer(guest));
        await t.step("a service, whose start is the one of /proc", () => inService(guest));
        await t.step("nothing was lost, no count was disturbed", async () => {
          const { lost, late, countsAbove } = await guest.stop();
          assert.deepEqual([lost, late], [0, 0]);
          console.log(`${kernel}: ${countsAbove} counts with other holders`);
        });
      } finally {
        clearInterval(looking);
      }
    });
  }
}
