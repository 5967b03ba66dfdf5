/**
 * Random histories: threads on two CPUs that make, open, close and reap, one call after the other or all at once.
 *
 * @module
 */

import type { KernelBug } from "./bugs.ts";
import type { KernelGeneration } from "./generations.ts";
import { SimulatedKernel } from "./kernel.ts";
import type { FailureStage, Steps, Worker } from "./objects.ts";
import { Random } from "./random.ts";

/** What a history is made of. */
export interface HistoryOptions {
  /** The same seed gives the same history. */
  readonly seed: number;
  /** How the kernel counts. */
  readonly generation: KernelGeneration;
  /** Calls that are made. */
  readonly calls: number;
  /** What is wrong with the kernel. @default {undefined} */
  readonly bug?: KernelBug | undefined;
  /** Calls that are left out, by their place from 0: a smaller history out of the same chance. @default {none} */
  readonly without?: ReadonlySet<number> | undefined;
  /** Whether calls of several threads and interrupts come between each other's steps; otherwise each is one piece. */
  readonly interleaved: boolean;
}

/** Where clones fail: mostly when there is something to clean up. */
const STAGES: readonly FailureStage[] = [
  "arguments",
  "before-pid",
  "number",
  "file",
  "put_user",
  "put_user",
  "after-pidfd",
  "after-pidfd",
];

/** Simulates a history to its end. */
export function simulate(options: HistoryOptions): SimulatedKernel {
  const random = new Random(options.seed);
  const kernel = new SimulatedKernel(random, options);
  const workers: readonly Worker[] = [0, 1, 1].map((cpu, at) => ({ tid: 101 + at, cpu, files: [] }));
  const running = new Map<Worker, Steps>();
  const interrupts = new Set<Steps>();
  let left = options.calls;
  for (;;) {
    const due = kernel.later.filter((it) => it.atNs <= kernel.nowNs);
    for (const it of due) {
      kernel.later.splice(kernel.later.indexOf(it), 1);
      interrupts.add(it.steps);
    }
    const idle = workers.filter((it) => !running.has(it));
    const mayStart = left > 0 && (options.interleaved || (running.size === 0 && interrupts.size === 0));
    const worker = random.pick(idle);
    if (mayStart && worker !== undefined && random.percent(50)) {
      const steps = call(kernel, worker, random);
      if (options.without?.has(options.calls - left) !== true) running.set(worker, steps);
      left -= 1;
    }
    // One after the other: an interrupt waits for the end of a call too.
    const mayInterrupt = options.interleaved || running.size === 0;
    const pending = options.interleaved ? [...interrupts] : [...interrupts].slice(0, 1);
    const chosen = pending.map((steps) => ({ steps, end: () => interrupts.delete(steps) }));
    advance([...running.entries()], mayInterrupt ? chosen : [], { random, running });
    const isQuiet = running.size === 0 && interrupts.size === 0;
    if (isQuiet && left === 0 && kernel.later.length === 0) break;
    kernel.pass(isQuiet && random.percent(5) ? random.between(0, 300_000_000) : random.between(0, 20_000));
    if (isQuiet && left === 0) kernel.pass(5_000_000);
  }
  kernel.pass(500_000_000);
  for (let ticks = 3; ticks > 0; ticks -= 1) kernel.pass(1_000_000_000);
  return kernel;
}

/** One step of a thread or of an interrupt. */
function advance(
  threads: readonly (readonly [Worker, Steps])[],
  interrupts: readonly { readonly steps: Steps; readonly end: () => void }[],
  { random, running }: { readonly random: Random; readonly running: Map<Worker, Steps> },
): void {
  const chosen = random.pick([
    ...threads.map(([worker, steps]) => ({ steps, end: () => running.delete(worker) })),
    ...interrupts,
  ]);
  if (chosen?.steps.next().done === true) chosen.end();
}

function call(kernel: SimulatedKernel, worker: Worker, random: Random): Steps {
  const chance = random.between(0, 99);
  const pid = random.pick(kernel.alive);
  const stage = random.pick(STAGES) ?? "put_user";
  if (chance < 6) return kernel.cloneThatFails(worker, stage);
  if (pid === undefined || (chance < 30 && kernel.alive.length < 6)) return kernel.clone(worker);
  if (chance < 46) return kernel.open(worker, pid);
  if (chance < 50) return kernel.make(worker, pid);
  if (chance < 55) return kernel.look(worker, pid);
  if (chance < 75) return kernel.exit(worker, pid);
  const at = random.between(0, Math.max(0, worker.files.length - 1));
  return kernel.close(worker, { at, later: random.percent(15) });
}
