/**
 * Where the kernel's own file systems are mounted.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { attempt, type Known } from "./known.ts";

/** Mount points by the kind of file system, such as `tracefs`; only kinds that were found. */
export type Mounts = ReadonlyMap<string, readonly string[]>;

/** Kinds of file system that are looked for. */
const KINDS: ReadonlySet<string> = new Set(["tracefs", "debugfs", "securityfs"]);

/**
 * Reads where tracefs, debugfs and securityfs are mounted.
 *
 * This tells a file system that is not mounted from one that only root may enter, and needs no rights itself.
 *
 * @param host the machine
 * @returns the mount points, as a program that we start there sees them
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readMounts } from "./mounts.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const files = { "/proc/self/mounts": "tracefs /sys/kernel/tracing tracefs rw 0 0\n" };
 * const mounts = await readMounts(fakeHost({ files }));
 * assert.deepEqual(mounts.kind === "known" && mounts.value.get("tracefs"), ["/sys/kernel/tracing"]);
 * ```
 */
export async function readMounts(host: Host): Promise<Known<Mounts>> {
  return await attempt(async () => parseMounts(await host.readText("/proc/self/mounts")));
}

function parseMounts(text: string): Mounts {
  const found = new Map<string, readonly string[]>();
  for (const line of text.split("\n")) {
    // The kernel writes spaces within a word as \040, so a space always ends one.
    const [, path = "", kind = ""] = line.split(" ");
    if (KINDS.has(kind)) found.set(kind, [...found.get(kind) ?? [], path]);
  }
  return found;
}
