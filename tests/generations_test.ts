// The rows of the simulated kernels beside the plans for recorded machines, and that what they say does happen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { planLifecycle } from "../tracers/mod.ts";
import { generationOf, GENERATIONS } from "./simulator/generations.ts";
import type { KernelGeneration } from "./simulator/generations.ts";
import { simulate } from "./simulator/history.ts";
import type { SimulatedKernel } from "./simulator/kernel.ts";
import { factsOf } from "./support/kernel_machine.ts";
import { limitsOf, PLAN_VARIANTS } from "./support/plan_variants.ts";
import { recordedMachine } from "./support/recorded_machines.ts";

/** The machines that were recorded, by their shape. */
const MACHINES = [
  // Its latest updates have __pidfd_prepare(), as 6.1 does.
  ["5.10", "G2"],
  ["6.1", "G2"],
  ["6.12", "G3"],
  ["6.18", "G5"],
  ["7.2", "G6"],
] as const;

for (const [machine, name] of MACHINES) {
  test(`the row of ${name} says what the plan for ${machine} does`, async () => {
    const [usual] = PLAN_VARIANTS;
    assert.ok(usual !== undefined);
    const plan = planLifecycle(usual.facts(await factsOf(recordedMachine(machine))), limitsOf(usual));
    if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
    const row = generationOf(name);
    const [generation] = plan.generation.split(" ", 1);
    const frees = plan.ladder.find((it) => it.what === "frees")?.functions ?? [];
    const freeSeen = frees.includes("pidfs_free_pid")
      ? "pidfs_free_pid"
      : frees.some((it) => it.startsWith("put_pid"))
      ? "put_pid"
      : undefined;
    assert.deepEqual(
      { name: generation, law: plan.law, freeSeen, isTyped: plan.hashPutsSeen },
      { name, law: row.law, freeSeen: row.freeSeen, isTyped: row.isTyped },
    );
  });
}

/** Histories of each row. */
const HISTORIES = 40;

function histories(generation: KernelGeneration): readonly SimulatedKernel[] {
  return Array.from(
    { length: HISTORIES },
    (_, seed) => simulate({ seed, calls: 120, generation, interleaved: true }),
  );
}

/** Records by thread: the tag, the thread, the `struct pid`. */
function recordsOf(kernel: SimulatedKernel): readonly (readonly string[])[] {
  return kernel.printer.take().map((it) => it.text.split(" "));
}

for (const generation of GENERATIONS) {
  const { name, law, isTyped, freeSeen, hasOpen, otherCall } = generation;
  test(`what is particular to ${name} happens`, () => {
    const tags = new Set<string>();
    let losers = 0;
    let unforgotten = 0;
    for (const kernel of histories(generation)) {
      unforgotten += kernel.unforgottenMade;
      const latest = new Map<string, string>();
      for (const [tag = "", , , , , tid = ""] of recordsOf(kernel)) {
        tags.add(tag);
        // An inode that goes without a release of its thread has lost to another one.
        if (tag === "evict" && latest.get(tid) !== "release") losers += 1;
        if (tag !== "last") latest.set(tid, tag);
      }
    }
    const has = (tag: string) => tags.has(tag);
    assert.deepEqual([has("evict"), has("drop")], [law === "per-inode", law === "per-file"]);
    assert.deepEqual([has("open"), has("made")], [hasOpen, otherCall !== undefined]);
    assert.deepEqual(["exit", "reap", "put", "last"].map(has), Array(4).fill(isTyped));
    assert.equal(losers > 0, law === "per-inode", `${losers} inodes lost`);
    // Two drops at once that both see a 2: only where the probe stands before the drop nobody tells of the free.
    assert.equal(unforgotten > 0, freeSeen !== "pidfs_free_pid", `${unforgotten} were not forgotten`);
  });
}
