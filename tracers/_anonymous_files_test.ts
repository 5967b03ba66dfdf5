import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { planLifecycle } from "./mod.ts";

const LIMITS = { deadlineSeconds: 500, eventsMax: 1000, bufferPages: 64, follow: false };

for (const name of ["5.10", "6.1", "6.1+bookworm"] as const) {
  Deno.test(`releases are seen on ${name} where pidfd_release has another name`, async () => {
    const machine = recordedMachine(name);
    const { pidfd_release: _, ...symbols } = machine.symbols;
    const [usual, other] = await Promise.all(
      [machine, { ...machine, symbols }].map(async (it) => {
        const plan = planLifecycle(await factsOf(it), LIMITS);
        if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
        return plan;
      }),
    );
    assert.ok(usual !== undefined && other !== undefined);
    assert.ok(usual.probes.some((it) => it.endsWith(":pidfd_release")), usual.probes.join(", "));
    assert.ok(!usual.probes.some((it) => it.endsWith(":__fput")), "no more than is needed");
    assert.equal(other.releasesSeen, true);
    assert.ok(other.probes.some((it) => it.endsWith(":__fput")), other.probes.join(", "));
    const text = renderProgram(other.program);
    const places = text.split(/^(?=[a-z]+:)/m).filter((it) => /^\w+:__fput /.test(it));
    assert.equal(places.length, 2, "where it begins, and where it ends");
    // What is no pidfd is nobody's business, and after the end the file is not read.
    assert.match(places[0] ?? "", /kaddr\("pidfd_fops"\)/);
    assert.match(places[1] ?? "", /@let_go\[[^\]]*\] != 0/);
    assert.doesNotMatch(places[1] ?? "", /f_inode/);
  });
}
