// The graph of slots where no function can be watched by fentry: what an entry keeps must reach its return.

import assert from "node:assert/strict";
import { SlotGuest } from "../support/slot_guest.ts";

/** Scenarios of pidfds that move from slot to slot, those with tables that are shared and threads among them. */
const MOVES: readonly string[] = [
  "moves-dup",
  "moves-fork",
  "moves-exec",
  "moves-range",
  "moves-scm",
  "moves-getfd",
  "moves-threads",
];

for (const kernel of ["6.12", "5.10"]) {
  Deno.test(`slots by kprobes on ${kernel}`, async (t) => {
    await using slots = await SlotGuest.start(kernel, { isByKprobes: true });
    const { slotsSeen, probes } = slots.guest.plan;
    assert.equal(slotsSeen, true);
    assert.deepEqual(probes.filter((it) => /^f(entry|exit):/.test(it)), []);
    // The kernel passes over a kprobe when the softirq that frees struct pids interrupts the handling of another one.
    const unseen: string[] = [];
    let freed = 0;
    for (const scenario of MOVES) {
      await t.step(
        `every process has in /proc what the model says, step by step of ${scenario}`,
        async () => {
          const { differences, strays, unseenEnds, skipped, updates, slots: compared } = await slots.play(
            scenario,
            3,
          );
          const findings = updates.filter((it) => it.type === "finding");
          assert.deepEqual({ differences, strays, findings }, { differences: [], strays: [], findings: [] });
          if (skipped.length === 0) assert.ok(compared > 0, "no slot was compared");
          for (const it of skipped) console.log(`${kernel} skips ${it}`);
          unseen.push(...unseenEnds);
          freed += updates.filter((it) => it.type === "pid.free").length;
        },
      );
    }
    await t.step("most frees are told", () => {
      for (const it of unseen) console.log(`${kernel}: ${it}`);
      assert.ok(freed > 4 * unseen.length, `${freed} frees were told, ${unseen.length} were not`);
    });
  });
}
