/**
 * Several kernels side by side, for people and for programs.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { columnsOf, cutTo, wrap } from "./_columns.ts";

/** One kernel: the fields of its answer, without those that every answer has. */
export type KernelRow = Omit<Answer<"kernel">, "schema" | "type" | "host">;

/** All kernels, and the exit code that follows. */
export interface MatrixResult {
  /** In the order in which they were named. */
  readonly rows: readonly KernelRow[];
  /** See `EXIT`. */
  readonly exitCode: number;
}

/** Columns of the longest line of text. */
const COLUMNS_MAX = 79;
/** Columns of a release and the like at most. */
const CELL_COLUMNS = 11;

const TITLES = ["KERNEL", "RELEASE", "BPFTRACE", "GEN", "LAW", "BIRTHS", "RELEASES", "COUNTS", "VERDICT"];
const VERDICTS = {
  "holds": "holds",
  "broken": "broken",
  "undetermined": "undetermined",
  "cannot-run": "cannot run",
} as const;

const LIKENESS_WORDS = {
  "first": "like the first ones",
  "anonymous": "like those of 5.2 to 6.8",
  "pidfs": "of pidfs",
} as const;

/**
 * Returns a table of the kernels, under it the reasons, what became of the rules, and the paths of the calls.
 *
 * @param result what was found; its text may hold any character
 * @returns lines, the last with its line end
 * @example
 * ```ts
 * import { matrixText } from "./matrix.ts";
 * import assert from "node:assert/strict";
 *
 * const nothing = { release: null, bpftrace: null, generation: null, law: null, lost: null, paths: null };
 * const none = { births: null, releases: null, counts: null, failures: null };
 * const rules = { rules: null, behaves_like: null, missing: null };
 * const row = { kernel: "6.1", ...nothing, ...none, ...rules, probes: [], ladder: [], cannot_see: [] };
 * const reasons = ["It does not boot"];
 * const text = matrixText({ rows: [{ ...row, verdict: "cannot-run", reasons }], exitCode: 3 });
 * assert.match(text, /^6\.1 .* cannot run$/m);
 * assert.match(text, /^6\.1: It does not boot$/m);
 * ```
 */
export function matrixText(result: MatrixResult): string {
  const { rows } = result;
  const table = [TITLES, ...rows.map(cells)];
  const widths = TITLES.map((_, column) => Math.max(...table.map((it) => columnsOf(it[column] ?? ""))));
  const lines = table.map((row) =>
    row.map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - columnsOf(cell))).join(" ").trimEnd()
  );
  return [
    ...lines,
    ...section(rows.flatMap(reasonLines)),
    ...section(rows.flatMap(ruleLines)),
    ...section(rows.flatMap(pathLines)),
    "",
    verdictLine(result),
  ].map((it) => `${it}\n`).join("");
}

/**
 * Returns the kernels and the verdict as NDJSON.
 *
 * @param result what was found
 * @returns one object a line, as the published JSON Schema of answers says; the verdict is the last
 * @example
 * ```ts
 * import { matrixJson } from "./matrix.ts";
 * import assert from "node:assert/strict";
 *
 * const line = matrixJson({ rows: [], exitCode: 3 });
 * assert.deepEqual([JSON.parse(line).type, JSON.parse(line).exit_code], ["matrix", 3]);
 * ```
 */
export function matrixJson(result: MatrixResult): string {
  const { rows, exitCode } = result;
  const answers: readonly Answer<"kernel" | "matrix">[] = [
    ...rows.map((it): Answer<"kernel"> => ({
      schema: EVENT_SCHEMA,
      type: "kernel",
      host: `lab:${it.kernel}`,
      ...it,
      reasons: it.reasons.map(printableText),
    })),
    {
      schema: EVENT_SCHEMA,
      type: "matrix",
      host: "lab",
      kernels: rows.length,
      holds: those(rows, "holds"),
      broken: those(rows, "broken"),
      undetermined: those(rows, "undetermined"),
      cannot_run: those(rows, "cannot-run"),
      exit_code: exitCode,
    },
  ];
  return answers.map((it) => `${JSON.stringify(it)}\n`).join("");
}

function those(rows: readonly KernelRow[], verdict: KernelRow["verdict"]): number {
  return rows.filter((it) => it.verdict === verdict).length;
}

function cells(row: KernelRow): readonly string[] {
  const share = (it: KernelRow["births"]) => it === null ? "-" : `${it.seen}/${it.made}`;
  const text = (it: string | null) => cutTo(printableText(it ?? "-"), CELL_COLUMNS);
  return [
    row.kernel,
    text(row.release),
    text(row.bpftrace?.replace(/^bpftrace v/, "") ?? null),
    text(row.generation?.replace(/ \(.*$/, "") ?? null),
    row.law ?? "-",
    share(row.births),
    share(row.releases),
    share(row.counts),
    VERDICTS[row.verdict],
  ];
}

function reasonLines({ kernel, reasons }: KernelRow): readonly string[] {
  return reasons.flatMap((it) => wrap(`${kernel}: ${printableText(it)}`, COLUMNS_MAX, { indent: "  " }));
}

function ruleLines({ kernel, rules, behaves_like: like, missing }: KernelRow): readonly string[] {
  if (rules === null) return [];
  const parts = [
    `${rules.holds.length} ${rules.holds.length === 1 ? "rule holds" : "rules hold"}`,
    ...named("broken", rules.broken),
    ...named("undetermined", rules.undetermined),
    ...named("not exercised", rules.not_exercised),
    ...named("fixes that are missing", missing ?? []),
    `pidfds ${like === null ? "of a generation that cannot be told" : LIKENESS_WORDS[like]}`,
  ];
  return wrap(`${kernel}: ${printableText(parts.join("; "))}`, COLUMNS_MAX, { indent: "  " });
}

function named(what: string, ids: readonly string[]): readonly string[] {
  return ids.length === 0 ? [] : [`${what}: ${ids.join(", ")}`];
}

function pathLines({ kernel, paths }: KernelRow): readonly string[] {
  if (paths === null) return [];
  // clone and clone3 are the same but for their first instructions, unless a kernel shows something else.
  const calls: readonly (readonly [name: string, path: string | null])[] = paths.clone === paths.clone3
    ? [["clone, clone3", paths.clone], ["pidfd_open", paths.pidfd_open], ["close", paths.close]]
    : Object.entries(paths);
  return calls.flatMap(([name, path]) =>
    wrap(`${kernel} ${name}: ${path ?? "not seen"}`, COLUMNS_MAX, { indent: "    " })
  );
}

function section(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function verdictLine({ rows }: MatrixResult): string {
  const parts = (Object.keys(VERDICTS) as (keyof typeof VERDICTS)[])
    .map((it) => [those(rows, it), VERDICTS[it]] as const)
    .filter(([many]) => many > 0)
    .map(([many, word]) => `${many} ${word}`);
  return `${rows.length} ${rows.length === 1 ? "kernel" : "kernels"}: ${parts.join(", ")}`;
}
