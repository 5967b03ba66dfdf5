/**
 * Every budget of this project, as data: what is measured, what it may be, and which task measures it.
 *
 * @module
 */

/** The tasks that measure. */
export const BENCH_TASKS = ["bench", "bench:lab"] as const;

/** One of {@linkcode BENCH_TASKS}. */
export type BenchTask = (typeof BENCH_TASKS)[number];

/** One number that is measured, and what it may be. */
export interface Budget {
  /** What is measured, and against what. */
  readonly what: string;
  /** On which side of the limit it must be. */
  readonly relation: "at most" | "at least";
  /** The limit. */
  readonly limit: number;
  /** What the number counts: `×` for a ratio. */
  readonly unit: "×" | "events" | "MiB";
  /** Which task measures it. */
  readonly task: BenchTask;
}

const OPEN_CLOSE = "open + close with no pidfd involved, against untraced, instruction time";
const FORK_EXEC = "fork + exec + wait with no pidfd involved, against untraced, instruction time";
const CLONE_LOOP = "clone(CLONE_PIDFD) + close + wait";

/** The budgets by name, in the order in which they are shown. */
export const BUDGETS = {
  "correlate-rate": {
    what:
      "rate of decode + order + model, against JSON.parse alone on the published lines of the same events",
    relation: "at least",
    limit: 1.5,
    unit: "×",
    task: "bench",
  },
  "ndjson-rate": {
    what: "the same with NDJSON written out",
    relation: "at least",
    limit: 0.5,
    unit: "×",
    task: "bench",
  },
  "replay-heap": {
    what: "heap after a forced collection, at the end of a replay of ten times the events",
    relation: "at most",
    limit: 1.05,
    unit: "×",
    task: "bench",
  },
  "replay-rss": {
    what: "peak resident memory of a replay of ten times the events",
    relation: "at most",
    limit: 1.3,
    unit: "×",
    task: "bench",
  },
  "clone-smallest": {
    what: `${CLONE_LOOP}, against the smallest script that could do the job, instruction time`,
    relation: "at most",
    limit: 1.10,
    unit: "×",
    task: "bench:lab",
  },
  "clone-strace": {
    what: `what is added to ${CLONE_LOOP}, against what strace -f adds, instruction time`,
    relation: "at most",
    limit: 0.5,
    unit: "×",
    task: "bench:lab",
  },
  "clone-perf": {
    what: `what is added to ${CLONE_LOOP}, against what perf trace adds, instruction time`,
    relation: "at most",
    limit: 0.5,
    unit: "×",
    task: "bench:lab",
  },
  "clone-strace-wall": {
    what: `what is added to ${CLONE_LOOP}, against what strace -f adds, wall time on two CPUs`,
    relation: "at most",
    limit: 0.2,
    unit: "×",
    task: "bench:lab",
  },
  "fork-default": {
    what: `${FORK_EXEC}, default plan, fentry`,
    relation: "at most",
    limit: 1.02,
    unit: "×",
    task: "bench:lab",
  },
  "fork-slots": {
    what: `${FORK_EXEC}, whole slot graph, fentry`,
    relation: "at most",
    limit: 1.02,
    unit: "×",
    task: "bench:lab",
  },
  "fork-kprobe": {
    what: `${FORK_EXEC}, default plan, kprobes`,
    relation: "at most",
    limit: 1.02,
    unit: "×",
    task: "bench:lab",
  },
  "fork-kprobe-slots": {
    what: `${FORK_EXEC}, whole slot graph, kprobes`,
    relation: "at most",
    limit: 1.02,
    unit: "×",
    task: "bench:lab",
  },
  "open-fentry": {
    what: `${OPEN_CLOSE}, default plan, fentry`,
    relation: "at most",
    limit: 1.05,
    unit: "×",
    task: "bench:lab",
  },
  "open-fentry-slots": {
    what: `${OPEN_CLOSE}, whole slot graph, fentry`,
    relation: "at most",
    limit: 1.15,
    unit: "×",
    task: "bench:lab",
  },
  "open-fentry-leaks": {
    what: `${OPEN_CLOSE}, what leaks watches, fentry`,
    relation: "at most",
    limit: 1.15,
    unit: "×",
    task: "bench:lab",
  },
  "open-kprobe": {
    what: `${OPEN_CLOSE}, default plan, kprobes`,
    relation: "at most",
    limit: 1.10,
    unit: "×",
    task: "bench:lab",
  },
  "open-kprobe-slots": {
    what: `${OPEN_CLOSE}, whole slot graph, kprobes`,
    relation: "at most",
    limit: 1.30,
    unit: "×",
    task: "bench:lab",
  },
  "open-kprobe-leaks": {
    what: `${OPEN_CLOSE}, what leaks watches, kprobes`,
    relation: "at most",
    limit: 1.30,
    unit: "×",
    task: "bench:lab",
  },
  "first-event": {
    what: "start to first event, discovery cached, against bare bpftrace with the same program",
    relation: "at most",
    limit: 1.2,
    unit: "×",
    task: "bench:lab",
  },
  "lost-burst": {
    what: "events lost in a burst of 100 000",
    relation: "at most",
    limit: 0,
    unit: "events",
    task: "bench:lab",
  },
  "lost-sustained": {
    what: "events lost at 20 000/s sustained",
    relation: "at most",
    limit: 0,
    unit: "events",
    task: "bench:lab",
  },
  "lost-accounting": {
    what: "difference between the number reported lost and the number that did not arrive",
    relation: "at most",
    limit: 0,
    unit: "events",
    task: "bench:lab",
  },
  "buffers": {
    what: "kernel memory of each CPU's ring buffer beyond min(4096 pages, 64 MiB / CPUs)",
    relation: "at most",
    limit: 0,
    unit: "MiB",
    task: "bench:lab",
  },
} as const satisfies Readonly<Record<string, Budget>>;

/** Name of a budget. */
export type BudgetId = keyof typeof BUDGETS;

/**
 * Returns the budgets of a task, in the order in which they are shown.
 *
 * @param task which task
 * @returns names and budgets
 *
 * @example
 * ```ts
 * import { budgetsOf } from "./budgets.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(budgetsOf("bench").length, 4);
 * ```
 */
export function budgetsOf(task: BenchTask): readonly (readonly [BudgetId, Budget])[] {
  return (Object.entries(BUDGETS) as (readonly [BudgetId, Budget])[]).filter(([, budget]) =>
    budget.task === task
  );
}
