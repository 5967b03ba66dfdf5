/**
 * Several ways of doing something, timed in turn, so that what slows the machine down slows all of them.
 *
 * @module
 */

import process from "node:process";

/** Options of {@linkcode interleave}. */
export interface InterleaveOptions {
  /** How often each is done. */
  readonly rounds: number;
  /** Gets a line for people after each round. */
  readonly onProgress?: (line: string) => void;
}

/**
 * Times each of several functions once in every round, by the processor time of this process: others may use the
 * machine too, and wall time would count them. What the garbage collector does on other threads is part of it.
 *
 * @param ways functions by name, in the order in which they run
 * @param options how often
 * @returns seconds of processor time of each round, by name
 *
 * @example
 * ```ts
 * import { interleave } from "./interleave.ts";
 * import assert from "node:assert/strict";
 *
 * let order = "";
 * const seconds = interleave({ a: () => order += "a", b: () => order += "b" }, { rounds: 2 });
 * assert.equal(order, "abab");
 * assert.equal(seconds.a.length, 2);
 * ```
 */
export function interleave<K extends string>(
  ways: Readonly<Record<K, () => unknown>>,
  options: InterleaveOptions,
): Readonly<Record<K, readonly number[]>> {
  const names = Object.keys(ways) as K[];
  const seconds = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const name of names) {
      const started = process.cpuUsage();
      ways[name]();
      const { user, system } = process.cpuUsage(started);
      seconds[name].push((user + system) / 1e6);
    }
    const times = names.map((name) => `${name} ${seconds[name].at(-1)?.toFixed(2)} s`);
    options.onProgress?.(`round ${round} of ${options.rounds}: ${times.join(", ")}`);
  }
  return seconds;
}
