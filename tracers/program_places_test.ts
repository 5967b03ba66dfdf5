import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf } from "../tests/support/kernel_machine.ts";
import { PLAN_LIMITS } from "../tests/support/plan_variants.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { planLifecycle, programPlaces } from "./mod.ts";

test("programPlaces() names the probe at a function as its bpftrace does, and says on which no verdict rests", async () => {
  for (
    const [machine, entry, exit] of [["6.12", "fentry", "fexit"], [
      "6.1+bookworm",
      "kfunc",
      "kretfunc",
    ]] as const
  ) {
    const facts = await factsOf(recordedMachine(machine));
    const plan = planLifecycle(facts, { ...PLAN_LIMITS, follow: false });
    assert.ok("program" in plan && facts.btf.kind === "known");
    const btf = facts.btf.value;
    const places = programPlaces(plan, btf);
    const at = (kind: "fentry" | "fexit", name: string) =>
      btf.functionIds(name).map((id) => places(kind, id));
    assert.deepEqual(at("fentry", "put_pid"), [{ name: `${entry}:put_pid`, isSpare: true }]);
    assert.deepEqual(at("fentry", "copy_process"), [{ name: `${entry}:copy_process`, isSpare: false }]);
    assert.deepEqual(at("fexit", "copy_process"), [{ name: `${exit}:copy_process`, isSpare: false }]);
    assert.deepEqual(at("fexit", "put_pid"), [undefined], "there is no probe at its return");
    assert.deepEqual(at("fentry", "pidfd_poll"), btf.functionIds("pidfd_poll").map(() => undefined));
    assert.equal(programPlaces(plan, undefined)("fentry", btf.functionIds("put_pid")[0] ?? 0), undefined);
  }
});
