/**
 * What the stimulus saw of all fd tables of a guest, written so that runs can be compared.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";

/** A pidfd in a slot of an fd table, as /proc shows it. */
export interface Slot {
  /** The process that has the table. */
  readonly pid: number;
  /** The thread that has it; the process again, unless the thread has a table of its own. */
  readonly tid: number;
  readonly fd: number;
  /** Inode number, in decimal. */
  readonly ino: string;
  /** The process or thread that it is about; -1 when that has been reaped. */
  readonly target_pid: number;
  /** Where the link in /proc points. */
  readonly link: string;
}

/** All pidfds of a machine at one moment. */
export interface Snapshot {
  /** The step before it. */
  readonly snapshot: string;
  readonly round: number;
  /** Nanoseconds of CLOCK_BOOTTIME, in decimal. */
  readonly ktime_ns: string;
  /** Processes of the run. */
  readonly own: readonly number[];
  readonly slots: readonly Slot[];
}

/** A call that made or used a pidfd. */
export interface Step {
  readonly step: string;
  readonly round: number;
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  readonly target_pid: number;
  readonly ret: number;
  readonly errno: number;
}

/** A step that the kernel cannot do. */
export interface Skip {
  readonly skipped: string;
  readonly round: number;
  readonly why: string;
}

/** What one run of a scenario said. */
export interface Witness {
  readonly snapshots: readonly Snapshot[];
  readonly steps: readonly Step[];
  readonly skips: readonly Skip[];
}

/** Runs a scenario on a host; it must say that all went as it should. */
export async function witness(
  host: Host,
  options: { readonly program: string; readonly scenario: string; readonly rounds: number },
): Promise<Witness> {
  const { program, scenario, rounds } = options;
  const result = await run(host, [program, scenario, `${rounds}`], { timeoutMs: 120_000 });
  const lines = result.stdout.trim().split("\n").map((line) => JSON.parse(line));
  const last = lines.pop();
  assert.deepEqual(last, { scenario, rounds, ok: true, why: null }, `${scenario}: ${result.stderr}`);
  assert.equal(result.code, 0);
  return {
    snapshots: lines.filter((line) => "snapshot" in line),
    steps: lines.filter((line) => "step" in line),
    skips: lines.filter((line) => "skipped" in line),
  };
}

/**
 * Writes one round down, a line for each snapshot, without numbers that differ from run to run.
 *
 * Processes and threads are letters in the order in which they appear: `A:3>B` is the pidfd of B in slot 3 of A, `A/C:3>B`
 * the same in the table that thread C of A has alone, and `>-` a pidfd of what was reaped.
 */
export function describeRound({ snapshots }: Witness, round: number): readonly string[] {
  const letters = new Map<number, string>();
  const letter = (pid: number): string => {
    if (pid < 0) return "-";
    const known = letters.get(pid) ?? String.fromCharCode("A".charCodeAt(0) + letters.size);
    letters.set(pid, known);
    return known;
  };
  const describe = ({ pid, tid, fd, target_pid }: Slot) => {
    const table = pid === tid ? letter(pid) : `${letter(pid)}/${letter(tid)}`;
    return `${table}:${fd}>${letter(target_pid)}`;
  };
  return snapshots.filter((it) => it.round === round).map(({ snapshot, slots, own }) =>
    [snapshot, ...slots.filter((it) => own.includes(it.pid)).map(describe)].join(" ")
  );
}
