/**
 * How full the fd tables of processes are, as /proc tells it.
 *
 * Only user space's view: it needs nothing but a shell and its usual programs, and no rights for processes of one's own.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { bigNumberOf, numberOf, START_OF } from "./_process_text.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** One fd table, and whose it is. */
export interface FdTable {
  /** The process, as the pid namespace of the reader counts. */
  readonly pid: number;
  /** Start of the process in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: bigint;
  /** `task->comm`, its bytes up to the line end that the kernel puts behind it. */
  readonly comm: Uint8Array;
  /** Real user id; `undefined` when it was not told. */
  readonly uid: number | undefined;
  /** How many fds are open; `undefined` when they may not be counted. */
  readonly open: number | undefined;
  /** Soft limit of RLIMIT_NOFILE; `undefined` when it was not told, `Infinity` where there is none. */
  readonly limit: number | undefined;
}

/** Most processes that one command is asked about; each is a word of it. */
const PIDS_MAX = 4096;
const TIMEOUT_MS = 60_000;

/**
 * Constant POSIX shell text, parameters: process numbers.
 *
 * The name of a process may hold anything, so it comes as digits. The start time is read before and after the rest:
 * where it differs the number has gone to another process meanwhile.
 */
const SCRIPT = `${START_OF}
for pid; do
  start_of "/proc/$pid" || continue
  began=$start limit=- uid=- count=-
  comm=$(od -An -v -tx1 <"/proc/$pid/comm" 2>/dev/null | tr -d ' \\n')
  while read -r key value rest; do
    case $key in Uid:) uid=$value ;; esac
  done 2>/dev/null <"/proc/$pid/status"
  while read -r a b c soft rest; do
    case "$a $b $c" in 'Max open files') limit=$soft ;; esac
  done 2>/dev/null <"/proc/$pid/limits"
  set -- "/proc/$pid/fd"/*
  if [ -L "$1" ]; then count=$#; elif ls "/proc/$pid/fd" >/dev/null 2>&1; then count=0; fi
  start_of "/proc/$pid"
  printf 'table %s %s %s %s %s %s %s\\n' "$pid" "$began" "$start" "$uid" "$count" "$limit" "$comm"
done
echo end`;

/**
 * Reads the fd tables of some processes, in one command for some thousands of them.
 *
 * It looks into /proc/PID of each, and so disturbs the counts of their `struct pid`s as `readPidfdSlots` does.
 *
 * @param host the machine
 * @param pids their numbers in the pid namespace of the programs that we start there
 * @returns tables by number, without those of processes that have gone; unknown with the reason when nothing could be read
 * @throws {RangeError} when a number is not that of a process
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readFdTables } from "./fd_tables.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const tables = await readFdTables(host, [Deno.pid]);
 * assert.ok(tables.kind === "known" && (tables.value.get(Deno.pid)?.open ?? 0) > 2);
 * ```
 */
export async function readFdTables(
  host: Host,
  pids: Iterable<number>,
): Promise<Known<ReadonlyMap<number, FdTable>>> {
  const asked = [...new Set(pids)];
  const bad = asked.find((it) => !Number.isSafeInteger(it) || it < 1);
  if (bad !== undefined) {
    throw new RangeError(`Cannot ask for an fd table: a number from 1 is required, got ${bad}`);
  }
  const tables = new Map<number, FdTable>();
  for (let at = 0; at < asked.length; at += PIDS_MAX) {
    const words = asked.slice(at, at + PIDS_MAX).map(String);
    const argv = ["sh", "-c", SCRIPT, "trace-clone-tables", ...words];
    const said = await attempt(() => run(host, argv, { timeoutMs: TIMEOUT_MS }));
    const some = said.kind === "unknown" ? said : parseFdTables(said.value.stdout);
    if (some.kind === "unknown") return some;
    for (const [pid, one] of some.value) tables.set(pid, one);
  }
  return known(tables);
}

const TABLE = /^table (\d{1,10}) (\d{1,20}) (\S+) (\S+) (\S+) (\S+) ((?:[0-9a-f]{2})*)$/;

/**
 * Reads what the command of {@linkcode readFdTables} printed.
 *
 * @param text its standard output
 * @returns tables by number; unknown when the command did not come to its end
 *
 * @example
 * ```ts
 * import { parseFdTables } from "./fd_tables.ts";
 * import assert from "node:assert/strict";
 *
 * const tables = parseFdTables("table 7 100 100 0 12 1024 61620a\nend\n");
 * assert.ok(tables.kind === "known");
 * const table = tables.value.get(7);
 * assert.deepEqual([table?.open, table?.limit, new TextDecoder().decode(table?.comm)], [12, 1024, "ab"]);
 * ```
 */
export function parseFdTables(text: string): Known<ReadonlyMap<number, FdTable>> {
  const lines = text.split("\n");
  if (lines.at(-2) !== "end") return notKnown("The reading of fd tables did not come to its end");
  const tables = new Map<number, FdTable>();
  for (const line of lines.slice(0, -2)) {
    const [, pid = "", began = "", after = "", uid, open, limit, comm = ""] = TABLE.exec(line) ?? [];
    const startTicks = bigNumberOf(began);
    if (startTicks === undefined || began !== after) continue;
    tables.set(Number(pid), {
      pid: Number(pid),
      startTicks,
      comm: withoutLineEnd(Uint8Array.from(comm.match(/../g) ?? [], (it) => Number.parseInt(it, 16))),
      uid: numberOf(uid),
      open: numberOf(open),
      limit: limit === "unlimited" ? Infinity : numberOf(limit),
    });
  }
  return known(tables);
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}
