/**
 * Which slots of which fd tables hold a pidfd's file, and which tasks have which table.
 *
 * A slot belongs to a table (`struct files_struct`), not to a process: threads share one, and so do processes after a
 * clone with CLONE_FILES. Addresses are used again by the kernel, so a table goes when its last user has let go of it.
 *
 * @module
 */

import { isSlotDoubtful } from "./_slot_doubts.ts";
import type { ModelState, Target } from "./state.ts";

/** A slot that holds a pidfd's file. */
export interface Slot {
  /** The table that it is in. */
  readonly table: FdTable;
  /** Its number. */
  readonly fd: number;
  /** Address of the `struct file`. */
  readonly file: string;
  /** Whether exec closes it; `null` when that is not known. */
  closeOnExec: boolean | null;
  /** When it was filled, CLOCK_BOOTTIME in ns; that of a copy: when the original was. */
  readonly sinceNs: bigint;
  /** `seq` of the event that told of it; `null` when none did. */
  seq: number | null;
}

/** An fd table that holds a pidfd, or did. */
export interface FdTable {
  /** This run's name for it; never used again. */
  readonly id: string;
  /** Address of the `struct files_struct`. */
  readonly address: string;
  /** When it was told of first, CLOCK_BOOTTIME in ns. */
  readonly sinceNs: bigint;
  /** Its slots that hold a pidfd, by number. */
  readonly slots: Map<number, Slot>;
  /** Whether its last user has let go of it: what it still holds is closed now. */
  dying: boolean;
  /** Latest record of it, CLOCK_BOOTTIME in ns. */
  heardNs: bigint;
}

/** A task and its table. */
export interface TableUser {
  /** Process id in the initial pid namespace. */
  readonly pid: number;
  /** Start of the process, CLOCK_BOOTTIME in ns. */
  readonly startNs: bigint;
  /** Its table. */
  readonly table: FdTable;
  /** Whether the task itself has ended, and other threads of the process go on. */
  readonly leaderless?: boolean;
  /** When its process was told to have ended, CLOCK_BOOTTIME in ns; what it lets go of is still to be told. */
  readonly endedNs?: bigint;
}

/** A slot as user space sees it, by the process whose table it is in. */
export interface TaskSlot {
  /** Process id in the initial pid namespace. */
  readonly pid: number;
  /**
   * Thread id; that of the process, unless the thread has a table of its own; `null` when it is one of the threads
   * that go on although the first one has ended.
   */
  readonly tid: number | null;
  /** The number. */
  readonly fd: number;
  /** This run's name for the file; `null` when its birth is not known. */
  readonly file: string | null;
  /** The process that the pidfd names; `null` when it is not known. */
  readonly target: Target | null;
  /** Whether something was lost that can have been about it: it may be closed or another's by now. */
  readonly doubtful: boolean;
}

/** What changed while somebody looked elsewhere. */
export class SlotChanges {
  /** Slots that were filled: name of the table and number. */
  readonly filled: Set<string> = new Set();
  /** Slots that were emptied, in the same form. */
  readonly emptied: Set<string> = new Set();
  readonly #tables = new Map<number, Set<string>>();

  /** A task has a table. */
  joined(tid: number, { table }: TableUser): void {
    this.#tables.set(tid, (this.#tables.get(tid) ?? new Set()).add(table.id));
  }

  /** Whether a slot of a process was emptied, in whichever table it had. */
  hasEmptied(pid: number, fd: number): boolean {
    return [...this.#tables.get(pid) ?? []].some((table) => this.emptied.has(`${table} ${fd}`));
  }
}

/** The tables, the slots in them, and the tasks that have them. */
export class SlotGraph {
  readonly #tables = new Map<string, FdTable>();
  readonly #byFile = new Map<string, Set<Slot>>();
  readonly #users = new Map<number, TableUser>();
  #named = 0;
  #changes: SlotChanges | undefined;

  /** Keeps what changes from now on. */
  watch(): void {
    this.#changes = new SlotChanges();
    for (const [tid, user] of this.#users) this.#changes.joined(tid, user);
  }

  /** What has changed since {@linkcode SlotGraph.watch}; it is not kept any longer. */
  unwatch(): SlotChanges {
    const changes = this.#changes ?? new SlotChanges();
    this.#changes = undefined;
    return changes;
  }

  /** How many there are of each: what is remembered is bounded by what is alive. */
  get sizes(): {
    readonly tables: number;
    readonly slots: number;
    readonly held: number;
    readonly users: number;
  } {
    let slots = 0;
    for (const table of this.#tables.values()) slots += table.slots.size;
    return { tables: this.#tables.size, slots, held: this.#byFile.size, users: this.#users.size };
  }

  /** The table at an address, if it is known. */
  table(address: string): FdTable | undefined {
    return this.#tables.get(address);
  }

  /** The table at an address; a new one, told of at that time, when none is known there. */
  tableAt(address: string, sinceNs: bigint): FdTable {
    const known = this.#tables.get(address);
    if (known !== undefined) return known;
    const table = {
      id: `t${++this.#named}`,
      address,
      sinceNs,
      heardNs: sinceNs,
      slots: new Map(),
      dying: false,
    };
    this.#tables.set(address, table);
    return table;
  }

  /** The slots that hold a file, the earliest first. */
  slotsOf(file: string): readonly Slot[] {
    return [...this.#byFile.get(file) ?? []];
  }

  /**
   * The slots of one table that hold a file, the earliest first.
   *
   * @param address address of the table
   * @param file address of the file
   */
  slotsIn(address: string, file: string): readonly Slot[] {
    const table = this.#tables.get(address);
    const ofFile = this.#byFile.get(file);
    if (table === undefined || ofFile === undefined) return [];
    // What many children have inherited is in many tables, and each of them ends with all of its slots.
    if (ofFile.size <= table.slots.size) return [...ofFile].filter((it) => it.table === table);
    return [...table.slots.values()].filter((it) => it.file === file);
  }

  /** How many slots hold a file. */
  count(file: string): number {
    return this.#byFile.get(file)?.size ?? 0;
  }

  /** Fills a slot; what it held goes, and is returned. */
  fill(
    table: FdTable,
    slot: Pick<Slot, "fd" | "file" | "closeOnExec" | "sinceNs">,
  ): { now: Slot; old: Slot | undefined } {
    const old = this.empty(table, slot.fd);
    const { fd, file, closeOnExec, sinceNs } = slot;
    const now = { fd, file, closeOnExec, sinceNs, table, seq: null };
    table.slots.set(slot.fd, now);
    this.#changes?.filled.add(`${table.id} ${slot.fd}`);
    const ofFile = this.#byFile.get(slot.file) ?? new Set();
    this.#byFile.set(slot.file, ofFile.add(now));
    return { now, old };
  }

  /** Empties a slot; returns what it held. */
  empty(table: FdTable, fd: number): Slot | undefined {
    const old = table.slots.get(fd);
    if (old === undefined) return undefined;
    table.slots.delete(fd);
    this.#changes?.emptied.add(`${table.id} ${fd}`);
    const ofFile = this.#byFile.get(old.file);
    ofFile?.delete(old);
    if (ofFile?.size === 0) this.#byFile.delete(old.file);
    if (table.dying && table.slots.size === 0) this.#tables.delete(table.address);
    return old;
  }

  /** A new table with the slots of an old one, but those in a hole. */
  copy(
    from: FdTable,
    to: Pick<FdTable, "address" | "sinceNs">,
    hole: { readonly from: number; readonly to: number },
  ): FdTable {
    this.forget(to.address);
    const table = this.tableAt(to.address, to.sinceNs);
    for (const slot of from.slots.values()) {
      if (slot.fd < hole.from || slot.fd > hole.to) this.fill(table, slot);
    }
    return table;
  }

  /** A task has a table. */
  join(tid: number, user: TableUser): void {
    this.#users.set(tid, user);
    this.#changes?.joined(tid, user);
    // The threads of a process share its table until one of them is seen to get its own.
    if (tid !== user.pid && !this.#users.has(user.pid)) this.#users.set(user.pid, user);
  }

  /** The table of a task, if it is known. */
  userOf(tid: number): TableUser | undefined {
    return this.#users.get(tid);
  }

  /**
   * A task has no table any more, as far as it is known to have had this one.
   *
   * @param task the task; `live` threads of its process go on
   * @param table address of the table
   */
  leave(task: { readonly pid: number; readonly tid: number; readonly live: number }, table: string): void {
    const { pid, tid, live } = task;
    const user = this.#users.get(tid);
    if (user?.table.address === table) {
      if (tid === pid && live > 0) this.#users.set(tid, { ...user, leaderless: true });
      else this.#users.delete(tid);
    }
    // The last thread takes the process with it, whichever tables its threads were thought to have.
    if (live === 0) this.#forgetThreads(pid, null);
  }

  /**
   * A thread is the only one of its process: after exec the others have gone, and one can have its new number.
   *
   * @param task the thread; when it is not the first one, that has ended
   */
  alone({ pid, tid }: { readonly pid: number; readonly tid: number }): void {
    this.#forgetThreads(pid, tid);
    const user = this.#users.get(tid);
    if (tid !== pid && user !== undefined) this.#users.set(pid, { ...user, leaderless: true });
  }

  #forgetThreads(pid: number, but: number | null): void {
    for (const [tid, user] of this.#users) if (user.pid === pid && tid !== but) this.#users.delete(tid);
  }

  /** The last user of a table has let go of it: it goes when its slots are empty. */
  end(table: FdTable): void {
    table.dying = true;
    for (const [tid, user] of this.#users) if (user.table === table) this.#users.delete(tid);
    if (table.slots.size === 0) this.#tables.delete(table.address);
  }

  /** A table is not there any more; returns how many slots it was still thought to have. */
  forget(address: string): number {
    const table = this.#tables.get(address);
    if (table === undefined) return 0;
    const left = table.slots.size;
    for (const fd of [...table.slots.keys()]) this.empty(table, fd);
    for (const [tid, user] of this.#users) if (user.table === table) this.#users.delete(tid);
    this.#tables.delete(address);
    return left;
  }

  /** The tables whose last user has let go of them, and that still have slots. */
  dying(): readonly FdTable[] {
    return [...this.#tables.values()].filter((it) => it.dying);
  }

  /** Whether a process is known to have a table; `undefined` when nobody is. */
  isOf(table: FdTable, { pid, startNs }: Pick<TableUser, "pid" | "startNs">): boolean | undefined {
    let isKnown: false | undefined;
    for (const user of this.#users.values()) {
      if (user.table !== table) continue;
      if (user.pid === pid && user.startNs === startNs) return true;
      isKnown = false;
    }
    return isKnown;
  }

  /** The tasks of a process have ended. */
  processEnded({ pid, startNs }: Pick<TableUser, "pid" | "startNs">, endedNs: bigint): void {
    for (const [tid, user] of this.#users) {
      if (user.pid !== pid || user.startNs !== startNs || user.endedNs !== undefined) continue;
      this.#users.set(tid, { ...user, endedNs });
    }
  }

  /** Tasks that ended before a moment have no table any more, where that can have gone unseen. */
  leaveEnded(beforeNs: bigint, isUnseen: (table: FdTable) => boolean): void {
    for (const [tid, { endedNs, table }] of this.#users) {
      if (endedNs !== undefined && endedNs < beforeNs && isUnseen(table)) this.#users.delete(tid);
    }
  }

  /** Every table, and whether a task is known to have it. */
  tables(): readonly { readonly table: FdTable; readonly isUsed: boolean }[] {
    const used = new Set([...this.#users.values()].map((it) => it.table));
    return [...this.#tables.values()].map((table) => ({ table, isUsed: used.has(table) }));
  }

  /** Every task with its table; threads that share the table of their process are left out. */
  users(): readonly (TableUser & { readonly tid: number })[] {
    return [...this.#users].flatMap(([tid, user]) => {
      const isShared = tid !== user.pid && this.#users.get(user.pid)?.table === user.table;
      return isShared ? [] : [{ ...user, tid }];
    });
  }
}

/**
 * Every slot that holds a pidfd, by the process that has it: what /proc/PID/fd would show.
 *
 * @param state the model's state
 * @returns the slots, in no order; empty when slots are not watched
 *
 * @example
 * ```ts
 * import { slotsOfTasks } from "./slots.ts";
 * import { initialState } from "./state.ts";
 * import assert from "node:assert/strict";
 *
 * const scope = { pids: undefined, comm: undefined, descendants: false };
 * assert.deepEqual(slotsOfTasks(initialState({ law: "per-inode", attachedNs: 0n, scope })), []);
 * ```
 */
export function slotsOfTasks(state: ModelState): readonly TaskSlot[] {
  return state.slots.users().flatMap(({ pid, tid, table, leaderless }) =>
    [...table.slots.values()].map((slot) => {
      const known = state.files.get(slot.file);
      return {
        pid,
        tid: leaderless === true ? null : tid,
        fd: slot.fd,
        file: known?.id ?? null,
        target: known?.target ?? null,
        doubtful: isSlotDoubtful(state, slot, known),
      };
    })
  );
}
