/**
 * What both tasks do around their measurements: words in, lines out, an end that comes in any case.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { watchEndings } from "../scripts/cli/endings.ts";
import { EXIT } from "../scripts/cli/exit_code.ts";
import { tellError } from "../scripts/cli/failure.ts";
import { BenchFault } from "./bench_fault.ts";
import { budgetsOf } from "./budgets.ts";
import { PAGE, type Part, tableLines, updatePage } from "./page.ts";
import { judge } from "./verdict.ts";

/** What a task's measurements get. */
export interface TaskContext {
  /** Aborted by Ctrl-C, by the end of what started us, and at the time limit. */
  readonly signal: AbortSignal;
  /** Writes a line to standard error. */
  readonly onProgress: (line: string) => void;
}

/** Options of {@linkcode runTask}. */
export interface TaskOptions {
  /** How to use it. */
  readonly usage: string;
  /** It ends after this many minutes. */
  readonly limitMinutes: number;
}

/**
 * Runs a task: prints its table on standard output, writes its part of the page, and ends the process.
 *
 * The status is 0 when everything that was measured keeps its budget, 1 when a budget is missed, 3 when nothing could
 * be measured, 4 when the run was void, and that of the signal when it was interrupted.
 *
 * @param options how it is used, and how long it may take
 * @param measure takes the measurements; a word that it does not know makes it throw a TypeError
 */
export async function runTask(
  options: TaskOptions,
  measure: (context: TaskContext) => Promise<Part>,
): Promise<void> {
  const begun = performance.now();
  const note = (text: string) => console.error(text);
  const onProgress = (line: string) =>
    note(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  await using endings = watchEndings();
  const limit = new AbortController();
  const reason = {
    reason: `the time limit of ${options.limitMinutes} minutes was reached`,
    code: EXIT.budget,
  };
  const timer = setTimeout(() => limit.abort(reason), options.limitMinutes * 60_000);
  try {
    const part = await measure({ signal: AbortSignal.any([endings.signal, limit.signal]), onProgress });
    console.log(tableLines(part).join("\n"));
    if (part.whole) await writePart(part);
    note(part.whole ? `wrote ${PAGE}` : `left ${PAGE} as it is: less than all was measured`);
    const isMissed = budgetsOf(part.task).some(([id]) => judge(id, part.measurements[id]) === "missed");
    Deno.exitCode = isMissed ? EXIT.broken : EXIT.well;
  } catch (error) {
    if (error instanceof TypeError) {
      note(`${error.message}\n${options.usage}`);
      Deno.exitCode = EXIT.usage;
    } else if (error instanceof BenchFault) {
      note(error.message);
      Deno.exitCode = EXIT.undetermined;
    } else Deno.exitCode = tellError(error, { note });
  } finally {
    clearTimeout(timer);
  }
}

async function writePart(part: Part): Promise<void> {
  const path = fileURLToPath(new URL(`../${PAGE}`, import.meta.url));
  const page = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  await Deno.writeTextFile(path, updatePage(page, part));
}

/**
 * Reads words of the form `--name value`.
 *
 * @param words what the user typed
 * @param known the names, and what they are when nothing is said
 * @returns the values by name
 * @throws {TypeError} when a word is not known, or has no value
 *
 * @example
 * ```ts
 * import { readWords } from "./task.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(readWords(["--events", "10"], { events: "5" }), { events: "10" });
 * assert.throws(() => readWords(["--evnts", "10"], { events: "5" }), TypeError);
 * ```
 */
export function readWords<K extends string>(
  words: readonly string[],
  known: Readonly<Record<K, string>>,
): Readonly<Record<K, string>> {
  const values: Record<string, string> = { ...known };
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at]?.replace(/^--/, "") ?? "";
    const value = words[at + 1];
    if (words[at] !== `--${name}` || !Object.hasOwn(known, name)) {
      const names = Object.keys(known).map((it) => `--${it}`).join(", ");
      throw new TypeError(`Cannot understand "${words[at]}": one of ${names} is required`);
    }
    if (value === undefined) throw new TypeError(`Cannot understand "${words[at]}": a value is required`);
    values[name] = value;
  }
  return values as Record<K, string>;
}

/**
 * Reads a whole number.
 *
 * @param text what the user typed
 * @param name of the option
 * @returns the number, 1 or more
 * @throws {TypeError} when it is none
 */
export function readCount(text: string, name: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new TypeError(`Cannot understand --${name} "${text}": a whole number from 1 on is required`);
}
