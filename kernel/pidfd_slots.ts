/**
 * Pidfds that processes have open, as /proc tells of them.
 *
 * Only user space's view: no `struct file`, no fd table, no count. It needs nothing but a shell and its usual programs,
 * so it is there where the kernel cannot be asked, and it is a second witness where it can.
 *
 * Reading /proc/PID makes the kernel keep inodes that each hold a reference of the `struct pid` of PID
 * (`proc_pid_make_inode()`, fs/proc/base.c) until they are dropped from the cache. So it disturbs counts, of all
 * processes that were looked at: see {@linkcode PidfdListing.disturbed}.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { bigNumberOf, numberOf, numbersOf, START_OF } from "./_process_text.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** A slot of an fd table that holds a pidfd. */
export interface PidfdSlot {
  /** The process, as the pid namespace of the reader counts. */
  readonly pid: number;
  /** The thread whose table was read; the process's own number unless threads were asked for. */
  readonly tid: number;
  /** Start of the process in clock ticks since boot: field 22 of /proc/PID/stat; `undefined` when it has gone. */
  readonly startTicks: bigint | undefined;
  /** The fd. */
  readonly fd: number;
  /** `st_ino` of the file; on kernels with pidfs one for each target. `undefined` when it was closed meanwhile. */
  readonly inode: bigint | undefined;
  /** Where its link in /proc/PID/fd leads, if that is a name of a pidfd: `anon_inode:[pidfd]` or `pidfd:[N]`. */
  readonly link: string | undefined;
  /** `flags:` of its fdinfo: `f_flags` and O_CLOEXEC by this fd; `undefined` when it was closed meanwhile. */
  readonly flags: number | undefined;
  /** `Pid:` of its fdinfo: the target as the reader's pid namespace counts, 0 outside of it, -1 when it was reaped. */
  readonly target: number;
  /** `NSpid:`: its numbers in the namespaces from the reader's downwards; none when it was reaped. */
  readonly targetNumbers: readonly number[];
}

/** What {@linkcode readPidfdSlots} found. */
export interface PidfdListing {
  /** The slots. */
  readonly slots: readonly PidfdSlot[];
  /** Processes whose folder in /proc was looked into: the counts of their `struct pid`s may be too high by that. */
  readonly disturbed: ReadonlySet<number>;
  /** Processes whose fds could not be read. */
  readonly refused: readonly number[];
  /** What is missing in the list, one sentence each; none when it is complete. */
  readonly missing: readonly string[];
}

/** Options of {@linkcode readPidfdSlots}. */
export interface ReadPidfdSlotsOptions {
  /** Whether the table of every thread is read, and not only that of the process. @default {false} */
  readonly threads?: boolean;
  /** Most slots that are read; beyond that the list says that it is cut. @default {10000} */
  readonly slotsMax?: number;
  /** Longest time in milliseconds. @default {60000} */
  readonly timeoutMs?: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

const SLOTS_MAX = 10_000;
const TIMEOUT_MS = 60_000;

/**
 * Constant POSIX shell text, parameters `SLOTS THREADS`.
 *
 * `grep` finds the fdinfo with a line `Pid:`, which only pidfds have. Each program looks at many files, for each start
 * of one costs. What comes back is the text of this kernel about fds: names of files in /proc, and of a link's text
 * only the lines that are one of a pidfd.
 */
const SCRIPT = `set -f
limit=$1 threads=$2
${START_OF}
folders() {
  set +f
  if [ "$threads" = 1 ]; then set -- /proc/[0-9]*/task/[0-9]*/fdinfo; else set -- /proc/[0-9]*/fdinfo; fi
  set -f
  for folder; do printf '%s\\n' "$folder"; done
}
list=$(folders)
[ -e /proc/1/stat ] || echo hidden
printf 'seen'
for folder in $list; do rest=\${folder#/proc/}; printf ' %s' "\${rest%%/*}"; done
echo
said=$(printf '%s\\n' "$list" | xargs -n 64 grep -r -l -m 1 '^Pid:' 2>&1)
printf '%s\\n' "$said" | while IFS= read -r line; do
  case $line in
    '' | /proc/*/fdinfo/* | *': No such file or directory' | *': No such process') ;;
    *': /proc/'*) line=\${line#*/proc/}; echo "refused \${line%%/*}" ;;
    *) echo other ;;
  esac
done
found=$(printf '%s\\n' "$said" | grep -x '/proc/[0-9/a-z]*/fdinfo/[0-9]*' | head -n "$((limit + 1))")
if [ -n "$found" ]; then
  [ "$(printf '%s\\n' "$found" | wc -l)" -le "$limit" ] || echo cut
  found=$(printf '%s\\n' "$found" | head -n "$limit")
  printf '%s\\n' "$found" | sed 's,^/proc/,,; s,/.*,,' | uniq | while read -r pid; do
    start_of "/proc/$pid"
    echo "start $pid $start"
  done
  printf '%s\\n' "$found" | xargs -n 256 grep -H -E '^(flags|Pid|NSpid):' 2>/dev/null
  links=$(printf '%s\\n' "$found" | sed s,/fdinfo/,/fd/,)
  printf '%s\\n' "$links" | xargs -n 256 stat -L -c 'inode %i %n' 2>/dev/null
  printf '%s\\n' "$links" | xargs -n 256 stat -c %N 2>/dev/null |
    grep -E "^'/proc/[0-9]+(/task/[0-9]+)?/fd/[0-9]+' -> '(anon_inode:\\[pidfd\\]|pidfd:\\[[0-9]+\\])'$"
fi
echo end`;

/**
 * Lists the pidfds that all processes of a machine have open, by reading /proc in one command.
 *
 * Processes that come and go meanwhile may be in the list or not; whatever could not be read is told.
 *
 * @param host the machine
 * @param options what is read, and its limits
 * @returns the list; unknown with the reason when there is none at all
 * @throws {HostError} when the host is lost
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readPidfdSlots } from "./pidfd_slots.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const listing = await readPidfdSlots(host);
 * assert.ok(listing.kind === "unknown" || listing.value.disturbed.has(1));
 * ```
 */
export async function readPidfdSlots(
  host: Host,
  options: ReadPidfdSlotsOptions = {},
): Promise<Known<PidfdListing>> {
  const { threads = false, slotsMax = SLOTS_MAX, timeoutMs = TIMEOUT_MS, signal } = options;
  const argv = ["sh", "-c", SCRIPT, "trace-clone-slots", `${slotsMax}`, threads ? "1" : "0"];
  const said = await attempt(() => run(host, argv, { timeoutMs, signal }));
  return said.kind === "unknown" ? said : parsePidfdSlots(said.value.stdout);
}

/**
 * Reads what the command of {@linkcode readPidfdSlots} printed.
 *
 * @param text its standard output
 * @returns the list; unknown when the command did not come to its end
 *
 * @example
 * ```ts
 * import { parsePidfdSlots } from "./pidfd_slots.ts";
 * import assert from "node:assert/strict";
 *
 * const text = "seen 1 201\nrefused 1\nstart 201 985\n/proc/201/fdinfo/5:Pid:\t203\ninode 503 /proc/201/fd/5\nend\n";
 * const listing = parsePidfdSlots(text);
 * assert.ok(listing.kind === "known");
 * assert.deepEqual([listing.value.slots[0]?.target, listing.value.refused], [203, [1]]);
 * ```
 */
export function parsePidfdSlots(text: string): Known<PidfdListing> {
  const lines = text.split("\n");
  if (lines.at(-2) !== "end") return notKnown("The list of open pidfds in /proc did not come to its end");
  const places = new Map<string, PlaceText>();
  const starts = new Map<number, bigint>();
  const refused = new Set<number>();
  const disturbed = new Set<number>();
  const missing: string[] = [];
  let cut = false;
  let unreadable = 0;
  for (const line of lines.slice(0, -2)) {
    const [kind, ...words] = line.split(" ");
    const first = numberOf(words[0]);
    if (readPlace(line, places)) continue;
    if (kind === "seen") words.forEach((it) => disturbed.add(Number(it)));
    else if (kind === "refused" && first !== undefined) refused.add(first);
    else if (kind === "start" && first !== undefined) {
      const ticks = bigNumberOf(words[1]);
      if (ticks !== undefined) starts.set(first, ticks);
    } else if (kind === "cut") cut = true;
    else if (kind === "hidden") {
      missing.push("/proc shows no process of others, not even number 1 (mount option hidepid)");
    } else unreadable += 1;
  }
  const slots = [...places.values()].flatMap((it) => slotOf(it, starts));
  if (cut) missing.push(`Only the first ${slots.length} pidfds were read`);
  if (refused.size > 0) missing.push(`The fds of ${refused.size} processes may not be read: root may`);
  if (unreadable > 0) missing.push(`${unreadable} entries of /proc could not be read`);
  return known({ slots, disturbed, refused: [...refused], missing });
}

/** What was printed of one slot. */
interface PlaceText {
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  flags?: string;
  Pid?: string;
  NSpid?: string;
  inode?: string;
  link?: string;
}

const FDINFO = /^\/proc\/([^:]+):(flags|Pid|NSpid):\s*(.*)$/;
const INODE = /^inode (\d{1,20}) \/proc\/(.+)$/;
const LINK = /^'\/proc\/([^']+)' -> '(anon_inode:\[pidfd\]|pidfd:\[\d{1,20}\])'$/;
const PLACE = /^(\d{1,10})(?:\/task\/(\d{1,10}))?\/fd(?:info)?\/(\d{1,10})$/;

/** Takes a line that tells of a slot; false for any other line. */
function readPlace(line: string, places: Map<string, PlaceText>): boolean {
  const fdinfo = FDINFO.exec(line);
  const [, inode, ofInode] = INODE.exec(line) ?? [];
  const [, ofLink, link] = LINK.exec(line) ?? [];
  const [, pid, tid = pid, fd] = PLACE.exec(fdinfo?.[1] ?? ofInode ?? ofLink ?? "") ?? [];
  if (pid === undefined) return false;
  const key = `${pid} ${tid} ${fd}`;
  const place = places.get(key) ?? { pid: Number(pid), tid: Number(tid), fd: Number(fd) };
  places.set(key, place);
  if (fdinfo !== null) place[fdinfo[2] as "flags" | "Pid" | "NSpid"] = fdinfo[3] ?? "";
  if (inode !== undefined) place.inode = inode;
  if (link !== undefined) place.link = link;
  return true;
}

/** None when it was no pidfd any more when it was read. */
function slotOf(place: PlaceText, starts: ReadonlyMap<number, bigint>): readonly PidfdSlot[] {
  const { pid, tid, fd, flags = "", link } = place;
  const target = numberOf(place.Pid);
  if (target === undefined) return [];
  return [{
    pid,
    tid,
    startTicks: starts.get(pid),
    fd,
    inode: bigNumberOf(place.inode),
    link,
    flags: /^[0-7]{1,12}$/.test(flags) ? Number.parseInt(flags, 8) : undefined,
    target,
    targetNumbers: numbersOf(place.NSpid ?? "").filter((it) => it > 0),
  }];
}
