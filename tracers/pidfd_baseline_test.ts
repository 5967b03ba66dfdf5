import assert from "node:assert/strict";
import { environmentOf, renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../tests/support/kernel_machine.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import type { MachineName } from "../tests/support/recorded_machines.ts";
import { planBaseline } from "./mod.ts";

/** What BTF says of Linux 6.12 and 6.18 besides what other plans ask; places as seen in guests. */
const FILE = { "6.12": ["f_count", 0], "6.18": ["f_ref", 176] } as const;

function machine(name: "6.12" | "6.18", changes: Partial<PlannedMachine> = {}): PlannedMachine {
  const recorded = recordedMachine(name);
  const [counter, offset] = FILE[name];
  return {
    ...recorded,
    functions: { ...recorded.functions, bpf_iter_task_file: ["meta", "task", "fd", "file"] },
    structs: {
      ...recorded.structs,
      pid: { size: 144, members: { ...recorded.structs.pid?.members, numbers: [112, 0] } },
      btf: { size: 8, members: { kernel_btf: [0, 1] } },
      upid: { size: 16, members: { nr: [0, 4] } },
      file: { size: 184, members: { [counter]: [offset, 8] } },
      fdtable: { size: 56, members: { close_on_exec: [16, 8] } },
    },
    ...changes,
  };
}

function without<T>(table: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([it]) => it !== name));
}

Deno.test("planBaseline() makes one probe that ends by itself, in each dialect", async () => {
  for (const bpftrace of ["bpftrace v0.17.0", "bpftrace v0.23.2", "bpftrace v0.27.1"]) {
    const plan = planBaseline(await factsOf(machine("6.12", { bpftrace })));
    if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
    const text = renderProgram(plan.program);
    assert.match(text, /^iter:task_file \/ctx->file\/ \{$/m);
    assert.match(text, /kaddr\("pidfs_file_operations"\)/);
    assert.equal(plan.program.probes.length, 1);
    assert.deepEqual([plan.counter, plan.referencesBias], ["f_count", -1]);
    assert.match(text, /ctx->file->f_count\.counter/);
    // With it bpftrace 0.17 finds no iterator.
    assert.equal(environmentOf(plan.program).BPFTRACE_BTF, undefined);
    for (const [line] of text.matchAll(/printf\(.*\);$/gm)) {
      assert.ok((line.match(/%/g) ?? []).length <= 12, line);
    }
  }
});

Deno.test("planBaseline() reads the counter that the kernel has", async () => {
  const plan = planBaseline(await factsOf(machine("6.18")));
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  assert.deepEqual([plan.counter, plan.referencesBias], ["f_ref", 0]);
  assert.match(renderProgram(plan.program), /ctx->file->f_ref\.refcnt\.counter/);
});

Deno.test("planBaseline() says why there is no program", async () => {
  const usual = machine("6.12");
  const { functions, structs, symbols } = usual;
  const rows: readonly (readonly [changes: Partial<PlannedMachine>, reason: RegExp])[] = [
    [{ functions: without(functions, "bpf_iter_task_file") }, /has no iterator of open files/],
    [{ structs: without(structs, "file") }, /neither f_count nor f_ref/],
    [{ structs: without(structs, "fdtable") }, /fdtable\.close_on_exec/],
    [{ structs: without(structs, "upid") }, /pid\.numbers and upid\.nr/],
    [{ symbols: without(symbols, "pidfs_file_operations") }, /pidfs_file_operations/],
    [{ files: { "/sys/kernel/btf/vmlinux": { fails: "missing" } } }, /BTF/],
    [{ bpftrace: null }, /bpftrace/],
    [{ bpftrace: "bpftrace v0.11.3" }, /too old/],
  ];
  for (const [changes, reason] of rows) {
    const plan = planBaseline(await factsOf(machine("6.12", changes)));
    assert.match("reasons" in plan ? plan.reasons.join("\n") : "a plan", reason);
  }
});

Deno.test("planBaseline() refuses bpftrace 0.17 on a kernel that does not mark its BTF", async () => {
  const name: MachineName = "5.10+bookworm";
  const recorded = recordedMachine(name);
  const functions = { ...recorded.functions, bpf_iter_task_file: ["meta"] };
  const plan = planBaseline(await factsOf({ ...recorded, functions }));
  assert.match("reasons" in plan ? plan.reasons.join("\n") : "a plan", /0\.17 finds no iterator/);
});
