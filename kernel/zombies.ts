/**
 * Which processes have ended and were not waited for yet.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** Most processes that one command is asked about; each is a word of it. */
const PIDS_MAX = 4096;
const TIMEOUT_MS = 60_000;

/**
 * Constant POSIX shell text, parameters: process numbers. Field 2 of /proc/PID/stat may hold anything, so the state is
 * what stands behind the last `) `.
 */
const SCRIPT = `set -f
for pid; do
  text=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
  case \${text##*') '} in [ZXx]' '*) echo "$pid" ;; esac
done
echo end`;

/**
 * Finds the zombies among some processes: their pidfds are readable, and /proc still has their number.
 *
 * @param host the machine
 * @param pids their numbers in the pid namespace of the programs that we start there
 * @returns the numbers of those that have ended; unknown with the reason when nothing could be read
 * @throws {RangeError} when a number is not that of a process
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readZombies } from "./zombies.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const zombies = await readZombies(host, [Deno.pid]);
 * assert.ok(zombies.kind === "known" && !zombies.value.has(Deno.pid));
 * ```
 */
export async function readZombies(host: Host, pids: Iterable<number>): Promise<Known<ReadonlySet<number>>> {
  const asked = [...new Set(pids)];
  const bad = asked.find((it) => !Number.isSafeInteger(it) || it < 1);
  if (bad !== undefined) {
    throw new RangeError(`Cannot ask for a process: a number from 1 is required, got ${bad}`);
  }
  const zombies = new Set<number>();
  for (let at = 0; at < asked.length; at += PIDS_MAX) {
    const words = asked.slice(at, at + PIDS_MAX).map(String);
    const argv = ["sh", "-c", SCRIPT, "trace-clone-zombies", ...words];
    const said = await attempt(() => run(host, argv, { timeoutMs: TIMEOUT_MS }));
    if (said.kind === "unknown") return said;
    const lines = said.value.stdout.split("\n");
    if (lines.at(-2) !== "end") return notKnown("The reading of process states did not come to its end");
    for (const line of lines.slice(0, -2)) if (/^\d{1,10}$/.test(line)) zombies.add(Number(line));
  }
  return known(zombies);
}
