/**
 * Who a host is, in its own words.
 *
 * @module
 */

import { lastLine, quote } from "./_text.ts";
import { type HostDescription, HostError, type RunResult } from "./host.ts";

/** Constant shell text that prints one line for each thing that {@linkcode parseDescription} wants. */
export const DESCRIBE_SCRIPT =
  "uname -s; uname -r; uname -m; id -u; cat /proc/sys/kernel/random/boot_id; grep -c '^cpu[0-9]' /proc/stat";

/**
 * Reads the output of {@linkcode DESCRIBE_SCRIPT}.
 *
 * @param host the host's name
 * @param result what the script said
 * @returns who the host is
 * @throws {HostError} of kind `failed` when it is not a Linux machine or does not say all of it
 *
 * @example
 * ```ts
 * import { parseDescription } from "./_description.ts";
 * import assert from "node:assert/strict";
 *
 * const stdout = "Linux\n6.12.1\nx86_64\n0\n79d9c1a6-0d3b-4b0c-9d6e-6a3ce3d8bb54\n2\n";
 * const description = parseDescription("local", { code: 0, stdout, stderr: "" });
 * assert.equal(description.cpus, 2);
 * ```
 */
export function parseDescription(host: string, result: RunResult): HostDescription {
  const [system, release, machine, uid, bootId, cpus] = result.stdout.split("\n");
  if (result.code === 127 || system === "" || system === undefined) {
    throw failure(host, `its shell says ${quote(lastLine(result.stderr))}`);
  }
  if (system !== "Linux") throw failure(host, `a Linux machine is required, was ${quote(system)}`);
  const isWhole = /^\d+$/.test(uid ?? "") && /^[0-9a-f-]{36}$/.test(bootId ?? "") &&
    /^[1-9]\d*$/.test(cpus ?? "");
  if (!isWhole || !release || !machine || !bootId) {
    throw failure(host, `it says ${quote(result.stdout)} and ${quote(lastLine(result.stderr))}`);
  }
  return { name: host, release, machine, bootId, cpus: Number(cpus), uid: Number(uid) };
}

/** The error for an answer that makes no sense. */
function failure(host: string, detail: string): HostError {
  return new HostError(`Cannot find out what ${quote(host)} is: ${detail}`, { host, kind: "failed" });
}
