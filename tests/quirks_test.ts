// Our side of each quirk of bpftrace; tests/lab/dialects_test.ts shows the quirk itself.

import assert from "node:assert/strict";
import { programError, readDiagnostics, readMessage } from "../capture/mod.ts";
import { checkup } from "../kernel/mod.ts";
import {
  argument,
  BPFTRACE_QUIRKS,
  builtin,
  DIALECTS,
  emit,
  environmentOf,
  fentry,
  fexit,
  int,
  iter,
  loadUser,
  probe,
  renderProgram,
  splitPrints,
  tracepoint,
} from "../program/mod.ts";
import type { BpftraceQuirkId, Dialect, Expr, Probe, Statement } from "../program/mod.ts";
import { WIRE_TABLE } from "../schema/mod.ts";
import { planLifecycle } from "../tracers/mod.ts";
import type { Plan } from "../tracers/mod.ts";
import { factsOf } from "./support/kernel_machine.ts";
import { limitsOf, PLAN_LIMITS, PLAN_VARIANTS } from "./support/plan_variants.ts";
import { QUIRK_TRIALS } from "./support/quirk_trials.ts";
import { recordedMachine } from "./support/recorded_machines.ts";
import type { MachineName } from "./support/recorded_machines.ts";

const [OLD, MIDDLE, NEW] = DIALECTS as readonly [Dialect, Dialect, Dialect];
const CONFIG = { perfRbPages: 64, maxMapKeys: 4096, onStackLimit: 256 };
const [USUAL, , NO_FENTRY, NO_FTRACE] = PLAN_VARIANTS;

/** The text of some probes in a dialect. */
function written(dialect: Dialect, ...probes: readonly Probe[]): string {
  return renderProgram({ dialect, commOffset: 2976, config: CONFIG, probes });
}

/** The plan for a recorded machine, which must be possible. */
async function planned(name: MachineName, variant = USUAL, bpftrace?: string): Promise<Plan> {
  const machine = recordedMachine(name);
  const facts = await factsOf(bpftrace === undefined ? machine : { ...machine, bpftrace });
  const plan = planLifecycle(variant!.facts(facts), limitsOf(variant!));
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  return plan;
}

/** The text of every plan for a machine. */
async function texts(name: MachineName): Promise<readonly string[]> {
  const plans = await Promise.all(PLAN_VARIANTS.map((it) => planned(name, it)));
  return plans.map((it) => renderProgram(it.program));
}

const NOTHING: readonly Statement[] = [];
const ENTRY = probe(fentry("do_exit"), "One.", { when: argument("code"), body: NOTHING });
const RETURN = probe(fexit("do_exit"), "Two.", { body: NOTHING });

const REACTIONS: Readonly<Record<BpftraceQuirkId, () => void | Promise<void>>> = {
  async "too-old"() {
    const facts = await factsOf({ ...recordedMachine("6.12"), bpftrace: "bpftrace v0.11.3" });
    const refusal = checkup(facts).find((it) => it.id === "bpftrace");
    assert.deepEqual([refusal?.answer, refusal?.blocks], ["no", true]);
    assert.match(refusal?.says ?? "", /too old: 0\.17 or later is needed, found bpftrace v0\.11\.3$/);
    const plan = planLifecycle(facts, { ...PLAN_LIMITS, follow: false });
    assert.ok("reasons" in plan);
  },
  "kfunc-words"() {
    assert.match(written(OLD, ENTRY, RETURN), /^kfunc:do_exit [^]*^kretfunc:do_exit /m);
    assert.match(written(NEW, ENTRY, RETURN), /^fentry:do_exit [^]*^fexit:do_exit /m);
  },
  "args-arrow"() {
    assert.match(written(OLD, ENTRY), /args->code/);
    assert.match(written(MIDDLE, ENTRY), /args\.code/);
  },
  "no-config-block"() {
    assert.doesNotMatch(written(OLD, ENTRY), /config/);
    const environment = environmentOf({ dialect: OLD, config: CONFIG, probes: [] });
    assert.deepEqual(environment, {
      BPFTRACE_BTF: "/sys/kernel/btf/vmlinux",
      BPFTRACE_PERF_RB_PAGES: "64",
      BPFTRACE_MAP_KEYS_MAX: "4096",
      BPFTRACE_MAX_MAP_KEYS: "4096",
    });
    assert.deepEqual(environmentOf({ dialect: MIDDLE, config: CONFIG, probes: [] }), {});
  },
  async "no-raw-tracepoints"() {
    const plan = await planned("6.1+bookworm", NO_FTRACE);
    assert.doesNotMatch(renderProgram(plan.program), /rawtracepoint/);
    assert.ok(plan.cannotSee.includes("pidfds that are made by clone and clone3 are not seen"));
    assert.match(renderProgram((await planned("6.1", NO_FTRACE)).program), /rawtracepoint:task_newtask/);
  },
  async "no-void"() {
    for (const text of await texts("6.1+bookworm")) assert.doesNotMatch(text, /\(void/);
  },
  async "no-offsetof"() {
    for (const text of await texts("6.1+bookworm")) assert.doesNotMatch(text, /offsetof/);
  },
  async "array-parts"() {
    for (const text of await texts("6.1+bookworm")) assert.doesNotMatch(text, /numbers|->comm\b/);
    const text = written(OLD, probe(fentry("do_exit"), "One.", { body: emit("reap", reap()) }));
    assert.match(text, /\*\(uint64 \*\)kptr\(\(uint64\)curtask \+ 2984\)/);
  },
  async "string-limit"() {
    for (const text of await texts("6.12")) assert.doesNotMatch(text, /\bk?str\(/);
  },
  "on-stack-limit"() {
    assert.match(written(MIDDLE, ENTRY), /on_stack_limit = 256;/);
    const words = Object.values(WIRE_TABLE).map((it) =>
      it.fields.reduce((sum, { kind }) => sum + (kind === "comm" ? 2 : 1), 0)
    );
    // One word more stands before them: which printf it is.
    assert.ok(8 * (Math.max(...words) + 1) <= CONFIG.onStackLimit, `${Math.max(...words)} words`);
  },
  async "missing-probe"() {
    const machine = recordedMachine("6.12");
    const { probes } = await planned("6.12");
    const functions = probes.flatMap((it) => /^(?:fentry|fexit|kprobe|kretprobe):(.*)$/.exec(it)?.[1] ?? []);
    assert.ok(functions.length > 5);
    for (const name of functions) {
      assert.ok(name in machine.symbols && !machine.untraceable.includes(name), name);
    }
  },
  async "map-type"() {
    for (const name of ["5.10", "6.1", "6.1+bookworm", "6.12", "7.2+sid"] as const) {
      for (const text of await texts(name)) {
        const filled = new Set([...text.matchAll(/(?:^ *|\+\+)@(\w+)\[.*?\](?: = |;)/gm)].map((it) => it[1]));
        const used = new Set([...text.matchAll(/@(\w+)/g)].map((it) => it[1]));
        assert.deepEqual([...used].filter((it) => !filled.has(it)), [], name);
      }
    }
  },
  async "clone-names"() {
    const plan = await planned("6.12", USUAL, "bpftrace v0.27.1");
    assert.doesNotMatch(renderProgram(plan.program), /put_pid\.part/);
    assert.match(plan.cannotSee.join("\n"), /put_pid\.part\.0 is not seen: bpftrace 0\.27/);
  },
  async "fd-folder"() {
    const machine = recordedMachine("7.2+sid");
    const files = { ...machine.files, "/dev/fd": { fails: "missing" } } as const;
    const { "/dev/fd/0": _there, ...others } = files as Record<
      string,
      string | { readonly fails: "missing" }
    >;
    const check = checkup(await factsOf({ ...machine, files: others })).find((it) => it.id === "fd-folder");
    assert.deepEqual([check?.answer, check?.blocks], ["no", true]);
    assert.match(check?.remedy ?? "", /^ln -s \/proc\/self\/fd \/dev\/fd$/);
  },
  "attached-line"() {
    assert.deepEqual(readMessage('{"type": "attached_probes", "data": {"probes": 3}}'), { kind: "other" });
  },
  warnings() {
    const log = "stdin:1:28-45: WARNING: Return value discarded.\n";
    assert.deepEqual(readDiagnostics(log).map((it) => it.level), ["warning"]);
  },
  "silent-loss"() {
    for (const [tag, record] of Object.entries(WIRE_TABLE)) {
      const isNumbered = record.numbering !== "none";
      assert.equal(record.fields.some((it) => it.name === "number"), isNumbered, tag);
    }
    assert.deepEqual(readMessage('{"type": "map", "data": {"@task_records": {"0": 7}}}'), {
      kind: "totals",
      map: "task_records",
      byCpu: new Map([[0, 7]]),
    });
  },
  async "missed-returns"() {
    assert.doesNotMatch((await planned("6.12")).probes.join("\n"), /kretprobe/);
    const plan = await planned("6.12", NO_FENTRY);
    assert.match(plan.probes.join("\n"), /kretprobe/);
    assert.match(plan.cannotSee.join("\n"), /a return can be missed when many callers/);
  },
  "iterator-values"() {
    const values = Array.from({ length: 14 }, () => int(1));
    const print: Statement = { kind: "print", format: `x${" %u".repeat(14)}\\n`, values };
    const { body } = splitPrints(probe(iter("task_file"), "One.", { body: [print] }));
    assert.deepEqual(body.map((it) => it.kind === "print" && it.format), [
      `x${" %u".repeat(12)}`,
      " %u %u\\n",
    ]);
    assert.throws(
      () => splitPrints(probe(iter("task"), "One.", { body: [{ ...print, values: [] }] })),
      TypeError,
    );
  },
  "iterator-text"() {
    assert.deepEqual(readMessage("found 1 2"), { kind: "unreadable", text: "found 1 2" });
  },
  "btf-variable"() {
    for (const dialect of [MIDDLE, NEW]) {
      assert.ok(!("BPFTRACE_BTF" in environmentOf({ dialect, config: CONFIG, probes: [] })));
    }
  },
  async "btf-place"() {
    const { program, ladder } = await planned("5.10+bookworm");
    assert.equal(environmentOf(program).BPFTRACE_BTF, "/sys/kernel/btf/vmlinux");
    assert.equal(ladder.find((it) => it.what === "releases")?.step, "kprobe");
    assert.match(ladder.flatMap((it) => it.instead).join("\n"), /kernel_btf/);
    const newer = await planned("6.1+bookworm");
    assert.ok(!("BPFTRACE_BTF" in environmentOf(newer.program)));
  },
  async "unsigned-results"() {
    for (const text of await texts("6.1")) {
      for (const [use] of text.matchAll(/[^\s(]*\(?retval\b[^,;]*/g)) {
        assert.doesNotMatch(use, /^retval$|\(uint64\)retval$/, use);
      }
    }
  },
  async "missing-keys"() {
    for (const text of await texts("6.12")) {
      for (const [, map] of text.matchAll(/^ *delete\((@.*)\);$/gm)) {
        assert.ok(text.includes(`if (${map} != 0) {\n`), map);
      }
    }
  },
  "json-shapes"() {
    for (
      const line of ['{"type": "lost_events", "data": {"events": 9}}', '{"type": "lost_events", "count": 9}']
    ) {
      assert.deepEqual(readMessage(line), { kind: "dropped", events: 9 });
    }
  },
  "no-tracefs"() {
    const log = "open(/sys/kernel/tracing/kprobe_events): No such file or directory\n";
    const error = programError("BEGIN {}", { log, status: 0 });
    assert.match(error.message, /^Cannot start the program: bpftrace ended with status 0: /);
  },
  async "returned-pointers"() {
    for (const name of ["6.1+bookworm", "6.12"] as const) {
      for (const text of (await texts(name)).slice(0, 2)) {
        const body = /^(?:fexit|kretfunc):copy_process [^]*?^\}/m.exec(text)?.[0] ?? "";
        assert.match(body, /retval->/);
        assert.doesNotMatch(body, /retval [<>=!]|\)retval\b(?!->)/);
      }
    }
  },
  "user-memory"() {
    const value: Expr = loadUser("int32", argument("upid"));
    const at = tracepoint("syscalls", "sys_enter_wait4");
    assert.match(
      written(NEW, probe(at, "One.", { when: value, body: NOTHING })),
      /\*\(int32 \*\)uptr\(args\.upid\)/,
    );
  },
};

/** Values of a record, for its text alone. */
function reap() {
  return { pidAddress: builtin("arg0"), count: int(1) };
}

/** What no guest can show: the lab has no bpftrace that old. */
const WITHOUT_GUEST: readonly string[] = ["too-old"];

Deno.test("each quirk of bpftrace is met in a guest, and no other one", () => {
  const met = new Set<string>(QUIRK_TRIALS.flatMap((it) => it.of));
  assert.deepEqual([...met, ...WITHOUT_GUEST].sort(), Object.keys(BPFTRACE_QUIRKS).sort());
  assert.deepEqual(Object.keys(REACTIONS).sort(), Object.keys(BPFTRACE_QUIRKS).sort());
});

for (const [id, check] of Object.entries(REACTIONS)) {
  Deno.test(`a quirk of bpftrace and what we do about it: ${id}`, async () => await check());
}
