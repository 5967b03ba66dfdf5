/**
 * `matrix`: the same work on several kernels of the lab, one table.
 *
 * @module
 */

import { ProgramError } from "../../capture/mod.ts";
import { HostError } from "../../hosts/mod.ts";
import { buildStimulus, LAB_KERNELS, prepareMachine } from "../../lab/mod.ts";
import { matrixJson, matrixText } from "../../reports/mod.ts";
import type { KernelRow } from "../../reports/mod.ts";
import { endingOf, isEnding, watchEndings } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { MatrixOptions } from "./grammar.ts";
import { runRow, untried } from "./matrix_row.ts";
import type { Terminal } from "./terminal.ts";

/** Guests that run at once: each takes one core and 2 GiB. */
const GUESTS_MAX = 2;

/**
 * Runs the command.
 *
 * @param options which kernels, and how much is done
 * @param terminal where text goes
 * @returns the exit code
 */
export async function matrix(options: MatrixOptions, terminal: Terminal): Promise<number> {
  const { rounds } = options;
  const kernels = options.kernels.length > 0 ? options.kernels : LAB_KERNELS.map((it) => it.name);
  await using endings = watchEndings();
  const { signal } = endings;
  const onProgress = (text: string) => terminal.status(text);
  await prepareMachine({ signal, onProgress });
  const stimulus = await buildStimulus({ signal, onProgress });
  const rows = await atOnce(kernels, async (kernel) => {
    const named = (text: string) =>
      onProgress(text.startsWith(`lab:${kernel}`) ? text : `lab:${kernel}: ${text}`);
    const row = signal.aborted
      ? untried(kernel, [endingOf(signal).reason])
      : await rowOrReason(runRow({ kernel, rounds, stimulus, signal, onProgress: named, terminal }), kernel);
    named(row.verdict === "cannot-run" ? "cannot run" : row.verdict);
    return row;
  });
  // Rows that were interrupted do not say that a kernel cannot be tried.
  const exitCode = signal.aborted ? endingOf(signal).code : exitCodeOf(rows);
  const result = { rows, exitCode };
  await terminal.write(options.json ? matrixJson(result) : matrixText(result));
  return exitCode;
}

/**
 * Returns the exit code that follows from rows: 3 when no kernel could be tried, 1 when a rule is broken, 4 when one
 * is undetermined or could not be tried.
 *
 * @param rows all kernels
 * @returns the code
 */
export function exitCodeOf(rows: readonly Pick<KernelRow, "verdict">[]): ExitCode {
  const has = (verdict: KernelRow["verdict"]) => rows.some((it) => it.verdict === verdict);
  if (rows.every((it) => it.verdict === "cannot-run")) return EXIT.cannotRun;
  if (has("broken")) return EXIT.broken;
  return has("undetermined") || has("cannot-run") ? EXIT.undetermined : EXIT.well;
}

/** The row, or one that says why there is none. */
async function rowOrReason(running: Promise<KernelRow>, kernel: string): Promise<KernelRow> {
  try {
    return await running;
  } catch (error) {
    return untried(kernel, reasonsOf(error));
  }
}

/**
 * Why a kernel could not be tried.
 *
 * @param error what was thrown
 * @returns the reason, and what to do next
 * @throws what is a fault of the tool's own
 */
function reasonsOf(error: unknown): readonly string[] {
  if (isEnding(error)) return [error.reason];
  if (error instanceof CliError || error instanceof HostError || error instanceof ProgramError) {
    return [error.message, ...(error.hint === undefined ? [] : [`hint: ${error.hint}`])];
  }
  throw error;
}

/**
 * Does the same to each item, {@linkcode GUESTS_MAX} at once.
 *
 * @param items what is worked on, in this order
 * @param work what is done
 * @returns what it gave, in the order of the items
 */
export async function atOnce<I, O>(
  items: readonly I[],
  work: (item: I) => Promise<O>,
): Promise<readonly O[]> {
  const results: O[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  await Promise.all(Array.from({ length: GUESTS_MAX }, worker));
  return results;
}
