import assert from "node:assert/strict";
import type { BinaryOperator, Probe, Statement, TraceProgram } from "./mod.ts";
import {
  argument,
  binary,
  builtin,
  cast,
  clear,
  clockText,
  commWord,
  DIALECTS,
  emit,
  exit,
  fentry,
  fexit,
  field,
  if_,
  increment,
  int,
  kaddr,
  kprobe,
  let_,
  load,
  loadUser,
  lookup,
  positional,
  probe,
  remove,
  renderAttachPoint,
  renderProgram,
  set,
  tracepoint,
  variable,
} from "./mod.ts";

const task = builtin("curtask");
const MIDDLE = DIALECTS[1] ?? DIALECTS[0];

function programOf(...probes: readonly Probe[]): TraceProgram {
  return {
    dialect: MIDDLE,
    commOffset: 2976,
    config: { perfRbPages: 1024, maxMapKeys: 16_384, onStackLimit: 256 },
    probes,
  };
}

function bodyOf(...body: readonly Statement[]): TraceProgram {
  return programOf(probe({ kind: "BEGIN" }, "Only a body.", { body }));
}

Deno.test("renderProgram() writes every kind of probe", async (t) => {
  const none = { body: [exit()] };
  const program = programOf(
    probe({ kind: "BEGIN" }, "The begin.", none),
    probe(fentry("__fput"), "An entry.", { when: binary(argument("file"), "!=", int(0)), ...none }),
    probe(fexit("copy_process"), "A return.", none),
    probe(kprobe("put_pid.part.0"), "A clone of the compiler.", none),
    probe(tracepoint("sched", "sched_process_exit"), "A tracepoint.", none),
    probe({ kind: "profile", hertz: 1 }, "A heartbeat.", none),
    probe({ kind: "interval", seconds: 600 }, "A deadline.", none),
    probe({ kind: "END" }, "The end.", { body: [clear("seen")] }),
  );
  await t.assertSnapshot(renderProgram(program));
});

Deno.test("renderProgram() writes every kind of statement and expression", async (t) => {
  const body = bodyOf(
    let_("pid", cast("struct pid *", field(argument("file"), "->f_inode->i_private"))),
    set("seen", cast("uint64", variable("pid")), int(2n ** 64n - 1n)),
    let_("number", increment("records", builtin("cpu"))),
    remove("seen", lookup("other", int(0))),
    let_("word", commWord(task, 1)),
    let_("user", loadUser("int32", field(argument("args"), "->pidfd"))),
    let_("slot", load("uint64", binary(variable("table"), "+", binary(variable("fd"), "*", int(8))))),
    if_(binary(cast("uint64", variable("op")), "==", kaddr("pidfs_file_operations")), [exit()]),
    if_(binary(positional(1), ">", int(0)), [clear("seen")], [let_("utc", clockText())]),
  );
  await t.assertSnapshot(renderProgram(body));
});

Deno.test("renderProgram() writes symbols as seen from one that is found early, where their places are known", () => {
  const compared = (symbol: string) =>
    if_(binary(cast("uint64", variable("op")), "==", kaddr(symbol)), [exit()]);
  const body = bodyOf(compared("pidfs_file_operations"), compared("eventfd_fops"));
  const places = new Map([["pidfs_file_operations", { base: "_text", offset: 128n }]]);
  const lines = renderProgram(body, places).split("\n").filter((it) => it.includes("if"));
  assert.deepEqual(lines, [
    '  if (((uint64)$op) == (kaddr("_text") + 128)) {',
    '  if (((uint64)$op) == kaddr("eventfd_fops")) {',
  ]);
});

Deno.test("renderProgram() puts every operand that is not one word into parentheses", async (t) => {
  const a = variable("a");
  const sum = binary(a, "+", int(1));
  const operators: readonly BinaryOperator[] = ["==", "!=", "<", ">", "&", "&&", "||", "+", "-", "*"];
  const body = [
    ...operators.map((operator) => let_("x", binary(sum, operator, sum))),
    let_("x", field(cast("struct pid *", sum), "->level")),
    let_("x", cast("uint32", cast("uint64", a))),
    let_("x", field(load("struct pid", sum), ".level")),
    let_("x", binary(commWord(variable("t"), 0), "&", int(255))),
  ];
  await t.assertSnapshot(renderProgram(bodyOf(...body)));
});

Deno.test("renderProgram() gives the same text for the same program", () => {
  const make = () =>
    bodyOf(
      ...emit("put", { pidAddress: variable("pid"), count: int(1) }),
      if_(variable("a"), [exit()], [exit()]),
    );
  assert.equal(renderProgram(make()), renderProgram(make()));
  const program = make();
  const before = structuredClone(program);
  renderProgram(program);
  assert.deepEqual(program, before);
});

Deno.test("renderAttachPoint() names a probe as bpftrace does", () => {
  const rows = [
    [{ kind: "BEGIN" }, "BEGIN"],
    [{ kind: "END" }, "END"],
    [fentry("f"), "fentry:f"],
    [fexit("f"), "fexit:f"],
    [kprobe("f.part.0"), "kprobe:f.part.0"],
    [tracepoint("sched", "sched_process_exit"), "tracepoint:sched:sched_process_exit"],
    [{ kind: "interval", seconds: 5 }, "interval:s:5"],
    [{ kind: "profile", hertz: 1 }, "profile:hz:1"],
  ] as const;
  for (const [attach, name] of rows) assert.equal(renderAttachPoint(attach, MIDDLE), name);
});
