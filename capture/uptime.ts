/**
 * The clock of a machine that its records are stamped with.
 *
 * @module
 */

import { HostError } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";

/**
 * The machine's CLOCK_BOOTTIME now, rounded up to the next hundredth.
 *
 * BEGIN runs before the other probes are attached, and its line is passed on after: so it is asked for after that.
 *
 * @param host the machine
 * @returns nanoseconds
 * @throws {HostError} when it cannot be read
 */
export async function uptimeNs(host: Host): Promise<bigint> {
  const text = await host.readText("/proc/uptime");
  const match = /^(\d+)\.(\d\d) /.exec(text);
  if (match === null) {
    throw new HostError(
      `Cannot read "/proc/uptime": expected two numbers, got ${JSON.stringify(text.slice(0, 80))}`,
      {
        host: host.name,
        kind: "failed",
      },
    );
  }
  return (BigInt(match[1] ?? 0) * 100n + BigInt(match[2] ?? 0) + 1n) * 10_000_000n;
}
