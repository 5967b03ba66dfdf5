/**
 * Who holds pidfds, as one look at /proc tells it.
 *
 * @module
 */

import { printable } from "../../events/mod.ts";
import type { FdTable, PidfdListing, PidfdSlot } from "../../kernel/mod.ts";

/**
 * What became of a target: `zombie` has ended and was not waited for, `reaped` was; `outside` stands for one that is not
 * in the pid namespace of the reader, of which /proc tells neither number nor end.
 */
export type TargetState = "alive" | "zombie" | "reaped" | "outside";

/** Some pidfds of a process that lead to one target, or to several that cannot be told apart. */
export interface HeldTarget {
  /** Number of the target in the reader's pid namespace; `null` when it was reaped or is outside. */
  readonly pid: number | null;
  /** What became of it. */
  readonly state: TargetState;
  /** The fds, in order. */
  readonly fds: readonly number[];
}

/** A process that holds pidfds. */
export interface Holder {
  /** Its number in the reader's pid namespace. */
  readonly pid: number;
  /** Its start in clock ticks since boot; `null` when it has ended since. */
  readonly startTicks: bigint | null;
  /** Its name as printable text; `null` when it was not read. */
  readonly comm: string | null;
  /** Real user id. */
  readonly uid: number | null;
  /** How many pidfds it holds. */
  readonly pidfds: number;
  /** How many of them lead to a process that has ended, waited for or not. */
  readonly dead: number;
  /** How many lead out of the reader's pid namespace, so that it cannot be told. */
  readonly outside: number;
  /** How many fds of any kind are open; `null` when they may not be counted. */
  readonly open: number | null;
  /** Soft limit of RLIMIT_NOFILE; `null` where there is none, or it was not read. */
  readonly limit: number | null;
  /** How many more fds it may open; `null` where that is not known, or there is no limit. */
  readonly headroom: number | null;
  /** What they lead to, those with most pidfds first. */
  readonly targets: readonly HeldTarget[];
}

/** What is known besides the slots. */
export interface Surroundings {
  /** The fd tables of those that hold pidfds. */
  readonly tables: ReadonlyMap<number, FdTable>;
  /** Numbers of targets that have ended and were not waited for. */
  readonly zombies: ReadonlySet<number>;
}

/**
 * Returns who holds pidfds, those with most dead targets first, then those with most pidfds.
 *
 * @param listing the slots
 * @param around what is known of the processes
 * @returns one holder for each process
 *
 * @example
 * ```ts
 * import { holdersOf } from "./holders.ts";
 * import assert from "node:assert/strict";
 *
 * const place = { pid: 7, tid: 7, startTicks: 1n, inode: 5n, link: undefined, flags: 2, targetNumbers: [] };
 * const slots = [{ ...place, fd: 3, target: 9 }, { ...place, fd: 4, target: -1 }];
 * const [holder] = holdersOf({ slots }, { tables: new Map(), zombies: new Set() });
 * assert.deepEqual([holder?.pidfds, holder?.dead], [2, 1]);
 * ```
 */
export function holdersOf(listing: Pick<PidfdListing, "slots">, around: Surroundings): readonly Holder[] {
  const holders = [...Map.groupBy(listing.slots, (it) => it.pid)]
    .map(([pid, slots]) => holderOf(pid, slots, around));
  return holders.sort((one, other) =>
    other.dead - one.dead || other.pidfds - one.pidfds || one.pid - other.pid
  );
}

function holderOf(pid: number, slots: readonly PidfdSlot[], { tables, zombies }: Surroundings): Holder {
  const startTicks = slots[0]?.startTicks;
  const found = tables.get(pid);
  // The number may have gone to another process between the two looks.
  const table = found !== undefined && found.startTicks === startTicks ? found : undefined;
  const targets = targetsOf(slots, zombies);
  const those = (...states: readonly TargetState[]) =>
    targets.filter((it) => states.includes(it.state)).reduce((sum, it) => sum + it.fds.length, 0);
  const limit = table?.limit === undefined || table.limit === Infinity ? null : table.limit;
  const open = table?.open ?? null;
  return {
    pid,
    startTicks: startTicks ?? null,
    comm: table === undefined ? null : printable(table.comm),
    uid: table?.uid ?? null,
    pidfds: slots.length,
    dead: those("zombie", "reaped"),
    outside: those("outside"),
    open,
    limit,
    // A limit can be set below what is open.
    headroom: limit === null || open === null ? null : Math.max(0, limit - open),
    targets,
  };
}

/** The targets of some slots. Those that were reaped have no number any more, and are one. */
function targetsOf(slots: readonly PidfdSlot[], zombies: ReadonlySet<number>): readonly HeldTarget[] {
  return [...Map.groupBy(slots, (it) => it.target)]
    .map(([target, held]): HeldTarget => ({
      pid: target > 0 ? target : null,
      state: target < 0 ? "reaped" : target === 0 ? "outside" : zombies.has(target) ? "zombie" : "alive",
      fds: held.map((it) => it.fd).sort((one, other) => one - other),
    }))
    .sort((one, other) => other.fds.length - one.fds.length || (one.pid ?? 0) - (other.pid ?? 0));
}
