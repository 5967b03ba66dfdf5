/**
 * How much processor time the programs of bpftrace took in the kernel.
 *
 * @module
 */

import { HostError, run } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";

/** What {@linkcode readProgramTime} found; `null` with the reason, a sentence without its full stop. */
export type ProgramTime =
  | {
    /** The sum over all programs, for as long as the kernel counted, in ns. */
    readonly usedNs: bigint;
  }
  | { readonly usedNs: null; readonly reason: string };

/** Longest time in milliseconds that the reading may take. */
const LIMIT_MS = 5000;

/** Constant text; its parameter is a process id. Nothing is switched on: where nobody counts, that is said. */
const SCRIPT = 'on=; read -r on </proc/sys/kernel/bpf_stats_enabled; echo "counted $on"; ' +
  'grep -HE "^(prog_id|run_time_ns):" /proc/"$0"/fdinfo/*';

/**
 * Reads what the kernel counted for the programs that a process holds, where it counts: `kernel.bpf_stats_enabled`.
 *
 * @param host the machine
 * @param bpftracePid process id of bpftrace there
 * @returns the sum, or why it is not known; never throws
 */
export async function readProgramTime(host: Host, bpftracePid: number): Promise<ProgramTime> {
  try {
    const { stdout } = await run(host, ["sh", "-c", SCRIPT, `${bpftracePid}`], { timeoutMs: LIMIT_MS });
    return parseProgramTime(stdout);
  } catch (error) {
    const why = error instanceof HostError ? error.message : `${error}`;
    return { usedNs: null, reason: `The time of programs cannot be read: ${why}` };
  }
}

/**
 * Understands what was read.
 *
 * @param text whether the kernel counts, and lines of /proc/PID/fdinfo/* with their file's name
 * @returns the sum, or why it is not known
 *
 * @example
 * ```ts
 * import { parseProgramTime } from "./program_time.ts";
 * import assert from "node:assert/strict";
 *
 * const lines = ["prog_id:\t7", "run_time_ns:\t1500"].map((it) => `/proc/1/fdinfo/5:${it}`);
 * assert.deepEqual(parseProgramTime(["counted 1", ...lines, ""].join("\n")), { usedNs: 1500n });
 * assert.equal(parseProgramTime("counted 0\n").usedNs, null);
 * ```
 */
export function parseProgramTime(text: string): ProgramTime {
  const [, counted] = /^counted (\d)$/m.exec(text) ?? [];
  if (counted === undefined) {
    return { usedNs: null, reason: "Whether the kernel counts the time of programs cannot be read" };
  }
  if (counted === "0") {
    return { usedNs: null, reason: "The kernel does not count it: kernel.bpf_stats_enabled is 0" };
  }
  const files = new Map<string, Map<string, string>>();
  const lines = /^(\/proc\/\d+\/fdinfo\/\d+):(\w+):\t(\d{1,20})$/gm;
  for (const [, file = "", name = "", value = ""] of text.matchAll(lines)) {
    files.set(file, (files.get(file) ?? new Map()).set(name, value));
  }
  // The same program can be open twice.
  const programs = new Map<string, bigint>();
  for (const fields of files.values()) {
    const [id, time] = [fields.get("prog_id"), fields.get("run_time_ns")];
    if (id !== undefined && time !== undefined) programs.set(id, BigInt(time));
  }
  if (programs.size === 0) return { usedNs: null, reason: "No program of bpftrace is to be seen" };
  return { usedNs: [...programs.values()].reduce((sum, it) => sum + it, 0n) };
}
