import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBtf } from "./_btf_fixture.ts";
import { fakeHost, type FakeMachine } from "./_fake_host.ts";
import { discover, type KernelFacts } from "./discover.ts";

const FILES: NonNullable<FakeMachine["files"]> = {
  "/proc/sys/kernel/osrelease": "6.12.117+deb13-cloud-amd64\n",
  "/proc/version": "Linux version 6.12.117 (gcc) #1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1",
  "/proc/kallsyms": "f1 T pidfs_alloc_file\nf2 t pidfs_evict_inode\nf3 T copy_process\nf4 T pidfd_prepare\n",
  "/sys/kernel/tracing/available_filter_functions": "copy_process\npidfs_alloc_file\n",
  "/sys/kernel/tracing/events/task/task_newtask/format":
    "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n",
  "/sys/kernel/btf/vmlinux": encodeBtf([
    { kind: "int", name: "int", size: 4 },
    { kind: "struct", name: "pid", size: 4, members: [{ name: "stashed", type: 1, bits: 0 }] },
  ]),
  "/sys/kernel/debug/kprobes/enabled": "1\n",
  "/proc/sys/kernel/ftrace_enabled": "1\n",
  "/sys/kernel/debug/sched/preempt": "none voluntary (full)\n",
};
const COMMANDS = { "bpftrace --version": { stdout: "bpftrace v0.23.2\n" } };
const OPTIONS = { symbols: ["copy_process"], tracepoints: ["task:task_newtask", "task:gone"] };

function find(machine: FakeMachine): Promise<KernelFacts> {
  return discover(fakeHost(machine), OPTIONS);
}

test("discover() tells everything about a machine that shows everything", async () => {
  const facts = await find({ files: FILES, commands: COMMANDS });
  assert.deepEqual(facts.release, { kind: "known", value: "6.12.117+deb13-cloud-amd64" });
  assert.equal(facts.pidfd.generation, "G3");
  assert.equal(facts.pidfd.law, "per-inode");
  assert.equal(facts.symbols.traceable("copy_process").kind, "supported");
  assert.equal(facts.btf.kind === "known" && facts.btf.value.sizeOf("pid"), 4);
  assert.deepEqual(facts.tracefs, { kind: "known", value: "/sys/kernel/tracing" });
  assert.equal(facts.tracepoints.get("task:task_newtask")?.support.kind, "supported");
  assert.equal(facts.tracepoints.get("task:gone")?.support.kind, "unsupported");
  assert.equal(facts.bpftrace.kind === "known" && facts.bpftrace.value.text, "bpftrace v0.23.2");
  assert.equal(facts.switches.kprobes.state.kind, "on");
  assert.deepEqual(facts.preemption, { kind: "known", value: "full" });
});

test("discover() leaves only one piece unknown when one thing is missing or refused", async () => {
  const pieces = (facts: KernelFacts): readonly string[] =>
    Object.entries({
      release: facts.release.kind,
      symbols: facts.symbols.exists("copy_process").kind,
      traceable: facts.symbols.traceable("copy_process").kind,
      btf: facts.btf.kind,
      bpftrace: facts.bpftrace.kind,
      kprobes: facts.switches.kprobes.state.kind,
      ftrace: facts.switches.ftrace.state.kind,
    }).filter(([, kind]) => kind === "unknown").map(([name]) => name);
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["/proc/sys/kernel/osrelease", ["release"]],
    ["/proc/kallsyms", []],
    ["/sys/kernel/tracing/available_filter_functions", ["traceable"]],
    ["/sys/kernel/btf/vmlinux", ["btf"]],
    ["/sys/kernel/debug/kprobes/enabled", ["kprobes"]],
    ["/proc/sys/kernel/ftrace_enabled", ["ftrace"]],
  ];
  for (const [path, unknown] of rows) {
    for (const fails of ["missing", "denied", "failed"] as const) {
      const facts = await find({ files: { ...FILES, [path]: { fails } }, commands: COMMANDS });
      assert.deepEqual(pieces(facts), unknown, `${path} ${fails}`);
    }
  }
});

test("discover() says why when BTF is garbage or bpftrace is not there", async () => {
  const facts = await find({
    files: { ...FILES, "/sys/kernel/btf/vmlinux": "garbage of some thirty bytes" },
  });
  assert.match(facts.btf.kind === "unknown" ? facts.btf.reason : "", /Cannot parse BTF at byte 0/);
  assert.match(
    facts.bpftrace.kind === "unknown" ? facts.bpftrace.reason : "",
    /Install the package bpftrace/,
  );
  assert.equal(facts.pidfd.generation, "G3");
});

test("discover() asks for the bpftrace that it is told", async () => {
  const host = fakeHost({ files: FILES });
  await discover(host, { ...OPTIONS, bpftrace: "/opt/bpftrace" });
  assert.ok(host.asked.includes("/opt/bpftrace --version"));
});

test("discover() reads each file once", async () => {
  const host = fakeHost({ files: FILES, commands: COMMANDS });
  await discover(host, OPTIONS);
  assert.deepEqual(host.asked.toSorted(), [...new Set(host.asked)].toSorted());
});

test("discover() throws when the host is lost", async () => {
  await assert.rejects(find({ lost: true }), { name: "HostError", kind: "lost" });
});
