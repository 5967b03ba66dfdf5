/**
 * The budgets about losses and buffers, from what was counted.
 *
 * @module
 */

import { launch } from "../capture/mod.ts";
import type { GuestHost } from "../hosts/mod.ts";
import { renderProgram } from "../program/mod.ts";
import type { Plan } from "../tracers/mod.ts";
import { checkedRun } from "./checked_run.ts";
import { type Losses, measureLosses } from "./losses.ts";
import type { Measurement, Measurements } from "./verdict.ts";

/** Records of the burst. */
const BURST = 100_000;
/** Records a second, and for how many seconds. */
const RATE = 20_000;
const SECONDS = 5;
/** As a part of the rate that was asked for, what counts as reached. */
const REACHED = 0.95;

const PAGE_BYTES = 4096;
const MEBIBYTE = 1024 * 1024;

/** Options of {@linkcode lossMeasurements}. */
export interface LossOptions {
  /** What is attached. */
  readonly plan: Plan;
  /** CPUs of the guest. */
  readonly cpus: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Gets a line for people now and then. */
  readonly onProgress: (line: string) => void;
  /** Turns a failure into the reason why something is not measured. */
  readonly tried: (name: string, take: () => Promise<Measurement>) => Promise<Measurement>;
}

/**
 * Measures bursts, a steady rate, and the size of the buffers.
 *
 * @param host a guest
 * @param options the plan
 * @returns the measurements
 */
export async function lossMeasurements(host: GuestHost, options: LossOptions): Promise<Measurements> {
  const { tried, onProgress } = options;
  const seen: Losses[] = [];
  const count = async (name: string, how: { readonly events: number; readonly rate: number }) => {
    const losses = await measureLosses(host, { ...options, ...how });
    onProgress(`${name}: ${lossText(losses)}`);
    seen.push(losses);
    return losses;
  };
  return {
    "lost-burst": await tried(
      "burst",
      async () => burstMeasurement(await count("burst", { events: BURST, rate: 0 })),
    ),
    "lost-sustained": await tried(
      "steady rate",
      async () => steadyMeasurement(await count("steady rate", { events: RATE * SECONDS, rate: RATE }), RATE),
    ),
    "lost-accounting": await tried("accounting", () => Promise.resolve(accountingMeasurement(seen))),
    "buffers": await tried("buffers", () => bufferMeasurement(host, options)),
  };
}

function lossText({ made, arrived, told, rate }: Losses): string {
  return `${made} records made at ${Math.round(rate)}/s, ${arrived} arrived, ${
    told ?? "an unknown number"
  } told lost`;
}

/**
 * Judges a burst: as fast as it goes.
 *
 * @param losses what was counted
 * @returns the measurement
 */
export function burstMeasurement(losses: Losses): Measurement {
  return { kind: "measured", value: losses.made - losses.arrived, detail: lossText(losses) };
}

/**
 * Judges a steady rate; one that was not reached says nothing when nothing was lost.
 *
 * @param losses what was counted
 * @param rate records a second that were asked for
 * @returns the measurement
 *
 * @example
 * ```ts
 * import { steadyMeasurement } from "./loss_verdicts.ts";
 * import assert from "node:assert/strict";
 *
 * const slow = { made: 100, arrived: 100, told: 0, rate: 5000 };
 * assert.equal(steadyMeasurement(slow, 20_000).kind, "not measured");
 * ```
 */
export function steadyMeasurement(losses: Losses, rate: number): Measurement {
  const lost = losses.made - losses.arrived;
  if (lost > 0 || losses.rate >= rate * REACHED) {
    return { kind: "measured", value: lost, detail: lossText(losses) };
  }
  return { kind: "not measured", reason: `the guest is too slow: ${lossText(losses)}` };
}

/**
 * Judges what was said about losses; without any there is nothing to judge.
 *
 * @param seen everything that was counted
 * @returns the measurement, with the largest difference
 *
 * @example
 * ```ts
 * import { accountingMeasurement } from "./loss_verdicts.ts";
 * import assert from "node:assert/strict";
 *
 * const seen = { made: 100, arrived: 90, told: 8, rate: 5000 };
 * const measurement = accountingMeasurement([seen]);
 * assert.equal(measurement.kind === "measured" && measurement.value, 2);
 * assert.equal(accountingMeasurement([{ ...seen, arrived: 100, told: 0 }]).kind, "not measured");
 * ```
 */
export function accountingMeasurement(seen: readonly Losses[]): Measurement {
  if (seen.length === 0) return { kind: "not measured", reason: "nothing was counted" };
  const wrong = seen.filter(({ made, arrived, told }) => made !== arrived || told !== 0);
  if (wrong.length === 0) {
    return {
      kind: "not measured",
      reason: "nothing was lost and nothing told lost, so there was nothing to compare",
    };
  }
  const differences = wrong.map(({ made, arrived, told }) =>
    told === null ? Infinity : Math.abs(made - arrived - told)
  );
  return { kind: "measured", value: Math.max(...differences), detail: wrong.map(lossText).join("; ") };
}

/** What bpftrace really has mapped for its buffers, per CPU, beyond what is promised. */
async function bufferMeasurement(host: GuestHost, { plan, cpus, signal }: LossOptions): Promise<Measurement> {
  await using capture = await launch(host, { source: renderProgram(plan.program), commandPid: 0, signal });
  const maps = await checkedRun(host, ["cat", `/proc/${capture.attachment.bpftracePid}/maps`], { signal });
  capture.stop();
  const buffers = mappedBuffers(maps);
  if (buffers.length === 0) return { kind: "not measured", reason: "bpftrace has no buffer mapped" };
  const promised = Math.min(4096 * PAGE_BYTES, 64 * MEBIBYTE / cpus);
  const each = buffers.reduce((sum, bytes) => sum + bytes, 0) / cpus;
  return {
    kind: "measured",
    value: Math.max(0, each - promised) / MEBIBYTE,
    detail:
      `${buffers.length} ring buffers mapped by bpftrace, ${each / MEBIBYTE} MiB for each of ${cpus} CPUs; ` +
      `promised ${promised / MEBIBYTE} MiB`,
  };
}

/**
 * Finds the ring buffers in what a process has mapped, of perf events and of BPF.
 *
 * A perf buffer has one page of its own before its data. One of BPF is mapped from its second page on: a page of its own,
 * and its data twice in a row, so that a record at the end can be read in one piece.
 *
 * @param maps text of /proc/PID/maps
 * @returns the sizes of their data in bytes
 *
 * @example
 * ```ts
 * import { mappedBuffers } from "./loss_verdicts.ts";
 * import assert from "node:assert/strict";
 *
 * const perf = "7f0000000000-7f0000002000 rw-s 00000000 00:0e 9 anon_inode:[perf_event]\n";
 * const bpf = "7f0000004000-7f0000007000 r--s 00001000 00:0e 9 anon_inode:bpf-map\n";
 * assert.deepEqual(mappedBuffers(perf + bpf), [4096, 4096]);
 * ```
 */
export function mappedBuffers(maps: string): readonly number[] {
  const line = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) .*anon_inode:(\[perf_event\]|bpf-map)$/gm;
  return [...maps.matchAll(line)].flatMap(([, from, to, offset = "", kind]) => {
    const data = Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)) - PAGE_BYTES;
    if (kind === "[perf_event]") return [data];
    return parseInt(offset, 16) === PAGE_BYTES ? [data / 2] : [];
  });
}
