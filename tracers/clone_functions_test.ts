import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../tests/support/kernel_machine.ts";
import { RECORDED_MACHINES, recordedMachine } from "../tests/support/recorded_machines.ts";
import { CLONE_WATCH, planLifecycle, watchClones } from "./mod.ts";

const LIMITS = { deadlineSeconds: 500, eventsMax: 1000, bufferPages: 64, follow: false, slots: true };

async function watchOn(machine: PlannedMachine, comm = "stimulus") {
  const facts = await factsOf(machine);
  const bare = planLifecycle(facts, LIMITS);
  if ("reasons" in bare) assert.fail(bare.reasons.join("\n"));
  return { bare, ...watchClones(facts, bare, { comm }) };
}

/** The lines of a program that print a record of a function, or only of its entry or return. */
function linesOf(text: string, name: string, returned?: 0 | 1): readonly string[] {
  const end = returned === undefined ? "" : `(uint32)${returned}, `;
  const place = `, (uint32)${CLONE_WATCH.indexOf(name)}, ${end}`;
  return text.split("\n").filter((it) => it.includes('"func ') && it.includes(place));
}

/** What is told of with each way to make a pidfd. */
const ALWAYS = [
  "kernel_clone",
  "copy_process",
  "dup_fd",
  "alloc_pid",
  "get_unused_fd_flags",
  "fd_install",
  "free_pid",
];
const MAKERS = ["pidfs_alloc_file", "__anon_inode_getfile", "anon_inode_getfile"];

for (const name of RECORDED_MACHINES) {
  Deno.test(`watchClones() tells each step of a clone on ${name}, by one maker of files`, async () => {
    const { bare, plan, watched, unwatched } = await watchOn(recordedMachine(name));
    for (const it of ALWAYS) assert.ok(watched.includes(it), `${it}: ${unwatched.join("; ")}`);
    assert.equal(watched.filter((it) => MAKERS.includes(it)).length, 1, watched.join(", "));
    assert.deepEqual(watched.filter((it) => !CLONE_WATCH.includes(it)), []);
    const text = renderProgram(plan.program);
    for (const it of watched) assert.ok(linesOf(text, it).length > 0, `${it} is printed`);
    // The others are told of, each with its reason.
    for (const it of unwatched) assert.match(it, /^[a-z_]+ is not watched: ./);
    assert.equal(new Set(plan.probes).size, plan.probes.length, "each place once");
    for (const it of bare.probes) assert.ok(plan.probes.includes(it), `${it} is still there`);
  });
}

Deno.test("watchClones() prints nothing of other programs, and no text of the user", async () => {
  const { plan, bare } = await watchOn(recordedMachine("6.12"));
  const [text, before] = [renderProgram(plan.program), renderProgram(bare.program)];
  assert.ok(!before.includes('"func '));
  // The comm of the stimulus as a number, as the kernel has it in memory.
  const guarded = text.split(/^(?=[a-z]+:)/m).filter((it) => it.includes('"func '));
  assert.ok(guarded.length > 8);
  for (const it of guarded) assert.match(it, /== 8319675138239460467\b/);
  assert.doesNotMatch(text, /stimulus/);
});

Deno.test("watchClones() tells the numbers of three depths, and whether parent and child share a table", async () => {
  const { plan } = await watchOn(recordedMachine("6.12"));
  const text = renderProgram(plan.program);
  assert.equal(linesOf(text, "alloc_pid", 1).length, 3);
  assert.match(text, /->files/);
});

/** Where a return that is missing is no statement about the kernel. */
const ONLY_RETURNS = ["dup_fd", "get_unused_fd_flags", "pidfd_poll"];

for (const name of RECORDED_MACHINES) {
  Deno.test(`watchClones() tells of each function of a clone that returns on ${name} also that it is entered`, async () => {
    const { plan, watched } = await watchOn(recordedMachine(name));
    const text = renderProgram(plan.program);
    const returning = watched.filter((it) => linesOf(text, it, 1).length > 0 && !ONLY_RETURNS.includes(it));
    assert.ok(returning.length >= 4, returning.join(", "));
    for (const it of returning) assert.equal(linesOf(text, it, 0).length, 1, it);
  });
}

Deno.test("watchClones() changes nothing without types, and says why", async () => {
  const machine = recordedMachine("6.12");
  const { copy_process: _, ...functions } = machine.functions;
  const { bare, plan, watched, unwatched } = await watchOn({ ...machine, functions });
  assert.equal(plan, bare);
  assert.deepEqual(watched, []);
  assert.match(unwatched.join(), /BTF does not describe copy_process/);
});

Deno.test("watchClones() takes only a program of eight characters: one word of comm is compared whole", async () => {
  await assert.rejects(watchOn(recordedMachine("6.12"), "stim"), RangeError);
});
