/**
 * One look at this machine and at a guest: who runs, and what a tracer could leave behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";

/** One process. */
export interface Process {
  /** Process id. */
  readonly pid: number;
  /** Process id of the parent. */
  readonly ppid: number;
  /** Session id. */
  readonly sid: number;
  /** The words it was started with. */
  readonly args: string;
}

/** What was seen; zombies are left out, for they only wait for their parent to ask. */
export interface Look {
  /** Processes of this machine. */
  readonly here: readonly Process[];
  /** Processes of the guest. */
  readonly guest: readonly Process[];
  /** Temporary files of ours, probes, and BPF programs that somebody holds, in the guest. */
  readonly traces: ReadonlySet<string>;
}

const PS = ["ps", "-eo", "pid,ppid,sid,stat,args", "--cols", "4000"];

/** Constant text that prints what a tracer could leave in a kernel and in its file system. */
const TRACES = String.raw`
for path in /tmp/trace-clone*; do [ -e "$path" ] && echo "$path"; done
cd /sys/kernel/tracing && cat kprobe_events uprobe_events /sys/kernel/debug/kprobes/list
sed -n "s/^\([^ \t][^ ]*\) .*/attached to \1/p" enabled_functions
grep -hs ^prog_id /proc/[0-9]*/fdinfo/* | sort -u
exit 0`;

/** Looks at both machines; at this one alone when the guest has gone. */
export async function lookAround(guest: Host | undefined): Promise<Look> {
  const [program = "", ...args] = PS;
  const [here, there, traces] = await Promise.all([
    new Deno.Command(program, { args }).output().then((it) => new TextDecoder().decode(it.stdout)),
    guest === undefined ? "" : outputOf(guest, PS),
    guest === undefined ? "" : outputOf(guest, ["sh", "-c", TRACES]),
  ]);
  const lines = traces.split("\n").filter((line) => line !== "");
  return { here: readProcesses(here), guest: readProcesses(there), traces: new Set(lines) };
}

async function outputOf(guest: Host, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(guest, argv);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

function readProcesses(text: string): readonly Process[] {
  return text.split("\n").flatMap((line) => {
    const match = /^ *(\d+) +(\d+) +(\d+) ([^ ]+) +(.*)$/.exec(line);
    if (match === null || match[4]?.startsWith("Z")) return [];
    return [{ pid: Number(match[1]), ppid: Number(match[2]), sid: Number(match[3]), args: match[5] ?? "" }];
  });
}

/**
 * Picks the process that fits; where several do, the one at a place in their order of birth.
 *
 * @throws {Error} when there are not as many as expected
 */
export function pick(
  processes: readonly Process[],
  fits: (process: Process) => boolean,
  options: { readonly what: string; readonly at?: number; readonly of?: number },
): Process {
  const { what, at = 0, of = 1 } = options;
  const found = processes.filter(fits).sort((one, other) => one.pid - other.pid);
  const chosen = found[at];
  if (chosen !== undefined && found.length === of) return chosen;
  const list = found.map((it) => `\n  ${it.pid} ${it.args.slice(0, 100)}`).join("");
  throw new Error(`Cannot find the ${what}: expected ${of}, found ${found.length}${list}`);
}
