/**
 * Runs a program on a host to its end.
 *
 * @module
 */

import type { Host, RunResult } from "../hosts/host.ts";

/**
 * Runs a program with an empty standard input and collects what it says.
 *
 * For programs that say little and end by themselves, such as `bpftrace --version`.
 *
 * @param host the machine
 * @param argv the program and its arguments
 * @returns how it ended and what it said
 * @throws {HostError} when the host is lost
 */
export async function run(host: Host, argv: readonly string[]): Promise<RunResult> {
  const process = host.spawn(argv);
  const [stdout, stderr, status] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.status,
    // A program that ended without reading has closed it already.
    process.stdin.close().catch(() => {}),
  ]);
  return { code: status.code, stdout, stderr };
}
