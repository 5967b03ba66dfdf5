import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTOR, STAMP, WIRE_TABLE } from "../schema/mod.ts";
import type { WireRecord, WireTag } from "../schema/mod.ts";
import type { Expr, Statement } from "./mod.ts";
import { builtin, COUNTERS, DIALECTS, emit, int, renderProgram, variable } from "./mod.ts";

const tags = Object.keys(WIRE_TABLE) as WireTag[];
const AUTOMATIC: readonly string[] = [...STAMP, ...ACTOR].map((it) => it.name);

/** A value for every field of a record that does not fill itself. */
function valuesFor(record: WireRecord): Record<string, Expr> {
  const given = record.fields.filter((it) => record.numbering === "none" || !AUTOMATIC.includes(it.name));
  return Object.fromEntries(given.map((it) => [it.name, it.kind === "comm" ? builtin("curtask") : int(7)]));
}

function emitAny(tag: WireTag): readonly Statement[] {
  return emit(tag, valuesFor(WIRE_TABLE[tag]) as never);
}

function printOf(statements: readonly Statement[]): Extract<Statement, { kind: "print" }> {
  const prints = statements.filter((it) => it.kind === "print");
  assert.equal(prints.length, 1);
  const [print] = prints;
  assert.ok(print !== undefined && statements.at(-1) === print, "the print comes last");
  return print;
}

test("emit() prints one word, or two for a comm, for every field of every record", () => {
  for (const tag of tags) {
    const record: WireRecord = WIRE_TABLE[tag];
    const { format, values } = printOf(emitAny(tag));
    const words = record.fields.reduce((sum, it) => sum + (it.kind === "comm" ? 2 : 1), 0);
    assert.ok(format.startsWith(`${tag} `) && format.endsWith("\\n"), tag);
    assert.equal(format.replace(/\\n$/, "").split(" ").length, words + 1, tag);
    assert.equal(values.length, words, tag);
    assert.equal(format.match(/%/g)?.length, words, tag);
  }
});

test("emit() numbers every numbered record with the counter of its context before it prints", () => {
  for (const tag of tags) {
    const { numbering } = WIRE_TABLE[tag];
    const increments = emitAny(tag).flatMap((it) =>
      it.kind === "let" && it.value.kind === "increment" ? [it.value.map] : []
    );
    assert.deepEqual(increments, numbering === "none" ? [] : [COUNTERS[numbering]], tag);
  }
});

test("emit() reads counts before the clock", () => {
  for (const tag of tags) {
    const statements = emitAny(tag);
    for (const name of ["count", "after"]) {
      if (!WIRE_TABLE[tag].fields.some((it) => it.name === name)) continue;
      assert.ok(statements.findIndex((it) => it.kind === "let" && it.name === name) === 0, `${tag}.${name}`);
      assert.ok(JSON.stringify(printOf(statements).values.map(words)).includes(`$${name}`), tag);
    }
  }
});

/** The variables in an expression. */
function words(expr: Expr): string {
  if (expr.kind === "variable") return `$${expr.name}`;
  return expr.kind === "cast" ? words(expr.of) : "";
}

test("emit() casts every number to the size that its format has", () => {
  const text = renderProgram({
    dialect: DIALECTS[1] ?? DIALECTS[0],
    commOffset: 2976,
    config: { perfRbPages: 64, maxMapKeys: 16, onStackLimit: 256 },
    probes: [{
      attach: { kind: "BEGIN" },
      why: "x",
      body: emit("put", { pidAddress: variable("pid"), count: variable("c") }),
    }],
  });
  assert.match(text, /\$count = \(int32\)\$c;/);
  assert.match(text, /\$number = \+\+@softirq_records\[cpu\];/);
  assert.match(
    text,
    /printf\("put %u %u %llu %lx %d\\n", \(uint32\)cpu, \(uint32\)\$number, \(uint64\)nsecs, /,
  );
  assert.match(text, /\(uint64\)\$pid, \(int32\)\$count\);/);
});

test("emit() throws when a field has no value", () => {
  assert.throws(() => emit("tick", { cpu: int(0) } as never), {
    name: "TypeError",
    message: /no value for the field "task"/,
  });
});
