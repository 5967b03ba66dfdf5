import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import { PLAN_LIMITS } from "../tests/support/plan_variants.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { NUMBERS_MAX } from "./_filter.ts";
import { planLifecycle } from "./mod.ts";
import type { ActorFilter, Plan, TraceLimits } from "./mod.ts";

const NOBODY: ActorFilter = {
  ...{ pids: [], tids: [], uids: [], isTree: false },
  ...{ leaveOut: true, isTried: true, owners: false, places: false },
};

async function planOf(limits: Partial<TraceLimits>): Promise<{ readonly plan: Plan; readonly text: string }> {
  const plan = planLifecycle(await factsOf(recordedMachine("6.12")), {
    ...PLAN_LIMITS,
    follow: false,
    ...limits,
  });
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  return { plan, text: renderProgram(plan.program) };
}

Deno.test("a filter that compares nothing in the kernel changes nothing there", async () => {
  const { text } = await planOf({ uses: true });
  const many = Array.from({ length: NUMBERS_MAX + 1 }, (_, at) => at + 1);
  for (
    const filter of [undefined, NOBODY, { ...NOBODY, pids: many }, { ...NOBODY, uids: [0], leaveOut: false }]
  ) {
    const filtered = await planOf({ uses: true, filter });
    assert.equal(filtered.text, text);
    assert.deepEqual(filtered.plan.leftOut, []);
  }
});

Deno.test("uses and failed calls of others are left out, and nothing else is", async () => {
  const filter = { ...NOBODY, pids: [7, 8], tids: [9], uids: [33] };
  const { plan, text } = await planOf({ uses: true, filter });
  const asked =
    "(((((uint64)pid) == 7) || (((uint64)pid) == 8)) && (((uint64)tid) == 9)) && (((uint64)uid) == 33)";
  assert.ok(text.includes(asked), text);
  assert.equal(plan.leftOut.length, 2);
  const before = (tag: string) =>
    text.split(`printf("${tag} `).slice(0, -1).map((it) => it.split("\n").slice(-4).join("\n"));
  assert.ok(before("use").length > 1);
  for (const it of before("use")) assert.match(it, /if \(@shown\[.*\] \|\| /);
  for (const it of before("open")) assert.match(it, /@sifting\[.*< 0\) == 0/);
  for (const tag of ["clone", "made", "release", "failed", "exit", "reap", "put"]) {
    assert.ok(before(tag).length > 0, tag);
    for (const it of before(tag)) assert.doesNotMatch(it, /== 33/, tag);
  }
  assert.match(text, /BEGIN[^}]*@sifting\[\(uint64\)0\] = 0;/);
  assert.match(text, /printf\("failed .*\n.*& 4194304\) != 0\) \{\s+@sifting\[\(uint64\)0\] = 1;/);
  const untried = await planOf({ uses: true, filter: { ...filter, isTried: false } });
  assert.match(untried.text, /BEGIN[^}]*@sifting\[\(uint64\)0\] = 1;/);
  const without = await planOf({ filter });
  assert.deepEqual(without.plan.leftOut.length, 1);
  assert.ok(!without.text.includes("@shown"), "without uses no file is marked");
});

Deno.test("who acts is told before each record that is asked about, and forgotten at the exit", async () => {
  const { text } = await planOf({
    slots: true,
    uses: true,
    filter: { ...NOBODY, owners: true, places: true },
  });
  const count = (some: string) => text.split(some).length - 1;
  for (
    const tag of [
      "clone",
      "failed",
      "open",
      "made",
      "release",
      "use",
      "slot",
      "replace",
      "empty",
      "flush",
      "send",
    ]
  ) {
    const bodies = text.split(`printf("${tag} `).slice(0, -1);
    assert.ok(bodies.length > 0, tag);
    for (const it of bodies) {
      const probe = it.slice(it.lastIndexOf("\n}\n"));
      assert.ok(probe.includes('printf("owner '), tag);
      assert.ok(probe.includes('printf("who '), tag);
    }
  }
  assert.equal(count("clear(@owner)"), 1);
  const exit = text.slice(text.indexOf("tracepoint:sched:sched_process_exit"));
  assert.match(exit.slice(0, exit.indexOf("\n}\n")), /delete\(@owner/);
});

Deno.test("the processes that are followed stand in the tree from the begin", async () => {
  const { text } = await planOf({ roots: [4711, 12] });
  assert.match(text, /BEGIN[^}]*@tree\[\(uint64\)4711\] = 1;\s+@tree\[\(uint64\)12\] = 1;/);
  assert.ok(!text.includes("@tree[(uint64)$1]"), "there is no command");
  assert.ok(text.includes('printf("fork '));
});
