// The filters as a person uses them: two users, a cgroup, a tree of processes; and what is left out in the kernel.
// Guests: keeps lab:6.12, lab:6.1.

import assert from "node:assert/strict";
import { buildStimulus, findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import { run as hostRun, startGuestHost } from "../../hosts/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { Tool } from "../support/tool.ts";
import { ofType } from "../support/traced_guest.ts";

const USER = 1234;
const GROUP = "/filters-test";
const [MINE, INSIDE, NOISE] = [2, 3, 23];

/** A cgroup as Docker names that of a container, and the id in its name. */
const CONTAINER = "4f7a".repeat(16);
const INNER = `${GROUP}/docker-${CONTAINER}.scope`;

/** A user and a cgroup that have some pidfds, and a noisy neighbour that has many and polls them. */
const SCRIPT = `set -e
cp ./stimulus /tmp/filters-stimulus && chmod 755 /tmp/filters-stimulus
setpriv --reuid=${USER} --clear-groups /tmp/filters-stimulus uses-poll ${MINE} >/dev/null
mkdir -p /sys/fs/cgroup${INNER}
(echo 0 >/sys/fs/cgroup${INNER}/cgroup.procs; exec ./stimulus three-pidfds ${INSIDE} >/dev/null)
./stimulus uses-poll ${NOISE} >/dev/null`;

/** Least uses of one pidfd of the scenario. */
const USES_MIN = 2;

function usesOf(events: readonly TraceEvent[]): number {
  return ofType(events, "pidfd.use").length;
}

function numbers(events: readonly TraceEvent[]): { readonly records: number; readonly rest: unknown } {
  const [summary] = ofType(events, "summary");
  assert.ok(summary !== undefined);
  const { records, lost, late, unmatched, findings, undetermined, open, not_known: notKnown } = summary;
  return { records, rest: { lost, late, unmatched, findings, undetermined, open, notKnown } };
}

const WELL = { lost: 0, late: 0, unmatched: 0, findings: 0, undetermined: 0, open: 0, notKnown: [] };

for (const kernel of ["6.12", "6.1"]) {
  Deno.test(`filters show the same of what they let through on ${kernel}`, async (t) => {
    await using guest = await startGuest({ kernel: findKernel(kernel), timeLimitSeconds: 900 });
    await registerGuest(guest);
    const stimulus = await buildStimulus();
    const target = ["--target", `lab:${kernel}`];
    const words = ["--json", "--uses", "--copy", stimulus, "--", "sh", "-c", SCRIPT];

    const alone = await new Tool([...target, "-u", `${USER}`, ...words]).result();
    assert.equal(alone.code, 0, alone.stderr);
    await t.step("-u shows what one user does, and all that becomes of it", () => {
      const { events } = alone;
      assert.deepEqual(numbers(events).rest, WELL);
      for (
        const type of ["pidfd.create", "pidfd.release", "process.exit", "process.reap", "pid.free"] as const
      ) {
        assert.equal(ofType(events, type).length, MINE, type);
      }
      assert.ok(usesOf(events) >= MINE * USES_MIN, `${usesOf(events)} uses`);
    });

    const room = await Deno.makeTempDir({ prefix: "trace-clone-filters-" });
    const file = `${room}/run.rec`;
    const replayed = async (...more: readonly string[]) =>
      (await new Tool(["replay", file, "--json", ...more]).result()).events;
    const kept = await new Tool(["record", file, ...target, "-u", `${USER}`, "-c", "/", ...words]).result();
    assert.equal(kept.code, 0, kept.stderr);
    for (const it of ofType(kept.events, "lost")) console.log(JSON.stringify(it));
    await t.step("a recording keeps the others, and shows them when it is asked for them", async () => {
      assert.equal(ofType(kept.events, "pidfd.create").length, MINE);
      assert.deepEqual(await replayed(), kept.events);
      const others = await replayed("-u", "0");
      assert.deepEqual(numbers(others).rest, WELL);
      assert.equal(ofType(others, "pidfd.create").length, 3 * INSIDE + NOISE);
      assert.ok(usesOf(others) >= NOISE * USES_MIN);
      const inside = ofType(await replayed("-u", "0", "-c", GROUP), "pidfd.create");
      assert.equal(inside.length, 3 * INSIDE);
      assert.deepEqual([...new Set(inside.map((it) => it.process?.cgroup))], [INNER]);
      assert.deepEqual([...new Set(inside.map((it) => it.process?.container))], [CONTAINER]);
      const boxed = await replayed("-u", "0", "--container", CONTAINER.slice(0, 12));
      assert.deepEqual(ofType(boxed, "pidfd.create"), inside);
      assert.deepEqual(ofType(await replayed("-u", "0", "--container", "4f7b"), "pidfd.create"), []);
    });

    await t.step("the uses of others are left out in the kernel, and nothing that is shown", async () => {
      const [less, more] = [numbers(alone.events).records, numbers(kept.events).records];
      console.log(`${kernel}: ${more} records with all uses, ${less} with those of one user`);
      const left = usesOf(await replayed("-u", "0"));
      assert.ok(more - less >= left * 0.9, `${left} uses of others, ${more - less} records less`);
      const shown = (events: readonly TraceEvent[]) =>
        events.map((it) => it.type).filter((it) => it !== "pidfd.use" && it !== "lost").sort();
      assert.deepEqual(shown(alone.events), shown(kept.events));
    });
    await Deno.remove(room, { recursive: true });

    await t.step("-p --follow: a process that was there, and what it forks", () => followed(kernel));
  });
}

async function followed(kernel: string): Promise<void> {
  await using host = await startGuestHost({ kernel, timeLimitSeconds: 900 });
  const waiting = "(while [ ! -e /tmp/go ]; do sleep 0.1; done; /tmp/filters-stimulus clone 5; :)";
  const said = await hostRun(host, ["sh", "-c", `${waiting} >/dev/null 2>&1 & echo $!`]);
  const tool = new Tool([
    "--target",
    `lab:${kernel}`,
    "--json",
    "-p",
    said.stdout.trim(),
    "--follow",
    "-d",
    "12s",
  ]);
  await tool.until('"type":"start"');
  assert.equal((await hostRun(host, ["touch", "/tmp/go"])).code, 0);
  const { code, events, stderr } = await tool.result();
  assert.equal(code, 0, stderr);
  assert.deepEqual(numbers(events).rest, WELL);
  const created = ofType(events, "pidfd.create");
  assert.equal(created.length, 5);
  const forked = ofType(events, "process.start").map((it) => it.child_pid);
  for (const { process } of created) {
    assert.notEqual(process?.pid, Number(said.stdout));
    assert.ok(forked.includes(process?.pid ?? 0));
  }
}
