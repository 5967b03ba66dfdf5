/**
 * Which files the addresses of processes lead into, as /proc/PID/maps tells it.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { bigNumberOf, START_OF } from "./_process_text.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** A range of a process's addresses that holds code of a file. */
export interface CodeRange {
  /** The first address. */
  readonly from: bigint;
  /** The address behind the last. */
  readonly to: bigint;
  /** Where the range begins in the file, bytes. */
  readonly offset: bigint;
  /** The file, as the kernel writes it: with octal escapes for line ends; it may hold any other character. */
  readonly path: string;
}

/** The code of one process. */
export interface MemoryMap {
  /** Start of the process in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: bigint;
  /** Its ranges of code, in the order of their addresses. */
  readonly code: readonly CodeRange[];
}

/** Most processes that are asked about. */
const PIDS_MAX = 1024;
const TIMEOUT_MS = 60_000;

/** Constant POSIX shell text, parameters: process numbers. */
const SCRIPT = `${START_OF}
for pid; do
  start_of "/proc/$pid" || continue
  printf 'map %s %s\\n' "$pid" "$start"
  cat "/proc/$pid/maps" 2>/dev/null
done
echo end`;

/**
 * Reads where the code of some processes lies.
 *
 * It looks into /proc/PID of each, and so disturbs the counts of their `struct pid`s as `readPidfdSlots` does.
 *
 * @param host the machine
 * @param pids their numbers in the pid namespace of the programs that we start there; beyond 1024 they are left out
 * @returns maps by number, without those of processes that have gone; unknown with the reason when nothing could be read
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readMemoryMaps } from "./memory_maps.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const maps = await readMemoryMaps(host, [Deno.pid]);
 * assert.ok(maps.kind === "known" && (maps.value.get(Deno.pid)?.code.length ?? 0) > 0);
 * ```
 */
export async function readMemoryMaps(
  host: Host,
  pids: Iterable<number>,
): Promise<Known<ReadonlyMap<number, MemoryMap>>> {
  const words = [...new Set(pids)].slice(0, PIDS_MAX).map(String);
  if (words.length === 0) return known(new Map());
  const argv = ["sh", "-c", SCRIPT, "trace-clone-maps", ...words];
  const said = await attempt(() => run(host, argv, { timeoutMs: TIMEOUT_MS }));
  return said.kind === "unknown" ? said : parseMemoryMaps(said.value.stdout);
}

const HEAD = /^map (\d{1,10}) (\d{1,20})$/;
const RANGE = /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ..x. ([0-9a-f]{1,16}) \S+ \S+ +(\S.*)$/;

/**
 * Reads what the command of {@linkcode readMemoryMaps} printed.
 *
 * @param text its standard output
 * @returns maps by number; unknown when the command did not come to its end
 *
 * @example
 * ```ts
 * import { parseMemoryMaps } from "./memory_maps.ts";
 * import assert from "node:assert/strict";
 *
 * const maps = parseMemoryMaps("map 7 100\n1000-3000 r-xp 00002000 08:01 5   /bin/a b\nend\n");
 * assert.ok(maps.kind === "known");
 * assert.deepEqual(maps.value.get(7)?.code, [{ from: 0x1000n, to: 0x3000n, offset: 0x2000n, path: "/bin/a b" }]);
 * ```
 */
export function parseMemoryMaps(text: string): Known<ReadonlyMap<number, MemoryMap>> {
  const lines = text.split("\n");
  if (lines.at(-2) !== "end") return notKnown("The reading of memory maps did not come to its end");
  const maps = new Map<number, MemoryMap>();
  let code: CodeRange[] = [];
  for (const line of lines.slice(0, -2)) {
    const [, pid = "", start = ""] = HEAD.exec(line) ?? [];
    const startTicks = bigNumberOf(start);
    if (startTicks !== undefined) {
      code = [];
      maps.set(Number(pid), { startTicks, code });
      continue;
    }
    const [, from = "", to = "", offset = "", path = ""] = RANGE.exec(line) ?? [];
    if (path === "") continue;
    code.push({ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`), offset: BigInt(`0x${offset}`), path });
  }
  return known(maps);
}

/**
 * Returns where an address lies in the code of a process.
 *
 * @param map the code of the process
 * @param address the address
 * @returns `module+0xoffset`; `undefined` where there is no code of a file
 *
 * @example
 * ```ts
 * import { placeOfAddress } from "./memory_maps.ts";
 * import assert from "node:assert/strict";
 *
 * const code = [{ from: 0x1000n, to: 0x3000n, offset: 0x2000n, path: "/lib/libc.so.6" }];
 * assert.equal(placeOfAddress({ startTicks: 1n, code }, 0x1010n), "/lib/libc.so.6+0x2010");
 * ```
 */
export function placeOfAddress({ code }: MemoryMap, address: bigint): string | undefined {
  const range = code.find(({ from, to }) => address >= from && address < to);
  return range === undefined
    ? undefined
    : `${range.path}+0x${(address - range.from + range.offset).toString(16)}`;
}
