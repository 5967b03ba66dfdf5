/**
 * Disk space, asked for before it is used up.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { runProgram } from "./program.ts";

/** Options of {@linkcode requireFreeSpace}. */
export interface FreeSpaceOptions {
  /** What the space is for, as it follows "Cannot" in an error: `build kernel 6.12`. */
  readonly purpose: string;
  /** How much is needed, in bytes. */
  readonly bytes: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes sure that a file system has enough free space.
 *
 * @param folder a folder on it
 * @param options how much, and for what
 * @throws {HostError} of kind `failed` when there is less; the message has both numbers
 *
 * @example
 * ```ts
 * import { requireFreeSpace } from "./free_space.ts";
 * import assert from "node:assert/strict";
 *
 * await requireFreeSpace("/tmp", { purpose: "write a byte", bytes: 1 });
 * await assert.rejects(requireFreeSpace("/tmp", { purpose: "write a lot", bytes: 2 ** 60 }), /Cannot write a lot/);
 * ```
 */
export async function requireFreeSpace(folder: string, options: FreeSpaceOptions): Promise<void> {
  const output = await runProgram(["df", "--output=avail", "--block-size=1", "--", folder], {
    purpose: `ask for the free space of "${folder}"`,
    signal: options.signal,
  });
  const free = Number(output.trim().split("\n").at(-1));
  if (free >= options.bytes) return;
  const message = `Cannot ${options.purpose}: ${megabytes(options.bytes)} of free disk space are required ` +
    `below "${folder}", and ${megabytes(free)} are left`;
  const hint = 'Free some space, for example with "trace-clone lab rm"';
  throw new HostError(message, { host: "lab", kind: "failed", hint });
}

/**
 * A number of bytes as people write it.
 *
 * @param bytes number of bytes
 * @returns whole megabytes with the unit
 *
 * @example
 * ```ts
 * import { megabytes } from "./free_space.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(megabytes(351_400_000), "351 MB");
 * ```
 */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
