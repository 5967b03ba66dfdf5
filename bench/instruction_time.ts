/**
 * What tracing costs, counted in the instructions that a guest with one CPU executes.
 *
 * @module
 */

import type { GuestHost } from "../hosts/mod.ts";
import { BenchFault } from "./bench_fault.ts";
import { checkedRun } from "./checked_run.ts";
import type { PlanName, PlanSources } from "./plans.ts";
import { spread, voidReasons, warmSpread } from "./statistics.ts";
import { type Loop, PERF_TRACE, STRACE, type Traced, traceLoops, type Tracer } from "./traced_loops.ts";
import type { Measurement, Measurements } from "./verdict.ts";

/** The loop that tracers with a parent are measured with: all of them would only show that they are slow. */
const CLONES = [{ kind: "clone", rounds: 5, iterations: 300 }] as const satisfies readonly Loop[];

/**
 * The loops; each round takes a quarter of a second of the guest's clock or so.
 *
 * Those of which nothing is printed come first: when the clones are over, the reader of their records is not, and the
 * guest has one CPU. A loop that ran then would pay for them.
 */
const LOOPS = [
  { kind: "open", rounds: 5, iterations: 10_000 },
  { kind: "fork", rounds: 5, iterations: 80 },
  ...CLONES,
] as const satisfies readonly Loop[];

/**
 * The same loop takes 421 or 457 µs by where its stack happens to lie, one copied page more or less. So all of them
 * have their addresses from the same place.
 */
const NO_RANDOM_ADDRESSES = "echo 0 >/proc/sys/kernel/randomize_va_space";

/** The name of the measurements that nothing watches. */
const UNTRACED = ["untraced first", "untraced in the middle", "untraced last"] as const;

/** Nanoseconds of one iteration, by tracer and loop. */
export type LoopTimes = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Options of {@linkcode measureInstructionTime}. */
export interface InstructionTimeOptions {
  /** What is measured. */
  readonly sources: PlanSources;
  /** The script that it is compared with. */
  readonly smallest: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Gets a line for people after each measurement. */
  readonly onProgress: (line: string) => void;
}

/**
 * Takes all measurements once, untraced first, in the middle and last.
 *
 * @param host a guest whose time is executed instructions
 * @param options the programs
 * @returns the median of each loop under each tracer, without the first round
 * @throws {BenchFault} when the run is void, or a tracer missed a clone
 */
export async function measureInstructionTime(
  host: GuestHost,
  options: InstructionTimeOptions,
): Promise<LoopTimes> {
  const { sources, smallest, signal, onProgress } = options;
  await checkedRun(host, ["sh", "-c", NO_RANDOM_ADDRESSES], { signal });
  const steps: readonly (readonly [name: string, tracer: Tracer, loops: readonly Loop[]])[] = [
    [UNTRACED[0], { kind: "none" }, LOOPS],
    ["smallest", { kind: "bpftrace", source: smallest }, LOOPS],
    ["ours", { kind: "bpftrace", source: sources.ours }, LOOPS],
    ["slots", { kind: "bpftrace", source: sources.slots }, LOOPS],
    ["leaks", { kind: "bpftrace", source: sources.leaks }, LOOPS],
    [UNTRACED[1], { kind: "none" }, LOOPS],
    ["kprobes", { kind: "bpftrace", source: sources.kprobes }, LOOPS],
    ["slots by kprobes", { kind: "bpftrace", source: sources["slots by kprobes"] }, LOOPS],
    ["leaks by kprobes", { kind: "bpftrace", source: sources["leaks by kprobes"] }, LOOPS],
    ["strace", { kind: "parent", words: STRACE }, CLONES],
    ["perf", { kind: "parent", words: PERF_TRACE }, CLONES],
    [UNTRACED[2], { kind: "none" }, LOOPS],
  ];
  const times: Record<string, Readonly<Record<string, number>>> = {};
  for (const [name, tracer, loops] of steps) {
    const traced = await traceLoops(host, { loops, tracer, signal });
    if (tracer.kind !== "none") requireClones(name, traced);
    const medians = Object.entries(traced.rounds).map(([loop, it]) => [loop, warmSpread(it).median] as const);
    times[name] = Object.fromEntries(medians);
    onProgress(`${name}: ${medians.map(([loop, ns]) => `${loop} ${microseconds(ns)}`).join(", ")}`);
  }
  const reasons = voidReasons(untracedByLoop(times));
  if (reasons.length > 0) throw new BenchFault(`Cannot compare: the run is void, ${reasons.join("; ")}`);
  return times;
}

/** A tracer that did not see everything cannot be compared with one that did. */
function requireClones(name: string, { clones }: Traced): void {
  const [{ rounds, iterations }] = CLONES;
  if (clones >= rounds * iterations) return;
  throw new BenchFault(`Cannot compare: "${name}" told of ${clones} of ${rounds * iterations} clones`);
}

function untracedByLoop(times: LoopTimes): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    LOOPS.map(({ kind }) => [kind, UNTRACED.map((name) => times[name]?.[kind] ?? NaN)]),
  );
}

/**
 * Makes ratios of what the loops took.
 *
 * @param times nanoseconds by tracer and loop
 * @returns the measurements of the budgets in instruction time
 *
 * @example
 * ```ts
 * import { instructionRatios } from "./instruction_time.ts";
 * import assert from "node:assert/strict";
 *
 * const untraced = { clone: 400, fork: 1000, open: 10 };
 * const ratios = instructionRatios({
 *   "untraced first": untraced,
 *   "untraced in the middle": untraced,
 *   "untraced last": untraced,
 *   smallest: { clone: 500, fork: 1000, open: 10 },
 *   ours: { clone: 550, fork: 1000, open: 11 },
 *   slots: { clone: 600, fork: 1010, open: 12 },
 *   leaks: { clone: 610, fork: 1010, open: 12 },
 *   kprobes: { clone: 560, fork: 1000, open: 12 },
 *   "slots by kprobes": { clone: 610, fork: 1020, open: 13 },
 *   "leaks by kprobes": { clone: 610, fork: 1020, open: 13 },
 *   strace: { clone: 800 },
 *   perf: { clone: 700 },
 * });
 * assert.equal(ratios["clone-smallest"]?.kind === "measured" && ratios["clone-smallest"].value, 1.1);
 * assert.equal(ratios["open-fentry-slots"]?.kind === "measured" && ratios["open-fentry-slots"].value, 1.2);
 * assert.equal(ratios["clone-strace"]?.kind === "measured" && ratios["clone-strace"].value, 0.375);
 * ```
 */
export function instructionRatios(times: LoopTimes): Measurements {
  const untraced = untracedByLoop(times);
  const base = (loop: string) => spread(untraced[loop] ?? []).median;
  const under = (tracer: string, loop: string) => times[tracer]?.[loop] ?? NaN;
  const words = (tracer: string, loop: string) =>
    `ours ${microseconds(under("ours", loop))}, ${tracer} ${microseconds(under(tracer, loop))}, ` +
    `untraced ${microseconds(base(loop))}`;
  const added = (tracer: string): Measurement => ({
    kind: "measured",
    value: (under("ours", "clone") - base("clone")) / (under(tracer, "clone") - base("clone")),
    detail: words(tracer, "clone"),
  });
  const beside = (plan: PlanName, loop: string): Measurement => ({
    kind: "measured",
    value: under(plan, loop) / base(loop),
    detail:
      `${plan} ${microseconds(under(plan, loop))}, smallest ${microseconds(under("smallest", loop))}, ` +
      `untraced ${microseconds(base(loop))}`,
  });
  return {
    "clone-smallest": {
      kind: "measured",
      value: under("ours", "clone") / under("smallest", "clone"),
      detail: words("smallest", "clone"),
    },
    "clone-strace": added("strace"),
    "clone-perf": added("perf"),
    "fork-default": beside("ours", "fork"),
    "fork-slots": beside("slots", "fork"),
    "fork-kprobe": beside("kprobes", "fork"),
    "fork-kprobe-slots": beside("slots by kprobes", "fork"),
    "open-fentry": beside("ours", "open"),
    "open-fentry-slots": beside("slots", "open"),
    "open-fentry-leaks": beside("leaks", "open"),
    "open-kprobe": beside("kprobes", "open"),
    "open-kprobe-slots": beside("slots by kprobes", "open"),
    "open-kprobe-leaks": beside("leaks by kprobes", "open"),
  };
}

/** A time in microseconds, as text. */
function microseconds(ns: number): string {
  return `${(ns / 1000).toFixed(2)} µs`;
}
