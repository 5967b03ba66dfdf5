import assert from "node:assert/strict";
import { COUNTERS, renderProgram, WITNESSES } from "../program/mod.ts";
import type { Expr, Probe, Statement } from "../program/mod.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { factsOf, TRACEFS_DENIED } from "../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../tests/support/kernel_machine.ts";
import { MAPS } from "./_kernel_terms.ts";
import { planLifecycle } from "./mod.ts";
import type { Plan, Rung } from "./mod.ts";
const MACHINE_6_1 = recordedMachine("6.1");
const MACHINE_6_12 = recordedMachine("6.12");

const LIMITS = { deadlineSeconds: 630, eventsMax: 1_000_000, bufferPages: 1024 };
const PROBES_MAX = 20;

/** Both laws: a machine, and what its plan is called. */
const KERNELS = [
  { kernel: "6.12", machine: MACHINE_6_12, law: "per-inode", generation: "G3 (pidfs)" },
  { kernel: "6.1", machine: MACHINE_6_1, law: "per-file", generation: "G2 (anonymous inodes)" },
] as const;

/** A machine that is like another one but for some things. */
function changed(machine: PlannedMachine, changes: Partial<PlannedMachine>): PlannedMachine {
  return { ...machine, ...changes, files: { ...machine.files, ...changes.files } };
}

/** The plan for a machine that is like another one but for some things. */
async function planFor(
  follow: boolean,
  machine: PlannedMachine,
  changes: Partial<PlannedMachine> = {},
): Promise<Plan> {
  const plan = planLifecycle(await factsOf(changed(machine, changes)), { ...LIMITS, follow });
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  return plan;
}

function without<T>(table: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([it]) => it !== name));
}

const CASES = KERNELS.flatMap((it) => [false, true].map((follow) => ({ ...it, follow })));
for (const { kernel, machine, law, generation, follow } of CASES) {
  const scope = follow ? "a command that is followed" : "the whole machine";
  const what = `${scope} on ${kernel}`;
  Deno.test(`planLifecycle() stays below its limits for ${what}`, async () => {
    const plan = await planFor(follow, machine);
    assert.ok(plan.probes.length <= PROBES_MAX, `${plan.probes.length} probes`);
    assert.equal(new Set(plan.probes).size, plan.probes.length, "no probe stands twice");
    assert.equal(plan.probes.length, plan.program.probes.length);
    assert.ok(!plan.probes.some((it) => it.includes("*")), "no wildcard");
    assert.equal(plan.law, law);
    assert.equal(plan.generation, generation);
    assert.deepEqual(plan.unconfirmed, []);
    assert.equal(plan.program.config.maxMapKeys, plan.trackedMax);
    assert.ok(plan.cannotSee.length > 0);
  });

  Deno.test(`planLifecycle() fills no map for ${what} that it does not empty`, async () => {
    const { probes } = (await planFor(follow, machine)).program;
    const all = probes.flatMap((it) => statementsOf(it.body));
    const filled = new Set(
      all.flatMap((it) => {
        if (it.kind === "let" && it.value.kind === "increment") return [it.value.map];
        return it.kind === "set" ? [it.map] : [];
      }),
    );
    const end = probes.find((it) => it.attach.kind === "END");
    const cleared = (end?.body ?? []).flatMap((it) => it.kind === "clear" ? [it.map] : []);
    const counters: readonly string[] = [...Object.values(COUNTERS), ...Object.values(WITNESSES)];
    assert.deepEqual([...filled].filter((it) => !counters.includes(it)).sort(), [...cleared].sort());
    for (const counter of counters) {
      assert.ok(!cleared.includes(counter), "the totals are printed at the end");
    }
  });

  Deno.test(`planLifecycle() forgets every thread when its call is over, for ${what}`, async () => {
    const { probes } = (await planFor(follow, machine)).program;
    const { owner: _owner, shown: _shown, sifting: _sifting, ...unfiltered } = MAPS;
    const { tracked: _tracked, tree: _tree, tables: _tables, who: _who, letGo, ...others } = unfiltered;
    const { integer: _integer, asked: _pid, askedFlags: _flags, ...everywhere } = others;
    const asked = /^(clos|filler|known_stacks|stacks_told)/;
    const all = [...Object.values(everywhere), ...(law === "per-file" ? [letGo] : [])];
    for (const map of all.filter((it) => !asked.test(it))) {
      const setters = probes.filter((it) =>
        statementsOf(it.body).some((s) => s.kind === "set" && s.map === map)
      );
      assert.ok(setters.length > 0, map);
      for (const setter of setters) {
        for (const name of endsOf(setter)) {
          const end = probes.find((it) => it.attach.kind === "fexit" && it.attach.function === name);
          assert.ok(end !== undefined, `${map} set in ${JSON.stringify(setter.attach)}`);
          assert.ok(end.body.some((it) => isRemoval(it, map)), `${name} forgets ${map} on every path`);
          assert.deepEqual(end.when, name === "kernel_clone" ? callWithPidfd(probes) : undefined, name);
        }
      }
    }
  });
}

/** The functions at whose return a call is over in which a probe sets something for its thread. */
function endsOf(probe: Probe): readonly string[] {
  assert.ok("function" in probe.attach);
  switch (probe.attach.function) {
    case "copy_process":
    case "free_pid":
      return ["kernel_clone"];
    case "pidfs_alloc_file":
    case "__anon_inode_getfile":
      return ["kernel_clone", "__x64_sys_pidfd_open"];
    default:
      return [probe.attach.function];
  }
}

/** Only a call with CLONE_PIDFD is remembered; so only such a call must be forgotten. */
function callWithPidfd(probes: readonly Probe[]): Expr | undefined {
  return probes.find((it) => it.attach.kind === "fentry" && it.attach.function === "copy_process")?.when;
}

/** `if (@map[key] != 0) { delete(@map[key]); }` and nothing else. */
function isRemoval(statement: Statement, map: string): boolean {
  if (statement.kind !== "if" || statement.otherwise.length > 0) return false;
  const [only, ...more] = statement.then;
  const { condition } = statement;
  return more.length === 0 && only?.kind === "delete" && only.map === map && condition.kind === "binary" &&
    condition.operator === "!=" && condition.left.kind === "map" && condition.left.name === map;
}

function statementsOf(body: readonly Statement[]): readonly Statement[] {
  return body.flatMap((it) =>
    it.kind === "if" ? [it, ...statementsOf(it.then), ...statementsOf(it.otherwise)] : [it]
  );
}

Deno.test("planLifecycle() takes put_pid() itself where the compiler did not split it", async () => {
  const symbols = without(MACHINE_6_12.symbols, "put_pid.part.0");
  const { probes } = await planFor(false, MACHINE_6_12, { symbols });
  assert.ok(probes.includes("fentry:put_pid") && !probes.includes("kprobe:put_pid.part.0"));
});

Deno.test("planLifecycle() names places by what BTF says, not by a version", async () => {
  const structs: PlannedMachine["structs"] = {
    hlist_node: { size: 32, members: {} },
    pid: { size: 256, members: { stashed: [0, 8], rcu: [200, 16] } },
    task_struct: { size: 64, members: { pid_links: [8, 32], comm: [24, 16] } },
  };
  const functions = {
    ...MACHINE_6_12.functions,
    delayed_put_pid: ["head"],
    __x64_sys_pidfd_open: ["__unused"],
  };
  const text = renderProgram((await planFor(false, MACHINE_6_12, { structs, functions })).program);
  assert.match(text, /fentry:delayed_put_pid \/@tracked\[\(\(uint64\)args\.head\) - 200\]\//);
  assert.match(text, /\$task = \$task - 8;/);
  assert.match(text, /args\.__unused->di/);
  assert.match(text, /\*\(uint64 \*\)kptr\(\(uint64\)curtask \+ 24\)/);
});

for (const { kernel, machine } of KERNELS) {
  Deno.test(`planLifecycle() plans on ${kernel} where only root may read tracefs, and says what that leaves open`, async () => {
    const plan = await planFor(false, machine, { files: TRACEFS_DENIED, sudo: true });
    assert.deepEqual(plan.probes, (await planFor(false, machine)).probes);
    const [sentence, ...others] = plan.unconfirmed;
    assert.deepEqual(others, [], "one cause, one sentence");
    assert.match(sentence ?? "", /copy_process.*put_pid\.part\.0, .*task_newtask could not be confirmed/);
    assert.match(sentence ?? "", /Cannot find tracefs: .*denied[^.]*$/);
  });

  Deno.test(`planLifecycle() asks for put_pid() on ${kernel} where tracefs is refused and it was not split`, async () => {
    const symbols = without(machine.symbols, "put_pid.part.0");
    const plan = await planFor(false, machine, { symbols, files: TRACEFS_DENIED, sudo: true });
    assert.ok(plan.probes.includes("fentry:put_pid"));
  });
}

/** What is in the way, and what must be said about it. */
type Obstacle = readonly [what: string, machine: Partial<PlannedMachine>, said: RegExp];

const OBSTACLES: readonly Obstacle[] = [
  ["nothing can be read of the symbols and BTF", {
    files: {
      "/proc/kallsyms": { fails: "denied" },
      "/sys/kernel/tracing/available_filter_functions": { fails: "denied" },
      "/sys/kernel/btf/vmlinux": { fails: "missing" },
    },
  }, /cannot be told/],
  [
    "bpftrace is too old",
    { bpftrace: "bpftrace v0.11.3" },
    /too old: 0\.17 or later is needed, found .*0\.11\.3/,
  ],
  ["bpftrace is not there", { bpftrace: null }, /bpftrace cannot be used: .*not on the host/],
  ["there is neither BTF nor kprobes", {
    symbols: without(MACHINE_6_12.symbols, "register_kprobe"),
    files: { "/sys/kernel/btf/vmlinux": { fails: "missing" } },
  }, /^(BTF cannot be read|The kernel was built without kprobe)$/],
  ["tracefs is not found", {
    files: {
      "/sys/kernel/tracing/available_filter_functions": { fails: "missing" },
      "/sys/kernel/tracing/events/sched/sched_process_exit/format": { fails: "missing" },
      "/sys/kernel/tracing": { fails: "missing" },
    },
  }, /tracefs/],
  ["the tracepoint is missing", {
    files: { "/sys/kernel/tracing/events/sched/sched_process_exit/format": { fails: "missing" } },
  }, /sched_process_exit/],
  ["BTF lacks the structs", {
    structs: { pid: { size: 8, members: { stashed: [0, 8] } } },
  }, /task_struct\.pid_links/],
  ["neither functions nor tracepoints tell of births", {
    symbols: without(without(MACHINE_6_12.symbols, "copy_process"), "__x64_sys_pidfd_open"),
    files: Object.fromEntries(
      ["task/task_newtask", "syscalls/sys_exit_pidfd_open"].map((it) => [
        `/sys/kernel/tracing/events/${it}/format`,
        { fails: "missing" },
      ]),
    ),
  }, /No symbol is named copy_process/],
];

/** The same for what only kernels without pidfs need. */
const OTHER_OBSTACLES: readonly Obstacle[] = [
  ["tracefs is not mounted, and debugfs is", {
    files: {
      "/sys/kernel/tracing/available_filter_functions": { fails: "missing" },
      "/sys/kernel/tracing/events/sched/sched_process_exit/format": { fails: "missing" },
      "/sys/kernel/tracing": { fails: "missing" },
      "/sys/kernel/debug/tracing": { fails: "missing" },
    },
  }, /^Cannot find tracefs: /],
];

/** A kernel that lacks something, what is seen by which step then, and what is said about it. */
type Fall = readonly [
  what: string,
  changes: Partial<PlannedMachine>,
  sight: string,
  step: Rung["step"],
  said: RegExp,
];

const FTRACE_OFF = { "/proc/sys/kernel/ftrace_enabled": "0\n" };
const KPROBES_OFF = { "/sys/kernel/debug/kprobes/enabled": "0\n" };
const noFunction = (name: string) => ({ functions: without(MACHINE_6_12.functions, name) });
const noSymbol = (name: string) => ({ symbols: without(MACHINE_6_12.symbols, name) });

const FALLS: readonly Fall[] = [
  [
    "BTF does not describe copy_process",
    noFunction("copy_process"),
    "births by clone and clone3",
    "kprobe",
    /BTF.*copy_process.*fentry/,
  ],
  [
    "there is no copy_process",
    noSymbol("copy_process"),
    "births by clone and clone3",
    "tracepoint",
    /No symbol is named copy_process/,
  ],
  [
    "kernel_clone is gone",
    noSymbol("kernel_clone"),
    "births by clone and clone3",
    "tracepoint",
    /kernel_clone/,
  ],
  [
    "ftrace is off",
    { files: FTRACE_OFF },
    "births by clone and clone3",
    "tracepoint",
    /ftrace_enabled" is 0/,
  ],
  ["ftrace is off", { files: FTRACE_OFF }, "births by pidfd_open", "tracepoint", /ftrace_enabled" is 0/],
  ["ftrace is off", { files: FTRACE_OFF }, "releases", "none", /ftrace_enabled" is 0/],
  ["kprobes are off", { files: KPROBES_OFF }, "births by clone and clone3", "fentry", /^$/],
  [
    "kprobes are off",
    { files: KPROBES_OFF },
    "frees",
    "fentry",
    /put_pid\.part\.0 is not seen: .*kprobes\/enabled" is 0/,
  ],
  [
    "the kernel has no kprobes",
    noSymbol("register_kprobe"),
    "frees",
    "fentry",
    /put_pid\.part\.0 is not seen: The kernel was built without kprobe/,
  ],
  [
    "the kernel has no fentry",
    noSymbol("register_ftrace_direct"),
    "releases",
    "kprobe",
    /built without fentry/,
  ],
  [
    "the machine is not x86-64",
    noSymbol("__x64_sys_pidfd_open"),
    "births by pidfd_open",
    "tracepoint",
    /__x64_sys_pidfd_open/,
  ],
  [
    "there is no pidfs_alloc_file",
    noFunction("pidfs_alloc_file"),
    "pidfd files being made",
    "kprobe",
    /pidfs_alloc_file/,
  ],
  ["__fput is inlined", noSymbol("__fput"), "releases", "none", /No symbol is named __fput/],
  [
    "the operations of pidfs are not told",
    noSymbol("pidfs_file_operations"),
    "releases",
    "none",
    /pidfs_file_operations is needed/,
  ],
  ["there is no release_task", noSymbol("release_task"), "reaps", "none", /release_task/],
  [
    "put_pid cannot be probed",
    { symbols: without(without(MACHINE_6_12.symbols, "put_pid.part.0"), "put_pid") },
    "frees",
    "fentry",
    /put_pid/,
  ],
  ["delayed_put_pid is gone", noSymbol("delayed_put_pid"), "frees", "none", /delayed_put_pid/],
  [
    "bpftrace takes no clones",
    { bpftrace: "bpftrace v0.27.1", files: { "/dev/fd/0": "" } },
    "frees",
    "fentry",
    /put_pid\.part\.0 is not seen: bpftrace 0\.27/,
  ],
  [
    "the kernel tells when a struct pid is freed",
    {
      symbols: { ...MACHINE_6_12.symbols, pidfs_free_pid: "T" },
      functions: { ...MACHINE_6_12.functions, pidfs_free_pid: ["pid"] },
    },
    "frees",
    "fentry",
    /^$/,
  ],
];

for (const [what, changes, sight, step, said] of FALLS) {
  Deno.test(`planLifecycle() sees ${sight} by ${step} when ${what}, and says why and what that loses`, async () => {
    const plan = await planFor(false, MACHINE_6_12, changes);
    const rung = plan.ladder.find((it) => it.what === sight);
    assert.equal(rung?.step, step);
    assert.match([...rung.instead, ...rung.loses].join("\n"), said);
    assert.ok(rung.loses.every((it) => plan.cannotSee.includes(it)), "what is lost is said");
    assert.equal(plan.releasesSeen, plan.ladder.find((it) => it.what === "releases")?.step !== "none");
    assert.equal(new Set(plan.probes).size, plan.probes.length, plan.probes.join("\n"));
  });
}

Deno.test("planLifecycle() goes to the next step when a door was found silent", async () => {
  const facts = await factsOf(MACHINE_6_12);
  const silent = new Map([["fentry:copy_process", "fentry:copy_process did not fire"]]);
  const plan = planLifecycle(facts, { ...LIMITS, follow: false, silent });
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  const rung = plan.ladder.find((it) => it.what === "births by clone and clone3");
  assert.deepEqual([rung?.step, rung?.instead], ["kprobe", ["fentry:copy_process did not fire"]]);
});

Deno.test("planLifecycle() is left with tracepoints where tracefs and the symbols are refused, and says so", async () => {
  const files = { ...TRACEFS_DENIED, "/proc/kallsyms": { fails: "denied" } } as const;
  const { ladder, releasesSeen } = await planFor(false, MACHINE_6_1, { files, sudo: true });
  const steps = Object.fromEntries(ladder.map((it) => [it.what, it.step]));
  assert.deepEqual([steps["births by clone and clone3"], steps.releases, releasesSeen], [
    "tracepoint",
    "none",
    false,
  ]);
  assert.match(ladder.flatMap((it) => it.instead).join("\n"), /^Cannot find tracefs: .*denied/);
});

const ALL_OBSTACLES = [
  ...OBSTACLES.map(([what, changes, said]) => [what, changed(MACHINE_6_12, changes), said] as const),
  ...OTHER_OBSTACLES.map(([what, changes, said]) => [what, changed(MACHINE_6_1, changes), said] as const),
];

for (const [what, machine, said] of ALL_OBSTACLES) {
  Deno.test(`planLifecycle() gives no plan on ${machine.release} and says why when ${what}`, async () => {
    const plan = planLifecycle(await factsOf(machine), { ...LIMITS, follow: false });
    assert.ok("reasons" in plan, "a plan was made");
    assert.ok(plan.reasons.some((it) => said.test(it)), plan.reasons.join("\n"));
    for (const reason of plan.reasons) {
      assert.match(reason, /^(bpftrace|["A-Z_]).*[^.]$/s, "a sentence without its full stop");
    }
    assert.equal(new Set(plan.reasons).size, plan.reasons.length, "one cause is told once");
    assert.match(plan.hint, /--target lab:6\.12/);
  });
}
