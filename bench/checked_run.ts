/**
 * Running a program whose failure ends the benchmark.
 *
 * @module
 */

import { HostError, run } from "../hosts/mod.ts";
import type { Host, RunOptions } from "../hosts/mod.ts";

/** Longest time in milliseconds of one measurement in a guest. */
const LIMIT_MS = 300_000;

/**
 * Runs a program on a host to its end, and requires that it ends well.
 *
 * @param host the machine
 * @param argv program and arguments
 * @param options as for `run`; 5 minutes are allowed
 * @returns what it wrote to its standard output
 * @throws {HostError} of kind `failed` when its status is not 0, with its last words
 *
 * @example
 * ```ts
 * import { checkedRun } from "./checked_run.ts";
 * import { LocalHost } from "../hosts/mod.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * assert.equal(await checkedRun(host, ["echo", "hello"]), "hello\n");
 * await assert.rejects(checkedRun(host, ["false"]), /ended with status 1/);
 * ```
 */
export async function checkedRun(
  host: Pick<Host, "name" | "spawn">,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(host, argv, { timeoutMs: LIMIT_MS, ...options });
  if (code === 0) return stdout;
  throw new HostError(`Cannot measure on "${host.name}": "${argv[0]}" ended with status ${code}`, {
    host: host.name,
    kind: "failed",
    hint: `It said at the end:\n${stderr.trim().split("\n").slice(-10).join("\n")}`,
  });
}
