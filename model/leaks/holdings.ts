/**
 * Which slot of which fd table has held a pidfd since when, and what was done with it: folded out of the model's events.
 *
 * @module
 */

import type { Update } from "../update.ts";

/** A process, by its number and its start. */
export interface HolderId {
  /** Process id in the initial pid namespace. */
  readonly pid: number;
  /** Its start, CLOCK_BOOTTIME in ns, in decimal digits. */
  readonly start: string;
}

/** How a slot came to hold a pidfd; `found` is what it held before the probes. */
export type Way = "opened" | "found" | "dup" | "inherited" | "received" | "getfd";

/** What made the file; `null` where its birth was not seen. */
export type Origin = Update<"pidfd.create">["body"]["origin"] | null;

/** A kind of use. */
export type Use = Update<"pidfd.use">["body"]["use"];

/** The target of a pidfd. */
export interface LeakTarget {
  /** This run's name for it. */
  readonly id: string;
  /** Its number; `null` where nobody told it. */
  readonly pid: number | null;
  /** When it ended, CLOCK_BOOTTIME in ns; `null` while it lives, or where that was not seen. */
  readonly endedNs: bigint | null;
  /** Whether it was waited for. */
  readonly reaped: boolean;
}

/** One slot that holds a pidfd. */
export interface Holding {
  /** This run's name for the fd table. */
  readonly table: string;
  /** The number of the slot. */
  readonly fd: number;
  /** This run's name for the `struct file`. */
  readonly file: string;
  /** Whose table it is; of several that share it, the one that filled the slot. `null` where nobody told. */
  readonly holder: HolderId | null;
  /** The holder's name. */
  readonly comm: string | null;
  /** The thread that filled it. */
  readonly tid: number | null;
  /** Since when, CLOCK_BOOTTIME in ns; of what was there before the probes, since they were attached. */
  readonly sinceNs: bigint;
  /** `seq` of the event that told of it. */
  readonly seq: number;
  /** How it came to hold the pidfd. */
  readonly way: Way;
  /** The system call; `null` where it is none that is known. */
  readonly by: string | null;
  /** What made the file. */
  readonly origin: Origin;
  /** Whether exec closes it; `null` where that was not told. */
  readonly closeOnExec: boolean | null;
  /** Whether something was lost that can have been about it. */
  readonly doubtful: boolean;
  /** Whether it is of a process, or a file, that is in the scope of the run. */
  readonly followed: boolean;
  /** Uses of the file so far, whoever used it. */
  readonly uses: ReadonlyMap<Use, number>;
  /** Uses of the file by the holder itself, since it has the slot. */
  readonly ownUses: number;
  /** The system calls of those uses. */
  readonly usedBy: ReadonlySet<string>;
  /** Slots of the same table that held the same file and were closed. */
  readonly siblingsClosed: number;
  /** From where in user space it was filled, the innermost frame first; `null` where that was not told. */
  readonly frames: readonly string[] | null;
  /** The container of who filled it; `null` where none is known. */
  readonly container: string | null;
  /** The cgroup v2 of who filled it; `null` where that was not told. */
  readonly cgroup: string | null;
  /** Whether a slot of the same table got the same file over a socket. */
  readonly received: boolean;
  /** Whether the file was sent over a socket, by whomever. */
  readonly sent: boolean;
  /** What it leads to. */
  readonly target: LeakTarget;
}

/**
 * Whether a slot is a peer's credential, which nobody asked for by a number: it says who is at the other end.
 *
 * @param holding the slot
 */
export function isCredential({ origin }: Pick<Holding, "origin">): boolean {
  return origin === "so_peerpidfd" || origin === "scm_pidfd";
}

interface File {
  readonly origin: Origin;
  readonly uses: Map<Use, number>;
  readonly usedBy: Set<string>;
  /** Tables that have it, by their names; those that have it no more are forgotten, for there is a new one in each fork. */
  readonly tables: Map<string, InTable>;
  sent: boolean;
  /** Slots that hold it. */
  readonly slots: Set<string>;
}

/** What a table has of a file. */
interface InTable {
  /** Slots that hold it. */
  held: number;
  /** Slots that held it and were closed meanwhile. */
  closed: number;
  /** Whether one of them got it over a socket. */
  received: boolean;
}

interface Target {
  readonly id: string;
  pid: number | null;
  endedNs: bigint | null;
  reaped: boolean;
}

type Slot =
  & Omit<
    Holding,
    "origin" | "uses" | "usedBy" | "ownUses" | "siblingsClosed" | "received" | "sent" | "target"
  >
  & { ownUses: number; readonly file: string; readonly target: Target };

/** Slots of which it is told from where they are filled, and that are not filled yet: those of losses. */
const FRAMES_MAX = 4096;

type Filled = Update<"pidfd.install" | "pidfd.dup" | "pidfd.inherit" | "pidfd.receive" | "pidfd.getfd">;

const WAYS = {
  "pidfd.install": "opened",
  "pidfd.dup": "dup",
  "pidfd.inherit": "inherited",
  "pidfd.receive": "received",
  "pidfd.getfd": "getfd",
} as const satisfies Record<Filled["type"], Way>;

/**
 * Keeps who holds what.
 *
 * It needs a run with slots; uses are told where they were asked for. What is closed is forgotten, so that it takes no
 * more memory than there are pidfds.
 *
 * @example
 * ```ts
 * import { Holdings } from "./holdings.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...new Holdings().held()], []);
 * ```
 */
export class Holdings {
  /** Until their release. */
  readonly #files = new Map<string, File>();
  /** Until they are freed. */
  readonly #targets = new Map<string, Target>();
  readonly #slots = new Map<string, Slot>();
  /** From where a slot is about to be filled. */
  readonly #frames = new Map<string, readonly string[]>();
  #nowNs = 0n;

  /** Latest moment that an event told of, CLOCK_BOOTTIME in ns. */
  get nowNs(): bigint {
    return this.#nowNs;
  }

  /** How many there are of each: what is remembered is bounded by what is alive. */
  get sizes(): {
    readonly files: number;
    readonly targets: number;
    readonly slots: number;
    readonly tables: number;
  } {
    let tables = 0;
    for (const file of this.#files.values()) tables += file.tables.size;
    return { files: this.#files.size, targets: this.#targets.size, slots: this.#slots.size, tables };
  }

  /** Takes the next update of the model. */
  take(update: Update): void {
    if (update.ktimeNs !== null && update.ktimeNs > this.#nowNs) this.#nowNs = update.ktimeNs;
    switch (update.type) {
      case "pidfd.create":
        return this.#create(update);
      case "pidfd.install":
      case "pidfd.dup":
      case "pidfd.inherit":
      case "pidfd.receive":
      case "pidfd.getfd":
        return this.#fill(update);
      case "pidfd.stack":
        return this.#come(update);
      case "pidfd.use":
        return this.#use(update);
      case "pidfd.send":
        this.#file(update.body.file).sent = true;
        return;
      case "pidfd.close":
        return this.#empty(update);
      case "pidfd.release":
        this.#files.delete(update.body.file);
        return;
      case "process.exit":
        return this.#end(update.body.target, update.ktimeNs, false);
      case "process.reap":
        return this.#end(update.body.target, update.ktimeNs, true);
      case "pid.free":
        this.#targets.delete(update.body.target.id);
        return;
    }
  }

  /** All slots that hold a pidfd, in the order in which they were filled. */
  *held(): Generator<Holding> {
    for (const slot of this.#slots.values()) yield this.#whole(slot);
  }

  /**
   * What a slot holds.
   *
   * @param table this run's name for the fd table
   * @param fd the number of the slot
   */
  at(table: string, fd: number): Holding | undefined {
    const slot = this.#slots.get(`${table} ${fd}`);
    return slot === undefined ? undefined : this.#whole(slot);
  }

  #whole(slot: Slot): Holding {
    const file = this.#file(slot.file);
    const { id, pid, endedNs, reaped } = slot.target;
    return {
      ...slot,
      origin: file.origin,
      uses: file.uses,
      usedBy: file.usedBy,
      siblingsClosed: file.tables.get(slot.table)?.closed ?? 0,
      received: file.tables.get(slot.table)?.received ?? false,
      sent: file.sent,
      target: { id, pid, endedNs, reaped },
    };
  }

  #come({ body }: Update<"pidfd.stack">): void {
    const { table, fd, frames } = body;
    this.#frames.set(`${table} ${fd}`, frames);
    if (this.#frames.size <= FRAMES_MAX) return;
    const [oldest] = this.#frames.keys();
    if (oldest !== undefined) this.#frames.delete(oldest);
  }

  #create({ body }: Update<"pidfd.create">): void {
    const { file, origin, target } = body;
    if (file === null || body.released_seq !== null) return;
    this.#files.set(file, newFile(origin));
    // Of what was there before the probes: a struct pid without a task is that of a process that was waited for.
    if (origin === "baseline" && target.start_ns === null) this.#end(target, null, true);
  }

  #fill(update: Filled): void {
    const { body, seq, type } = update;
    const { table, fd, file, target } = body;
    const key = `${table} ${fd}`;
    this.#forget(key);
    const { slots, tables } = this.#file(file);
    slots.add(key);
    const inTable = tables.get(table) ?? { held: 0, closed: 0, received: false };
    tables.set(table, inTable);
    inTable.held += 1;
    inTable.received ||= type === "pidfd.receive";
    const frames = this.#frames.get(key) ?? null;
    this.#frames.delete(key);
    const heir = update.type === "pidfd.inherit" ? update.body.heir : undefined;
    const actor = heir ?? body.process;
    const isFound = this.#files.get(file)?.origin === "baseline" && type === "pidfd.install";
    this.#slots.set(key, {
      table,
      fd,
      file,
      holder: actor === null ? null : { pid: actor.pid, start: actor.start_ns },
      // The child of a fork has its parent's name.
      comm: body.process?.comm ?? null,
      tid: actor?.tid ?? null,
      sinceNs: update.ktimeNs ?? this.#nowNs,
      seq,
      way: isFound ? "found" : WAYS[type],
      by: body.by,
      closeOnExec: body.close_on_exec,
      doubtful: body.doubtful,
      followed: update.followed,
      ownUses: 0,
      frames,
      container: body.process?.container ?? null,
      cgroup: body.process?.cgroup ?? null,
      target: this.#target(target),
    });
  }

  #use({ body }: Update<"pidfd.use">): void {
    const file = this.#file(body.file);
    file.uses.set(body.use, body.uses);
    if (body.by !== null) file.usedBy.add(body.by);
    for (const key of file.slots) {
      const slot = this.#slots.get(key);
      if (slot !== undefined && isHolder(slot.holder, body.process)) slot.ownUses += 1;
    }
  }

  #empty({ body }: Update<"pidfd.close">): void {
    const { table, fd, file } = body;
    if (this.#forget(`${table} ${fd}`) === undefined) return;
    const inTable = this.#files.get(file)?.tables.get(table);
    if (inTable !== undefined) inTable.closed += 1;
  }

  #forget(key: string): Slot | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#slots.delete(key);
    const file = this.#files.get(slot.file);
    file?.slots.delete(key);
    const inTable = file?.tables.get(slot.table);
    if (inTable !== undefined && --inTable.held === 0) file?.tables.delete(slot.table);
    return slot;
  }

  #end(of: NamedTarget, ktimeNs: bigint | null, reaped: boolean): void {
    const target = this.#target(of);
    target.endedNs ??= ktimeNs ?? this.#nowNs;
    target.reaped ||= reaped;
  }

  #target({ id, pid }: NamedTarget): Target {
    const known = this.#targets.get(id);
    if (known !== undefined) {
      known.pid ??= pid;
      return known;
    }
    const target: Target = { id, pid, endedNs: null, reaped: false };
    this.#targets.set(id, target);
    return target;
  }

  #file(name: string): File {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const file = newFile(null);
    this.#files.set(name, file);
    return file;
  }
}

type NamedTarget = Pick<Update<"process.exit">["body"]["target"], "id" | "pid">;

function newFile(origin: Origin): File {
  return {
    ...{ origin, uses: new Map(), usedBy: new Set(), slots: new Set() },
    ...{ tables: new Map(), sent: false },
  };
}

function isHolder(
  holder: HolderId | null,
  process: { readonly pid: number; readonly start_ns: string } | null,
): boolean {
  return holder !== null && process !== null && holder.pid === process.pid &&
    holder.start === process.start_ns;
}
