// Plans for kernels that do not describe their types; on 6.1 tests/lab/silence_test.ts runs one.

import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../tests/support/kernel_machine.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { planLifecycle } from "./mod.ts";
import type { Plan } from "./mod.ts";

const LIMITS = { deadlineSeconds: 630, eventsMax: 1_000_000, bufferPages: 1024 };
const MACHINE_6_1 = recordedMachine("6.1");
const MACHINE_6_12 = recordedMachine("6.12");

async function planFor(
  follow: boolean,
  machine: PlannedMachine,
  changes: Partial<PlannedMachine> = {},
): Promise<Plan> {
  const plan = planLifecycle(await factsOf({ ...machine, ...changes }), { ...LIMITS, follow });
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  return plan;
}

/** A kernel like the seed's, as the facts describe it: nobody has traced one, and it does not describe its types. */
const SEED: PlannedMachine = {
  ...MACHINE_6_1,
  release: "4.18.0-seed",
  symbols: {
    do_exit: "T",
    copy_process: "t",
    _do_fork: "T",
    alloc_pid: "T",
    pidfd_create: "t",
    anon_inode_getfd: "T",
    anon_inode_getfile: "T",
    pidfd_release: "t",
    pidfd_show_fdinfo: "t",
    register_kprobe: "T",
  },
  files: { "/sys/kernel/btf/vmlinux": { fails: "missing" } },
};

Deno.test("planLifecycle() reads the nine arguments of the seed's copy_process() by place, and says that it assumes", async (t) => {
  const plan = await planFor(true, SEED);
  assert.equal(plan.generation, "G0 (anonymous inodes)");
  assert.match(
    plan.unconfirmed.join("\n"),
    /assumed: copy_process\(\) gets the flags first and parent_tidptr fourth/,
  );
  assert.deepEqual([plan.releasesSeen, plan.hashPutsSeen], [true, false]);
  await t.assertSnapshot(renderProgram(plan.program));
});

for (const machine of [MACHINE_6_12, MACHINE_6_1]) {
  Deno.test(`planLifecycle() sees births and releases on ${machine.release} without BTF, and judges no count`, async () => {
    const files = { ...machine.files, "/sys/kernel/btf/vmlinux": { fails: "missing" } as const };
    const plan = await planFor(true, machine, { files, symbols: { ...machine.symbols, alloc_pid: "T" } });
    assert.deepEqual(plan.ladder.map((it) => it.step), ["kprobe", "kprobe", "kprobe", "kprobe"]);
    assert.deepEqual([plan.releasesSeen, plan.hashPutsSeen], [true, false]);
    assert.equal(plan.unconfirmed.filter((it) => it.startsWith("assumed: ")).length, 3);
    const text = renderProgram(plan.program).replaceAll(/^\/\/ .*$/gm, "");
    // Nothing may need the kernel's types, or its headers for a tracepoint.
    assert.doesNotMatch(text, /struct |->|^tracepoint:/m);
  });
}
