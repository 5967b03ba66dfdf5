// The graph of slots, files and processes beside what a reader of /proc says, move by move and birth by birth.

import assert from "node:assert/strict";
import { SlotGuest } from "../support/slot_guest.ts";
import type { SlotStory } from "../support/slot_guest.ts";
import type { Step } from "../support/witness.ts";

/** The kernels, with the rounds of each scenario. */
const KERNELS: readonly (readonly [name: string, rounds: number])[] = [
  ["6.12", 3],
  ["6.1", 3],
  ["7.2", 1],
  ["6.18", 1],
  ["5.10", 1],
];

/** Scenarios of pidfds that move from slot to slot. */
const MOVES: readonly string[] = [
  "moves-dup",
  "moves-fork",
  "moves-exec",
  "moves-range",
  "moves-scm",
  "moves-getfd",
  "moves-threads",
  "moves-uring",
];

/** Scenarios of pidfds that are made in other ways than by clone and pidfd_open, and the origin that is to be told. */
const BIRTHS: Readonly<Record<string, string | null>> = {
  "birth-peerpidfd": "so_peerpidfd",
  "birth-scmpidfd": "scm_pidfd",
  "birth-fanotify": "fanotify",
  "birth-handle": "handle",
  "birth-reopen": "reopen",
  "birth-thread": null,
  "birth-coredump": "coredump",
};

/** Scenarios of pidfds that are used. */
const USES: readonly string[] = [
  "uses-poll",
  "uses-wait",
  "uses-signal",
  "uses-setns",
  "uses-getfd",
  "uses-ioctl",
  "uses-madvise",
  "uses-mrelease",
];

/** There is no such call. */
const ENOSYS = 38;

/** What the steps of the stimulus are called by what they use a pidfd for, by how their names begin. */
const STEPS: Readonly<Record<string, string>> = {
  poll: "poll",
  epoll_ctl: "poll",
  epoll_wait: "poll",
  waitid: "waitid",
  pidfd_send_signal: "send_signal",
  setns: "setns",
  pidfd_getfd: "getfd",
  ioctl: "ioctl",
  process_madvise: "process_madvise",
  process_mrelease: "process_mrelease",
};

function useOf({ step }: Step): string {
  const use = STEPS[step.split("-")[0] ?? ""];
  assert.ok(use !== undefined, `a step called ${step}`);
  return use;
}

for (const [kernel, rounds] of KERNELS) {
  Deno.test(`slots on ${kernel}`, async (t) => {
    await using slots = await SlotGuest.start(kernel);
    assert.deepEqual(slots.guest.plan.slotsSeen, true, JSON.stringify(slots.guest.plan.ladder));
    for (const scenario of MOVES) {
      await t.step(
        `every process has in /proc what the model says, step by step of ${scenario}`,
        async () => {
          const story = await slots.play(scenario, rounds);
          assertAgrees(story);
          if (story.skipped.length === 0) assert.ok(story.slots > 0, "no slot was compared");
          for (const it of story.skipped) console.log(`${kernel} skips ${it}`);
        },
      );
    }
    for (const [scenario, origin] of Object.entries(BIRTHS)) {
      await t.step(`every birth of ${scenario} is told with its origin`, async () => {
        const story = await slots.play(scenario, rounds);
        assertAgrees(story);
        for (const it of story.skipped) console.log(`${kernel} skips ${it}`);
        const told = story.updates.flatMap((it) => it.type === "pidfd.create" ? [it.body.origin] : []);
        const made = story.steps.filter((it) => it.ret >= 0).length;
        // The helper of a core dump has no step of its own.
        const expected = origin === "coredump" && story.skipped.length === 0 ? rounds : made;
        if (origin !== null) {
          assert.equal(told.filter((it) => it === origin).length, expected, told.join(", "));
        }
        assert.ok(!told.includes("other"), told.join(", "));
        assert.ok(!told.includes("baseline"), told.join(", "));
      });
    }
    const hasIoctl = slots.guest.plan.ladder.some((it) =>
      it.what === "uses by pidfd_ioctl" && it.step !== "none"
    );
    for (const scenario of USES) {
      await t.step(`every use of ${scenario} is counted by its kind`, async () => {
        const story = await slots.play(scenario, rounds);
        assertAgrees(story);
        const uses = story.updates.filter((it) => it.type === "pidfd.use");
        for (const use of new Set(story.steps.map(useOf))) {
          // Before pidfs they have no ioctl of their own.
          if (use === "ioctl" && !hasIoctl) continue;
          const made = story.steps.filter((it) => useOf(it) === use && it.errno !== ENOSYS).length;
          const told = uses.filter((it) => it.body.use === use).length;
          // poll asks the pidfd once more when it is woken, setns when it has looked at its flags.
          if (use === "poll" || use === "setns") {
            assert.ok(told >= made, `${told} of ${made} uses by ${use} are told`);
          } else assert.equal(told, made, `uses by ${use}`);
        }
        assert.ok(uses.length > 0 || story.skipped.length > 0, "no use was told");
      });
    }
    await t.step("nothing is left over, nothing was lost", async () => {
      const trust = await slots.guest.stop();
      assert.deepEqual([trust.lost, trust.late], [0, 0]);
    });
  });
}

function assertAgrees({ differences, updates, compared, strays, unseenEnds }: SlotStory): void {
  assert.ok(compared > 0, "no snapshot was compared");
  assert.deepEqual(differences, []);
  assert.deepEqual({ strays, unseenEnds }, { strays: [], unseenEnds: [] }, "records that fit nothing");
  const findings = updates.filter((it) => it.type === "finding");
  assert.deepEqual(findings, []);
}
