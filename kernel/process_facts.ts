/**
 * Who processes are, beyond their numbers: when they began, in which cgroup and container, and under which numbers.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { bigNumberOf, numbersOf, START_OF } from "./_process_text.ts";
import { type Cgroups, parseCgroups } from "./cgroup.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** Who a process is. */
export interface ProcessFacts {
  /** Its number in the reader's pid namespace. */
  readonly pid: number;
  /** Its start in clock ticks since boot: field 22 of /proc/PID/stat, of `task->start_boottime`. */
  readonly startTicks: bigint;
  /** Its numbers from the reader's pid namespace downwards, `NSpid:` of /proc/PID/status; none when it is not told. */
  readonly numbers: readonly number[];
  /** Its cgroups; unknown when they may not be read. */
  readonly cgroups: Known<Cgroups>;
}

/** Most processes that one command is asked about; each is a word of it. */
const PIDS_MAX = 4096;
const TIMEOUT_MS = 60_000;

/**
 * Constant POSIX shell text, parameters: process numbers.
 *
 * The start time is read before and after the rest: where it differs the number has gone to another process meanwhile.
 */
const SCRIPT = `set -f
${START_OF}
for pid; do
  start_of "/proc/$pid" || { printf 'gone %s\\n' "$pid"; continue; }
  began=$start numbers=
  while read -r key value; do
    case $key in NSpid:) numbers=$value ;; esac
  done 2>/dev/null <"/proc/$pid/status"
  printf 'process %s %s %s\\n' "$pid" "$began" "$numbers"
  { while IFS= read -r line; do printf 'c%s\\n' "$line"; done <"/proc/$pid/cgroup"; } 2>/dev/null
  start_of "/proc/$pid"
  printf 'after %s %s\\n' "$pid" "$start"
done
echo end`;

/**
 * Reads who some processes are, in one command for some thousands of them.
 *
 * It looks into /proc/PID of each, and so disturbs the counts of their `struct pid`s as `readPidfdSlots` does.
 *
 * @param host the machine
 * @param pids their numbers in the pid namespace of the programs that we start there
 * @returns facts by number, without those that have gone; unknown with the reason when nothing could be read
 * @throws {RangeError} when a number is not that of a process
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readProcessFacts } from "./process_facts.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const facts = await readProcessFacts(host, [1]);
 * assert.ok(facts.kind === "known" && facts.value.get(1)?.startTicks !== undefined);
 * ```
 */
export async function readProcessFacts(
  host: Host,
  pids: Iterable<number>,
): Promise<Known<ReadonlyMap<number, ProcessFacts>>> {
  const asked = [...new Set(pids)];
  const bad = asked.find((it) => !Number.isSafeInteger(it) || it < 1);
  if (bad !== undefined) {
    throw new RangeError(`Cannot ask for a process: a number from 1 is required, got ${bad}`);
  }
  const facts = new Map<number, ProcessFacts>();
  for (let at = 0; at < asked.length; at += PIDS_MAX) {
    const words = asked.slice(at, at + PIDS_MAX).map(String);
    const argv = ["sh", "-c", SCRIPT, "trace-clone-processes", ...words];
    const said = await attempt(() => run(host, argv, { timeoutMs: TIMEOUT_MS }));
    const some = said.kind === "unknown" ? said : parseProcessFacts(said.value.stdout);
    if (some.kind === "unknown") return some;
    for (const [pid, one] of some.value) facts.set(pid, one);
  }
  return known(facts);
}

/**
 * Reads what the command of {@linkcode readProcessFacts} printed.
 *
 * @param text its standard output
 * @returns facts by number; unknown when the command did not come to its end
 *
 * @example
 * ```ts
 * import { parseProcessFacts } from "./process_facts.ts";
 * import assert from "node:assert/strict";
 *
 * const facts = parseProcessFacts("process 7 100 7\t1\nc0::/init.scope\nafter 7 100\ngone 8\nend\n");
 * assert.deepEqual(facts.kind === "known" && facts.value.get(7)?.numbers, [7, 1]);
 * ```
 */
export function parseProcessFacts(text: string): Known<ReadonlyMap<number, ProcessFacts>> {
  const lines = text.split("\n");
  if (lines.at(-2) !== "end") return notKnown("The reading of processes did not come to its end");
  const facts = new Map<number, ProcessFacts>();
  let first: { readonly pid: string; readonly start: string; readonly numbers: string } | undefined;
  let cgroup = "";
  for (const line of lines) {
    const [, word, pid = "", start = "", numbers = ""] =
      /^(process|after) (\d{1,10}) (\S+) ?(.*)$/.exec(line) ?? [];
    if (word === "process") [first, cgroup] = [{ pid, start, numbers }, ""];
    else if (line.startsWith("c")) cgroup += `${line.slice(1)}\n`;
    else if (word === "after" && first?.pid === pid && first.start === start) {
      const startTicks = bigNumberOf(start);
      const cgroups = parseCgroups(cgroup);
      if (startTicks === undefined) continue;
      facts.set(Number(pid), {
        pid: Number(pid),
        startTicks,
        numbers: numbersOf(first.numbers),
        cgroups: cgroups === undefined ? notKnown(`Cannot read "/proc/${pid}/cgroup"`) : known(cgroups),
      });
    }
  }
  return known(facts);
}
