import assert from "node:assert/strict";
import { planLifecycle } from "../../tracers/mod.ts";
import { recordedMachine } from "../../tests/support/recorded_machines.ts";
import { factsOf } from "../../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../../tests/support/kernel_machine.ts";
import { diagnosis } from "./doctor.ts";
import { obstacles, obstacleText } from "./obstacles.ts";
import { defaultLimits } from "./plan.ts";
const MACHINE_6_12 = recordedMachine("6.12");

const DESCRIPTION = { name: "local", release: "6.12.117", machine: "x86_64", bootId: "b", cpus: 2, uid: 0 };

/** Machines that cannot be traced, and the checks that tell why. */
const ROWS: readonly (readonly [what: string, machine: Partial<PlannedMachine>, ids: readonly string[]])[] = [
  ["bpftrace is missing", { bpftrace: null }, ["bpftrace"]],
  ["BTF and bpftrace are missing", {
    bpftrace: null,
    files: { "/sys/kernel/btf/vmlinux": { fails: "missing" } },
  }, ["bpftrace"]],
  ["tracefs is not mounted", {
    files: {
      "/proc/self/mounts": "proc /proc proc rw 0 0\n",
      "/sys/kernel/tracing": { fails: "missing" },
      "/sys/kernel/tracing/available_filter_functions": { fails: "missing" },
      "/sys/kernel/tracing/events/sched/sched_process_exit/format": { fails: "missing" },
    },
  }, ["tracefs"]],
  ["function tracing is refused", {
    files: { "/sys/kernel/tracing/available_filter_functions": { fails: "denied" } },
  }, ["functions"]],
  ["a tracepoint is missing", {
    files: { "/sys/kernel/tracing/events/sched/sched_process_exit/format": { fails: "missing" } },
  }, ["places"]],
];

for (const [what, machine, ids] of ROWS) {
  Deno.test(`obstacles() gives each cause once, as doctor tells it, when ${what}`, async () => {
    const facts = await factsOf({ ...MACHINE_6_12, ...machine });
    const plan = planLifecycle(facts, defaultLimits(2));
    assert.ok("reasons" in plan);
    const found = obstacles(facts, plan);
    assert.deepEqual(found.map((it) => it.id), ids);
    assert.deepEqual(found.map((it) => it.says), plan.reasons);
    for (const it of found) assert.ok(it.remedy !== null && it.blocks && it.needed, it.id);

    const { checks, verdict } = diagnosis({ description: DESCRIPTION, facts, plan }, "a command");
    assert.deepEqual([verdict.plan, verdict.blocked_by, verdict.command, verdict.exit_code], [
      false,
      ids,
      "a command",
      3,
    ]);
    assert.deepEqual(checks.filter((it) => it.blocks).map((it) => it.says), plan.reasons);
  });
}

Deno.test("diagnosis() tells what the plan is when there is one", async () => {
  const facts = await factsOf(MACHINE_6_12);
  const plan = planLifecycle(facts, defaultLimits(2));
  assert.ok(!("reasons" in plan));
  const { verdict } = diagnosis({ description: DESCRIPTION, facts, plan }, "a command");
  const { generation, law, probes } = plan;
  assert.deepEqual([
    verdict.plan,
    verdict.generation,
    verdict.law,
    verdict.probes,
    verdict.command,
    verdict.exit_code,
  ], [
    true,
    generation,
    law,
    probes.length,
    null,
    0,
  ]);
  assert.deepEqual(verdict.blocked_by, []);
});

Deno.test("obstacleText() shows what the machine said and does not obey it", () => {
  const check = { id: "x", title: "x", answer: "no", needed: true, blocks: true } as const;
  assert.equal(
    obstacleText({ ...check, says: "a\n  - b\u001b[2J", remedy: "Do it" }),
    "\n  - a\\x0a  - b\\x1b[2J\n    -> Do it",
  );
  assert.equal(obstacleText({ ...check, says: "a", remedy: null }), "\n  - a");
});
