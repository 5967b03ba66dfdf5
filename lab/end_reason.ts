/**
 * Why a guest ended.
 *
 * @module
 */

/** What is known of a guest that has ended. */
export interface GuestEnd {
  /** Exit status of the guard, which is QEMU's unless the guard or its clock stepped in. */
  readonly code: number;
  /** Signal that killed the guard itself. */
  readonly signal: string | null;
  /** The last lines that QEMU wrote to its standard error. */
  readonly messages: string;
  /** How long it lived, in seconds. */
  readonly lifeSeconds: number;
  /** How long it was allowed to live, in seconds. */
  readonly timeLimitSeconds: number;
}

/**
 * Says why a guest ended that we did not stop.
 *
 * @param end what is known
 * @returns the reason, as it follows "the guest ended:"
 *
 * @example
 * ```ts
 * import { endReason } from "./end_reason.ts";
 * import assert from "node:assert/strict";
 *
 * const end = { code: 124, signal: null, messages: "", lifeSeconds: 60, timeLimitSeconds: 60 };
 * assert.equal(endReason(end), "its time limit of 60 s was reached");
 * ```
 */
export function endReason(end: GuestEnd): string {
  const { code, signal, messages } = end;
  // 124 is timeout's word for it; 137 stands for a SIGKILL, by timeout or by somebody else.
  const isOverdue = end.lifeSeconds >= end.timeLimitSeconds;
  if (code === 124 || (code === 137 && isOverdue)) {
    return `its time limit of ${end.timeLimitSeconds} s was reached`;
  }
  if (signal !== null) return `its guard was killed by ${signal}`;
  if (/terminating on signal/.test(messages)) return "it was asked to end by another process";
  if (code > 128) return `QEMU was killed by signal ${code - 128}`;
  if (code !== 0) return `QEMU ended with status ${code}`;
  return "it powered itself off";
}
