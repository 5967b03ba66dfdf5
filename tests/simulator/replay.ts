/**
 * What to do with a history that fails: the command that replays it, and the smallest history that still fails.
 *
 * @module
 */

import type { Check } from "./checks.ts";
import type { History, Share } from "./count_checks.ts";

/**
 * Runs a check; when it fails, the error says how to replay and shrink the history.
 *
 * @param check the property
 * @param history the history
 * @returns what the check returns
 * @throws {Error} when the property does not hold
 */
export function runCheck(check: Check, history: History): Share | undefined {
  try {
    return check.run(history);
  } catch (error) {
    const { message } = error as Error;
    const command = commandOf(check.kind, history);
    const said =
      `"${check.kind}" does not hold for seed ${history.seed}. To replay and shrink it: ${command}`;
    throw new Error(`${said}\n${message}`, { cause: error });
  }
}

/**
 * The command that runs a check on one history, and shrinks it when it fails.
 *
 * @param kind name of the check
 * @param history the history
 */
export function commandOf(kind: string, { seed, calls, without }: History): string {
  const left = [...without ?? []];
  const words = [`--kind=${kind}`, `--seed=${seed}`, "--histories=1", `--calls=${calls}`];
  const all = left.length === 0 ? words : [...words, `--without=${left.join(",")}`];
  return `deno run -q --no-prompt tests/simulator/soak.ts ${all.join(" ")}`;
}

/** A history that fails, and how. */
export interface Failure {
  /** The history. */
  readonly history: History;
  /** What the check said. */
  readonly message: string;
}

/**
 * Makes a history that fails as small as it gets: as few calls as possible from its begin, then each call left out
 * without which it still fails.
 *
 * @param check the property
 * @param failed a history that fails
 * @returns the smallest one that was found
 */
export function shrink(check: Check, failed: Failure): Failure {
  let smallest = failed;
  for (let calls = 1; calls < failed.history.calls; calls += 1) {
    const shorter = failureOf(check, { ...failed.history, calls });
    if (shorter === undefined) continue;
    smallest = shorter;
    break;
  }
  for (let at = 0; at < smallest.history.calls; at += 1) {
    const { without = new Set() } = smallest.history;
    if (without.has(at)) continue;
    smallest = failureOf(check, { ...smallest.history, without: new Set([...without, at]) }) ?? smallest;
  }
  return smallest;
}

/**
 * How a check fails on a history.
 *
 * @param check the property
 * @param history the history
 * @returns the failure; `undefined` when the property holds
 */
export function failureOf(check: Check, history: History): Failure | undefined {
  try {
    check.run(history);
    return undefined;
  } catch (error) {
    return { history, message: (error as Error).message };
  }
}
