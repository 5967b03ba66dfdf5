/**
 * How much processor time a process has used.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { bigNumberOf } from "./_process_text.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** Processor time of one process. */
export interface CpuTime {
  /** Start of the process in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: bigint;
  /** What all its threads used since then, in user space and in the kernel, in ms. */
  readonly usedMs: number;
}

/** Milliseconds of a clock tick, on every machine that Linux runs on today: `USER_HZ`. */
const TICK_MS = 10;

/**
 * Reads how much processor time a process has used.
 *
 * @param host the machine
 * @param pid its number in the pid namespace of the programs that we start there
 * @returns the time; unknown with the reason when it has gone or may not be read
 * @throws {RangeError} when the number is not that of a process
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readCpuTime } from "./cpu_time.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const time = await readCpuTime(host, Deno.pid);
 * assert.ok(time.kind === "known" && time.value.usedMs > 0);
 * ```
 */
export async function readCpuTime(host: Host, pid: number): Promise<Known<CpuTime>> {
  if (!Number.isSafeInteger(pid) || pid < 1) {
    throw new RangeError(
      `Cannot ask for processor time: a number of a process from 1 is required, got ${pid}`,
    );
  }
  const text = await attempt(() => host.readText(`/proc/${pid}/stat`));
  return text.kind === "unknown" ? text : parseCpuTime(text.value);
}

/**
 * Understands /proc/PID/stat.
 *
 * @param text its content; the name of the process in it may hold anything
 * @returns the time; unknown when there is none in it
 *
 * @example
 * ```ts
 * import { parseCpuTime } from "./cpu_time.ts";
 * import assert from "node:assert/strict";
 *
 * const time = parseCpuTime("7 (a) S 9) S 1 7 7 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 1 0 8000 5 6\n");
 * assert.deepEqual(time, { kind: "known", value: { startTicks: 8000n, usedMs: 1750 } });
 * ```
 */
export function parseCpuTime(text: string): Known<CpuTime> {
  // The kernel prints only numbers and one letter behind the name.
  const fields = text.slice(text.lastIndexOf(") ") + 2).trimEnd().split(" ");
  // The state, field 3, is the first of them.
  const [user, system, startTicks] = [14, 15, 22].map((it) => bigNumberOf(fields[it - 3]));
  if (user === undefined || system === undefined || startTicks === undefined) {
    return notKnown("What /proc tells of the process has no processor time in it");
  }
  return known({ startTicks, usedMs: Number(user + system) * TICK_MS });
}
