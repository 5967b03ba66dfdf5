/**
 * The pidfds that were open already, from what the program that lists them printed.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { decode, DecodeError } from "./decode.ts";

/** A slot that holds a pidfd, as the kernel's own walk tells of it. */
export type FoundSlot = WireEvent<"found">;

/**
 * Reads the lines of a baseline.
 *
 * @param lines what the program printed, without the ends of the lines; empty ones are passed over
 * @returns one record for each slot, in their order, each slot of a task once
 * @throws {DecodeError} when a line is not a record `found`
 *
 * @example
 * ```ts
 * import { decodeFound } from "./found.ts";
 * import assert from "node:assert/strict";
 *
 * const line = "found 9 201 201 7 ff10 5 ff20 2 ff30 503 2 1 203 8 2 6c756d697473 0 0 0";
 * const [slot] = decodeFound(["", line]);
 * assert.deepEqual([slot?.pid, slot?.fd, slot?.nr, slot?.comm], [201, 5, 203, "stimul"]);
 * ```
 */
export function decodeFound(lines: readonly string[]): readonly FoundSlot[] {
  const slots = new Map<string, FoundSlot>();
  lines.forEach((text, at) => {
    if (text === "") return;
    const event = decode(text, at + 1);
    if (event.kind !== "found") {
      throw new DecodeError(`Cannot decode a baseline: a record "found" is required, got "${event.kind}"`, {
        line: at + 1,
        column: 1,
        text,
      });
    }
    // A walk that goes on in a task whose table has changed may tell of a slot again.
    slots.set(`${event.tid} ${event.table} ${event.fd}`, event);
  });
  return [...slots.values()];
}
