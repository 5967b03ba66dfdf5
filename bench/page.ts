/**
 * The page of results: one part for each task and kernel, which the others leave as it is.
 *
 * @module
 */

import type { Budget } from "./budgets.ts";
import { budgetsOf } from "./budgets.ts";
import type { BenchTask } from "./budgets.ts";
import { amount, judge } from "./verdict.ts";
import type { Measurement, Measurements } from "./verdict.ts";

/** Where the page is, from the top of the repository. */
export const PAGE = "docs/benchmarks.md";

/** What stands before the parts. */
const HEAD = `# Benchmarks

Every budget of this project beside what was measured, written by the tasks that measure it. Ratios, not times: what
is compared was measured in one run on one machine. Each task writes its own part and leaves the others as they are;
the budgets themselves stand in \`bench/budgets.ts\`. "Instruction time" is the number of instructions that a guest with
one CPU executes, 2 ns each, the consumer of the events included: it repeats within 2 % whatever else the machine does.
`;

/** One part of the page. */
export interface Part {
  /** Which task measured. */
  readonly task: BenchTask;
  /** What it measured on, beside the task's own name; empty when there is only one. */
  readonly on: string;
  /** The command that measures it again. */
  readonly command: string;
  /** When and where, one line each. */
  readonly facts: readonly string[];
  /** What was measured. */
  readonly measurements: Measurements;
  /** What else is worth knowing, one line each. */
  readonly notes: readonly string[];
  /** Whether all was looked at; a part with holes does not go into the page, where a whole one may stand. */
  readonly whole: boolean;
}

/** Name of a part, as its marks and its heading have it. */
function nameOf({ task, on }: Part): string {
  return on === "" ? task : `${task} ${on}`;
}

/**
 * Renders the table of one part as Markdown.
 *
 * @param part what was measured
 * @returns lines; every budget of the task has its row
 *
 * @example
 * ```ts
 * import { tableLines } from "./page.ts";
 * import assert from "node:assert/strict";
 *
 * const lines = tableLines({ task: "bench", measurements: {} });
 * assert.equal(lines.length, 2 + 4);
 * ```
 */
export function tableLines(part: Pick<Part, "task" | "measurements">): readonly string[] {
  const rows = budgetsOf(part.task).map(([id, budget]) => {
    const measurement = part.measurements[id];
    const cells = [
      budget.what,
      limitText(budget),
      ...resultCells(measurement, budget),
      judge(id, measurement),
    ];
    const details = measurement?.kind === "measured" ? measurement.detail : measurement?.reason;
    return row([...cells, details ?? "nobody looked at it"]);
  });
  return [
    row(["what", "budget", "measured", "verdict", "how, or why not"]),
    row(Array(5).fill("---")),
    ...rows,
  ];
}

function limitText({ relation, limit, unit }: Budget): string {
  return `${relation === "at most" ? "≤" : "≥"} ${limit}${unit === "×" ? "×" : ` ${unit}`}`;
}

function resultCells(measurement: Measurement | undefined, { unit }: Budget): readonly string[] {
  return [measurement?.kind === "measured" ? amount(measurement.value, unit) : "–"];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}

/**
 * Renders one part as Markdown.
 *
 * @param part what was measured
 * @returns lines, from its mark to its end
 */
export function partLines(part: Part): readonly string[] {
  const bullets = (lines: readonly string[]) =>
    lines.length === 0 ? [] : [...lines.map((it) => `- ${it}`), ""];
  return [
    `<!-- generated: ${nameOf(part)} -->`,
    "",
    `## ${nameOf(part)}`,
    "",
    `\`${part.command}\``,
    "",
    ...bullets(part.facts),
    ...tableLines(part),
    "",
    ...bullets(part.notes),
    "<!-- end -->",
  ];
}

/**
 * Puts a part into the page, in the place of the one of the same name, or at the end.
 *
 * @param page the page as it is; empty when there is none
 * @param part what was measured
 * @returns the page; all other parts stay byte for byte
 * @throws {SyntaxError} when the part's mark is there without an end
 */
export function updatePage(page: string, part: Part): string {
  const text = page === "" ? HEAD : page;
  const lines = `${partLines(part).join("\n")}\n`;
  const from = text.indexOf(`<!-- generated: ${nameOf(part)} -->\n`);
  if (from < 0) return `${text}\n${lines}`;
  const end = "<!-- end -->\n";
  const to = text.indexOf(end, from);
  const next = text.indexOf("<!-- generated: ", from + 1);
  if (to < 0 || (next >= 0 && next < to)) {
    throw new SyntaxError(`Cannot write "${PAGE}": its part "${nameOf(part)}" has no end; remove it by hand`);
  }
  return text.slice(0, from) + lines + text.slice(to + end.length);
}
