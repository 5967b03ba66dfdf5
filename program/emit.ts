/**
 * From a record of the wire table to the statements that print it.
 *
 * @module
 */

import { WIRE_TABLE } from "../schema/mod.ts";
import type { ACTOR, STAMP } from "../schema/mod.ts";
import type { WireField, WireKind, WireRecord, WireTag } from "../schema/mod.ts";
import type { Expr, Statement } from "./ast.ts";
import { builtin, cast, commWord, field, increment, int, let_, variable } from "./builder.ts";

/** The map that numbers records of each context, per CPU. */
export const COUNTERS = { task: "task_records", softirq: "softirq_records" } as const;

/**
 * The maps that count what must agree, per CPU, by the field of the record `witness` in which they are printed.
 *
 * Each but the last is counted by one program alone. The kernel runs no program within itself, so no count gets lost.
 */
export const WITNESSES = {
  entered: "copy_entries",
  returned: "copy_returns",
  born: "copy_births",
  newtask: "new_tasks",
  unfollowed: "unfollowed",
} as const;

const FORMATS: Readonly<Record<WireKind, string>> = {
  i32: "%d",
  u32: "%u",
  u64: "%llu",
  hex: "%lx",
  pointer: "%lx",
  comm: "%lx %lx",
  word: "%s",
  text: "%s",
};

/** The scratch variable that keeps a record's number. */
const NUMBER = "number";

/** Fields that hold a count which other CPUs can change. */
const COUNTS: readonly string[] = ["count", "after"];

/** Names of the fields of stamp and actor. */
export type AutoName = (typeof STAMP)[number]["name"] | (typeof ACTOR)[number]["name"];
/** Names of the fields of a record. */
export type FieldName<T extends WireTag> = (typeof WIRE_TABLE)[T]["fields"][number]["name"];
/** Names of the fields that a numbered record fills itself. */
export type Numbered<T extends WireTag> = (typeof WIRE_TABLE)[T]["numbering"] extends "none" ? never
  : AutoName;

/** The expressions that a tracer gives for a record; stamp and actor of a numbered record fill themselves. */
export type EmitValues<T extends WireTag> = { readonly [N in Exclude<FieldName<T>, Numbered<T>>]: Expr };

/**
 * Returns the statements that number and print one record.
 *
 * A field of kind `comm` is given as the task whose `comm` it is.
 *
 * @param tag the record's name in the wire table
 * @param values one expression for each field that does not fill itself
 * @returns statements for the body of a probe
 * @example
 * ```ts
 * import { emit } from "./emit.ts";
 * import { argument, int } from "./builder.ts";
 * import assert from "node:assert/strict";
 *
 * const [_count, number, print] = emit("put", { pidAddress: argument("pid"), count: int(1) });
 * assert.equal(number?.kind === "let" && number.value.kind, "increment");
 * assert.equal(print?.kind === "print" && print.format, "put %u %u %llu %lx %d\\n");
 * ```
 */
export function emit<T extends WireTag>(tag: T, values: EmitValues<T>): readonly Statement[] {
  const record: WireRecord = WIRE_TABLE[tag];
  const given: Readonly<Record<string, Expr>> = values;
  // A count is read before the clock: a moment too old it can only be too high, which accuses nobody.
  const counts = record.fields.filter((it) => COUNTS.includes(it.name) && given[it.name] !== undefined);
  const statements: Statement[] = counts.map((it) => let_(it.name, cast("int32", given[it.name] ?? int(0))));
  if (record.numbering !== "none") {
    statements.push(let_(NUMBER, increment(COUNTERS[record.numbering], builtin("cpu"))));
  }
  const format = [tag, ...record.fields.map((it) => FORMATS[it.kind])].join(" ") + "\\n";
  const printed = record.fields.flatMap((it) => {
    const value = counts.includes(it) ? variable(it.name) : given[it.name] ?? automatic(it.name);
    return print(it, value);
  });
  statements.push({ kind: "print", format, values: printed });
  return statements;
}

function print(it: WireField, value: Expr): readonly Expr[] {
  switch (it.kind) {
    case "i32":
      return [cast("int32", value)];
    case "u32":
      return [cast("uint32", value)];
    case "u64":
    case "hex":
    case "pointer":
      return [cast("uint64", value)];
    case "word":
    case "text":
      return [value];
    case "comm":
      return [commWord(value, 0), commWord(value, 1)];
    default:
      return it.kind satisfies never;
  }
}

function automatic(name: string): Expr {
  const task = builtin("curtask");
  switch (name) {
    case "cpu":
      return builtin("cpu");
    case "number":
      return variable(NUMBER);
    case "ktimeNs":
      return builtin("nsecs");
    case "pid":
      return builtin("pid");
    case "tid":
      return builtin("tid");
    case "startNs":
      return field(task, "->group_leader->start_boottime");
    case "comm":
      return task;
    default:
      throw new TypeError(`Cannot print a record: no value for the field "${name}"`);
  }
}
