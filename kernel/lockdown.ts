/**
 * Kernel lockdown: what the kernel refuses even to root.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** A level of kernel lockdown (Linux 5.4), each with all that the one before it refuses. */
export type Lockdown = "none" | "integrity" | "confidentiality";

/** Where securityfs shows it. */
const LOCKDOWN_PATH = "/sys/kernel/security/lockdown";

/**
 * Reads the level that is in force.
 *
 * With `integrity` bpftrace works, and files of debugfs are refused. With `confidentiality` bpftrace refuses to start.
 *
 * @param host the machine
 * @returns the level; unknown without securityfs or without the lockdown module
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readLockdown } from "./lockdown.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const files = { "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" };
 * assert.deepEqual(await readLockdown(fakeHost({ files })), { kind: "known", value: "integrity" });
 * ```
 */
export async function readLockdown(host: Host): Promise<Known<Lockdown>> {
  const text = await attempt(() => host.readText(LOCKDOWN_PATH));
  if (text.kind === "unknown") return text;
  const level = /\[(none|integrity|confidentiality)\]/.exec(text.value)?.[1];
  if (level === "none" || level === "integrity" || level === "confidentiality") return known(level);
  return notKnown(`"${LOCKDOWN_PATH}" must mark one level, got "${text.value.trim().slice(0, 60)}"`);
}
