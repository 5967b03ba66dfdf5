// What is planned for each machine of the lab, word for word; tests/lab/machines_test.ts runs it there.

import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import { limitsOf, PLAN_VARIANTS } from "../tests/support/plan_variants.ts";
import { RECORDED_MACHINES, recordedMachine } from "../tests/support/recorded_machines.ts";
import { planLifecycle } from "./mod.ts";

/** Which way each machine sees releases when nothing is in the way, and which when nothing but kprobes is there. */
const STEPS = { usual: "fentry", kprobes: "kprobe", tracepoints: "none" } as const;

/** Where bpftrace takes no fentry probe. */
const WITHOUT_FENTRY: readonly string[] = ["5.10+bookworm"];

for (const name of RECORDED_MACHINES) {
  for (const variant of PLAN_VARIANTS) {
    Deno.test(`planLifecycle() gives the whole program on ${name} for ${variant.name}`, async (t) => {
      const plan = planLifecycle(variant.facts(await factsOf(recordedMachine(name))), limitsOf(variant));
      if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
      const what = variant.name;
      const kind = what.includes("ftrace") ? "tracepoints" : what.includes("fentry") ? "kprobes" : "usual";
      const usual = WITHOUT_FENTRY.includes(name) && kind === "usual" ? "kprobe" : STEPS[kind];
      assert.equal(plan.ladder.find((it) => it.what === "releases")?.step, usual);
      const words = plan.program.dialect;
      const text = renderProgram(plan.program);
      assert.equal(text.includes("config = {"), words.hasConfig);
      assert.equal(new Set(plan.probes).size, plan.probes.length, "a place stands twice");
      const seen = plan.ladder.map((
        it,
      ) => [
        `${it.what}: ${it.step} ${it.functions.join(" ")}`.trimEnd(),
        ...it.instead.map((why) => `  not better: ${why}`),
      ]);
      const notSeen = plan.cannotSee.map((it) => `not seen: ${it}`);
      await t.assertSnapshot([...seen.flat(), ...notSeen, "", text].join("\n"));
    });
  }
}
