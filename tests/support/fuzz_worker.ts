/**
 * The thread that a fuzzer's lines are read in, so that a reader that never ends can be noticed from outside.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import type { FuzzFailure, FuzzOrder, FuzzResult } from "./fuzz.ts";
import { TRIALS } from "./fuzz_trials.ts";
import type { Trial } from "./fuzz_trials.ts";

/** What takes longer is read again: another program may have had the CPU meanwhile. */
const LONG_MS = 50;

function againMs(trial: Trial, line: string): number {
  const began = performance.now();
  trial.read(line);
  return performance.now() - began;
}

/** Reads the lines; the number of the present one stands in `progress` all the time. */
export function readLines(trial: Trial, order: Omit<FuzzOrder, "trial">): FuzzResult | FuzzFailure {
  const { seed, from, lines, progress } = order;
  let accepted = 0, characters = 0, slowestMs = 0, slowest = from;
  for (let number = from; number < from + lines; number += 1) {
    progress[0] = number;
    const line = trial.line(seed, number);
    const began = performance.now();
    const read = trial.read(line);
    let ms = performance.now() - began;
    if (ms > LONG_MS) ms = Math.min(ms, againMs(trial, line));
    try {
      if (trial.check(line, read)) accepted += 1;
    } catch (error) {
      return { number, said: error instanceof Error ? error.message : String(error) };
    }
    characters += line.length;
    if (ms > slowestMs) [slowestMs, slowest] = [ms, number];
  }
  return { accepted, characters, slowestMs, slowest };
}

/** The part of a worker's global scope that is used; the page's own, which the types know, has another form. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<FuzzOrder>) => void) | null;
  postMessage(message: FuzzResult | FuzzFailure): void;
}

if ("WorkerGlobalScope" in globalThis) {
  // A million errors are made here, and nobody looks at where.
  Error.stackTraceLimit = 0;
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => scope.postMessage(readLines(TRIALS[data.trial], data));
}
