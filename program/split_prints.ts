/**
 * Long lines in an iterator, printed in parts.
 *
 * In an iterator bpftrace's `printf` is bpf_seq_printf(), which takes at most 12 values (MAX_BPRINTF_VARARGS,
 * include/linux/bpf.h) and refuses the whole call beyond that. What the parts print comes
 * as one line: one task walks, and nothing prints in between (tests/lab/baseline_test.ts, some 1600 lines at once).
 *
 * @module
 */

import type { Expr, Probe, Statement } from "./ast.ts";

/** Values that one `printf` of an iterator can have. */
export const SEQ_PRINTF_VALUES_MAX = 12;

/**
 * Writes each `printf` of a probe as several ones that print the same line, none of them with too many values.
 *
 * @param original a probe of kind iter; another kind is returned as it is
 * @returns the same with shorter `printf`s
 * @throws {TypeError} when a format does not have one conversion for each value
 *
 * @example
 * ```ts
 * import { context, int, iter, probe } from "./builder.ts";
 * import { splitPrints } from "./split_prints.ts";
 * import assert from "node:assert/strict";
 *
 * const print = { kind: "print", format: `x${" %u".repeat(14)}\\n`, values: Array(14).fill(int(1)) } as const;
 * const { body } = splitPrints(probe(iter("task_file"), "All files.", { when: context("file"), body: [print] }));
 * assert.deepEqual(body.map((it) => it.kind === "print" && it.values.length), [12, 2]);
 * ```
 */
export function splitPrints(original: Probe): Probe {
  return original.attach.kind === "iter"
    ? { ...original, body: original.body.flatMap(splitStatement) }
    : original;
}

function splitStatement(it: Statement): readonly Statement[] {
  if (it.kind === "print") return splitPrint(it.format, it.values);
  if (it.kind !== "if") return [it];
  return [{ ...it, then: it.then.flatMap(splitStatement), otherwise: it.otherwise.flatMap(splitStatement) }];
}

function splitPrint(format: string, values: readonly Expr[]): readonly Statement[] {
  // Each piece has one conversion at its end; what is left stands behind the last one.
  const pieces = format.match(/[^%]*%(?:l{1,2})?[dsux]/g) ?? [];
  const rest = format.slice(pieces.join("").length);
  if (pieces.length !== values.length || rest.includes("%")) {
    throw new TypeError(
      `Cannot split a line: one conversion for each of ${values.length} values is required, got ${
        JSON.stringify(format)
      }`,
    );
  }
  const parts: Statement[] = [];
  for (let at = 0; at === 0 || at < pieces.length; at += SEQ_PRINTF_VALUES_MAX) {
    const end = at + SEQ_PRINTF_VALUES_MAX;
    const text = pieces.slice(at, end).join("") + (end >= pieces.length ? rest : "");
    parts.push({ kind: "print", format: text, values: values.slice(at, end) });
  }
  return parts;
}
