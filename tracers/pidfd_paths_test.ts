import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../tests/support/kernel_machine.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { addPaths, PATH_FUNCTIONS, planLifecycle } from "./mod.ts";

const MACHINE_6_1 = recordedMachine("6.1");
const MACHINE_6_12 = recordedMachine("6.12");
const LIMITS = { deadlineSeconds: 500, eventsMax: 1000, bufferPages: 64, follow: false };

async function pathsFor(machine: PlannedMachine, comm = "stimulus") {
  const facts = await factsOf(machine);
  const bare = planLifecycle(facts, LIMITS);
  if ("reasons" in bare) assert.fail(bare.reasons.join("\n"));
  return { bare, ...addPaths(facts, bare, { comm }) };
}

/** The probe at a place, as text. */
function probeAt(text: string, place: string): string {
  const [, body = ""] = new RegExp(`^${place} (.*?)^}$`, "ms").exec(text) ?? [];
  return body;
}

for (const machine of [MACHINE_6_12, MACHINE_6_1]) {
  Deno.test(`addPaths() watches what ${machine.release} has of the table, each place once`, async () => {
    const { bare, plan, watched, reasons } = await pathsFor(machine);
    assert.deepEqual(reasons, []);
    const there = PATH_FUNCTIONS.filter((it) => /^t$/i.test(machine.symbols[it] ?? ""));
    assert.deepEqual(watched, there);
    assert.ok(there.length > 4);
    assert.equal(new Set(plan.probes).size, plan.probes.length);
    for (const it of bare.probes) assert.ok(plan.probes.includes(it), `${it} is still there`);
  });

  Deno.test(`addPaths() prints on ${machine.release} places of the table, and only in watched calls`, async () => {
    const { plan, watched } = await pathsFor(machine);
    const text = renderProgram(plan.program);
    for (const name of watched) {
      const kind = machine.functions[name] === undefined ? "kprobe" : "fentry";
      const body = probeAt(text, `${kind}:${name}`);
      assert.match(body, /@call\[\(uint64\)tid\]/, name);
      assert.match(
        body,
        new RegExp(`"step [^"]*", .*\\(uint32\\)${PATH_FUNCTIONS.indexOf(name)}\\);`, "m"),
        name,
      );
      assert.doesNotMatch(body, new RegExp(`"[^"]*${name}`), "no name is printed");
    }
    const begin = probeAt(text, "tracepoint:raw_syscalls:sys_enter");
    assert.match(begin, /== 8319675138239460467\b/, "the comm of the stimulus, as the kernel reads it");
    assert.match(probeAt(text, "END"), /clear\(@call\);.*clear\(@call_argument\);.*clear\(@call_began\);/s);
    assert.ok(
      text.indexOf("@call[") > 0 && text.indexOf("@call[") < text.indexOf('"step '),
      "filled before read",
    );
  });
}

Deno.test("addPaths() changes nothing on a machine that is not x86-64, and says why", async () => {
  const { __x64_sys_pidfd_open: _, ...symbols } = MACHINE_6_12.symbols;
  const { bare, plan, watched, reasons } = await pathsFor({ ...MACHINE_6_12, symbols });
  assert.equal(plan, bare);
  assert.deepEqual(watched, []);
  assert.match(reasons.join(), /x86-64/);
});

Deno.test("addPaths() changes nothing without the tracepoint of system calls, and says why", async () => {
  const format = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/format";
  const { bare, plan, reasons } = await pathsFor({
    ...MACHINE_6_12,
    files: { [format]: { fails: "missing" } },
  });
  assert.equal(plan, bare);
  assert.equal(reasons.length, 1);
});

Deno.test("addPaths() takes only a program of eight characters: one word of comm is compared whole", async () => {
  await assert.rejects(pathsFor(MACHINE_6_12, "stim"), /8 characters of ASCII are required, got 4/);
  await assert.rejects(pathsFor(MACHINE_6_12, "stimulusé"), RangeError);
});
