/**
 * How many events are lost, in a burst and at a steady rate, and whether their number is told.
 *
 * @module
 */

import { launch } from "../capture/mod.ts";
import type { GuestHost } from "../hosts/mod.ts";
import { Correlator } from "../model/mod.ts";
import { renderProgram } from "../program/mod.ts";
import type { Plan } from "../tracers/mod.ts";
import { BenchFault } from "./bench_fault.ts";
import { LOOP } from "./bench_guest.ts";
import { checkedRun } from "./checked_run.ts";
import { readRounds } from "./traced_loops.ts";

/** Records of one pidfd that is opened and closed, the only one of its process: the open, the release, and what it drops. */
const EVENTS_EACH = 3;

/** Longest time in milliseconds that the last events may take to arrive. */
const SETTLE_MS = 60_000;

/** What became of a stimulus. */
export interface Losses {
  /** Records that it must have made. */
  readonly made: number;
  /** Records of it that arrived. */
  readonly arrived: number;
  /** Records that the tool says are lost; `null` when it does not know how many. */
  readonly told: number | null;
  /** Records that it made in a second. */
  readonly rate: number;
}

/** Options of {@linkcode measureLosses}. */
export interface LossesOptions {
  /** What is attached. */
  readonly plan: Plan;
  /** CPUs of the guest. */
  readonly cpus: number;
  /** Records that are to be made. */
  readonly events: number;
  /** Records a second; 0 for as many as possible. */
  readonly rate: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Opens and closes pidfds under the tool's own capture, over ssh as a user has it, and counts what arrives.
 *
 * @param host a guest
 * @param options how many, and how fast
 * @returns what arrived, and what is said to be lost
 * @throws {BenchFault} when the stimulus is not the one that was asked for
 */
export async function measureLosses(host: GuestHost, options: LossesOptions): Promise<Losses> {
  const { plan, cpus, rate, signal } = options;
  const iterations = Math.ceil(options.events / EVENTS_EACH);
  await using capture = await launch(host, { source: renderProgram(plan.program), commandPid: 0, signal });
  const correlator = new Correlator({
    law: plan.law,
    attachedNs: capture.attachment.attachedNs,
    scope: { pids: undefined, comm: undefined, descendants: false },
    cpus,
  });
  let arrived = 0;
  let heard = performance.now();
  const reading = (async () => {
    for await (const messages of capture.messages()) {
      for (const message of messages) {
        if (message.kind !== "record" || !/^(?:open|release|evict|drop) /.test(message.text)) continue;
        arrived += 1;
        heard = performance.now();
      }
      correlator.take(messages);
    }
    correlator.finish();
  })();
  const pace = rate === 0 ? [] : [`${Math.ceil(rate / EVENTS_EACH)}`];
  const text = await checkedRun(host, [LOOP, "pidfd", "1", `${iterations}`, ...pace], { signal });
  const nsEach = readRounds(`pidfd\n${text}`)["pidfd"]?.[0] ?? NaN;
  const over = performance.now() + SETTLE_MS;
  while (performance.now() < over && performance.now() - heard < 4000) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  capture.stop();
  await reading;
  const made = iterations * EVENTS_EACH;
  if (arrived > made) throw new BenchFault(`Cannot count losses: ${arrived} of ${made} records arrived`);
  return { made, arrived, told: correlator.trust.lost, rate: EVENTS_EACH * 1e9 / nsEach };
}
