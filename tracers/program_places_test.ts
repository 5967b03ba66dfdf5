import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf } from "../tests/support/kernel_machine.ts";
import { PLAN_LIMITS } from "../tests/support/plan_variants.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import type { MachineName } from "../tests/support/recorded_machines.ts";
import { planLifecycle, programPlaces } from "./mod.ts";
import type { LoadedProgram } from "./mod.ts";

async function planned(machine: MachineName) {
  const facts = await factsOf(recordedMachine(machine));
  const plan = planLifecycle(facts, { ...PLAN_LIMITS, follow: false });
  assert.ok("program" in plan && facts.btf.kind === "known");
  return { plan, btf: facts.btf.value };
}

/** A program with an id at a link, and at a function where that is told. */
function loaded(id: number, kind: "fentry" | "fexit", linkId: number, functionId?: number): LoadedProgram {
  return { id: `${id}`, place: { kind, linkId, functionId } };
}

test("programPlaces() knows a probe by its function, and says on which no verdict rests", async () => {
  const { plan, btf } = await planned("6.12");
  const placesOf = programPlaces(plan, btf);
  const at = (
    kind: "fentry" | "fexit",
    name: string,
  ) => [...placesOf(btf.functionIds(name).map((it) => loaded(9, kind, 3, it))).values()];
  assert.deepEqual(at("fentry", "put_pid"), [{ name: "fentry:put_pid", isSpare: true }]);
  assert.deepEqual(at("fentry", "copy_process"), [{ name: "fentry:copy_process", isSpare: false }]);
  assert.deepEqual(at("fexit", "copy_process"), [{ name: "fexit:copy_process", isSpare: false }]);
  assert.deepEqual(at("fexit", "put_pid"), [], "there is no probe at its return");
  assert.deepEqual([...placesOf([{ id: "9", place: undefined }])], []);
});

/** Programs as lab:6.1+bookworm (bpftrace 0.17) and lab:6.1 (0.23) listed them: ids in the order of attaching, or not. */
const ENTRIES: Readonly<Record<"6.1+bookworm" | "6.1", readonly (readonly [id: number, linkId: number])[]>> =
  {
    "6.1+bookworm": [[18, 6], [19, 7], [20, 8], [21, 9], [22, 10], [23, 11], [24, 12]],
    "6.1": [[15, 8], [14, 9], [13, 10], [12, 11], [11, 12], [10, 13], [9, 14]],
  };

test("programPlaces() knows the entries by the order of attaching where no function is told", async () => {
  for (const [machine, last, first] of [["6.1+bookworm", "18", "24"], ["6.1", "15", "9"]] as const) {
    const { plan, btf } = await planned(machine);
    const placesOf = programPlaces(plan, btf);
    const entries = ENTRIES[machine].map(([id, linkId]) => loaded(id, "fentry", linkId));
    const places = placesOf([loaded(40, "fexit", 2), ...entries]);
    assert.match(places.get(last)?.name ?? "", /:put_pid$/);
    assert.match(places.get(first)?.name ?? "", /:copy_process$/);
    assert.deepEqual([...places.values()].filter((it) => it.isSpare).length, 1);
    assert.equal(places.has("40"), false, "returns are not told apart");
    assert.equal(placesOf(entries.slice(1)).size, 0, "one is missing");
    const [one, two, ...others] = ENTRIES[machine];
    assert.ok(one !== undefined && two !== undefined);
    const mixed = [[two[0], one[1]], [one[0], two[1]], ...others] as const;
    assert.equal(
      placesOf(mixed.map(([id, linkId]) => loaded(id, "fentry", linkId))).size,
      0,
      "loaded in no order",
    );
  }
});
