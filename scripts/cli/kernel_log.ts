/**
 * What a kernel says about its own reference counts, in its log.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import { HostError, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";

/** Longest time that the log may take, ms. */
const LOG_MS = 10_000;

/** Longest line that is told. */
const LINE_MAX = 300;

/** The complaints of lib/refcount.c, and of KASAN about what pidfds are made of. */
const COMPLAINT =
  /refcount_t: (?:underflow|saturated|addition on 0|decrement hit 0)|BUG: KASAN: .*(?:pid|anon_inode)/;

/**
 * Reads the complaints in a kernel's log.
 *
 * @param host the machine
 * @returns the lines as they stand there, made printable; `null` when the log cannot be read
 */
export async function readComplaints(host: Host): Promise<readonly string[] | null> {
  try {
    const { code, stdout } = await run(host, ["dmesg"], { timeoutMs: LOG_MS });
    return code === 0 ? complaintsIn(stdout) : null;
  } catch (error) {
    if (error instanceof HostError) return null;
    throw error;
  }
}

/**
 * Finds the complaints in a log.
 *
 * @param log its text
 * @returns the lines, made printable
 *
 * @example
 * ```ts
 * import { complaintsIn } from "./kernel_log.ts";
 * import assert from "node:assert/strict";
 *
 * const log = "[ 1.0] eth0: up\n[ 2.0] refcount_t: underflow; use-after-free.\n";
 * assert.deepEqual(complaintsIn(log), ["[ 2.0] refcount_t: underflow; use-after-free."]);
 * ```
 */
export function complaintsIn(log: string): readonly string[] {
  return log.split("\n").filter((line) => COMPLAINT.test(line))
    .map((line) => printableText(line.slice(0, LINE_MAX)));
}
