/**
 * Tries properties on as many histories as one likes; a failure is shrunk, and the command that replays it printed.
 *
 * ```text
 * soak.ts [--seed N] [--histories N] [--kind K] [--calls N] [--without N,N,...]
 * ```
 *
 * Histories have the seeds from `--seed` on, 1 by default, and take the kinds in turn, or the one that is named.
 * `--calls` is how long each history is, 12 by default; `--without` leaves out calls by their place from 0.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { CHECKS } from "./checks.ts";
import type { Check } from "./checks.ts";
import { commandOf, failureOf, shrink } from "./replay.ts";
import type { Failure } from "./replay.ts";

/** What is to be tried. */
export interface SoakOptions {
  /** The first seed. */
  readonly seed: number;
  /** How many histories. */
  readonly histories: number;
  /** The properties, which the histories take in turn. */
  readonly checks: readonly Check[];
  /** Calls of a history. */
  readonly calls: number;
  /** Calls that are left out of each. */
  readonly without: ReadonlySet<number>;
}

/** What came of it. */
export interface SoakResult {
  /** Histories that were tried. */
  readonly histories: number;
  /** Lifecycles that no fault touched, and those of them with a definite verdict, where something was lost. */
  readonly untouched: number;
  /** See above. */
  readonly definite: number;
  /** The first failure, made small. */
  readonly failure: (Failure & { readonly check: Check; readonly original: Failure }) | undefined;
}

/** Calls of a history, so that a hundred thousand of them take a minute or two. */
const CALLS = 12;

/**
 * Tries histories until one fails.
 *
 * @param options what is to be tried
 * @returns what came of it
 */
export function soak(options: SoakOptions): SoakResult {
  const { seed: first, histories, checks, calls, without } = options;
  let untouched = 0;
  let definite = 0;
  for (let at = 0; at < histories; at += 1) {
    const check = checks[at % checks.length];
    if (check === undefined) throw new RangeError("Cannot try histories: no property is chosen");
    const history = { seed: first + at, calls, without };
    try {
      const share = check.run(history);
      // A clock that jumps leaves no moment at which anything of the oracle could be found again.
      if (share === undefined || check.kind.startsWith("clock")) continue;
      untouched += share.untouched;
      definite += share.definite;
    } catch (error) {
      const original = failureOf(check, history) ?? { history, message: (error as Error).message };
      const failure = { ...shrink(check, original), check, original };
      return { histories: at + 1, untouched, definite, failure };
    }
  }
  return { histories, untouched, definite, failure: undefined };
}

/**
 * Reads the command line.
 *
 * @param args the words after the name of the script
 * @returns what is to be tried
 * @throws {RangeError} when a kind or a number is not one
 */
export function parseSoak(args: readonly string[]): SoakOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { seed: text, histories: text, kind: text, calls: text, without: text },
  });
  const { kind } = values;
  const checks = kind === undefined
    ? [...CHECKS.values()]
    : [CHECKS.get(kind)].filter((it) => it !== undefined);
  if (checks.length === 0) {
    throw new RangeError(`Cannot try "${kind}": the kind must be one of ${[...CHECKS.keys()].join(", ")}`);
  }
  return {
    seed: integer("seed", values.seed ?? "1"),
    histories: integer("histories", values.histories ?? "10000"),
    checks,
    calls: integer("calls", values.calls ?? String(CALLS)),
    without: new Set((values.without ?? "").split(",").filter(Boolean).map((it) => integer("without", it))),
  };
}

function integer(name: string, word: string): number {
  if (/^-?[0-9]+$/.test(word)) return Number(word);
  throw new RangeError(`Cannot read "--${name}": it must be an integer, got "${word}"`);
}

/**
 * Says what came of it.
 *
 * @param result what came of it
 * @param seconds how long it took
 */
export function describeSoak(
  { histories, untouched, definite, failure }: SoakResult,
  seconds: number,
): string {
  const rate = `${histories} histories in ${seconds.toFixed(1)} s, ${
    Math.round(histories / seconds)
  } per second`;
  const share = untouched === 0 ? "none" : `${(100 * definite / untouched).toFixed(2)} %`;
  const sure = `definite verdicts of ${untouched} untouched lifecycles: ${share}`;
  if (failure === undefined) return `${rate}\n${sure}\nall properties hold`;
  const { check: { kind }, history, message, original } = failure;
  const left = history.calls - (history.without?.size ?? 0);
  return [
    rate,
    `"${kind}" does not hold for seed ${original.history.seed}`,
    `to replay and shrink it: ${commandOf(kind, original.history)}`,
    `what is left of it, ${left} calls: ${commandOf(kind, history)}`,
    message,
  ].join("\n");
}

if (import.meta.main) {
  const options = parseSoak(Deno.args);
  const began = performance.now();
  const result = soak(options);
  console.log(describeSoak(result, (performance.now() - began) / 1000));
  Deno.exit(result.failure === undefined ? 0 : 1);
}
