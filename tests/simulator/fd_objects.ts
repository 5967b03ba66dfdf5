/**
 * The objects of a kernel that has fd tables: what a slot, a file, a process is, and addresses that are used again.
 *
 * @module
 */

/** Addresses of one kind, the latest free one first: what was given back is taken again at once. */
export class Addresses {
  readonly #free: string[] = [];
  readonly #prefix: string;
  #next = 1;

  /** @param prefix how each of them begins */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** How many are given away at the most, ever. */
  get made(): number {
    return this.#next - 1;
  }

  /** An address that nobody has. */
  take(): string {
    return this.#free.pop() ?? `${this.#prefix}${(this.#next++).toString(16).padStart(3, "0")}00`;
  }

  /** It is free again. */
  give(address: string): void {
    this.#free.push(address);
  }
}

/** A process, from its fork until its `struct pid` is freed. */
export interface SimProcess {
  /** Its number. */
  readonly pid: number;
  /** Its start, CLOCK_BOOTTIME in ns. */
  readonly startNs: bigint;
  /** Address of its `struct pid`. */
  readonly pidAddress: string;
  /** Its threads that live. */
  tasks: SimTask[];
  /** The table that its first thread has or had. */
  firstTable: SimTable;
  /** What is left of it. */
  state: "alive" | "zombie" | "reaped";
  /** Whether the hash holds its reference. */
  hashed: boolean;
  /** Its pidfds that are open. */
  files: number;
  /** Whether a pidfd of it was ever made. */
  tracked: boolean;
}

/** A thread. */
export interface SimTask {
  /** Its process. */
  readonly process: SimProcess;
  /** Its number. */
  tid: number;
  /** The CPU that it is on. */
  cpu: number;
  /** Its fd table. */
  table: SimTable;
  /** Whether it is in a call that has not returned. */
  busy: boolean;
  /** Whether a record has told that it has the table. */
  seen: boolean;
}

/** An fd table. */
export interface SimTable {
  /** Address of the `struct files_struct`. */
  readonly address: string;
  /** What each number holds. */
  readonly slots: Map<number, SimSlot>;
  /** Tasks that have it. */
  users: number;
  /** Whether the program in the kernel has met it. */
  known: boolean;
}

/** What a number holds. */
export interface SimSlot {
  /** A pidfd's file; `null` for any other file. */
  readonly file: SimFile | null;
  /** Whether exec closes it. */
  readonly closeOnExec: boolean;
}

/** A pidfd's file. */
export interface SimFile {
  /** Address of the `struct file`. */
  readonly address: string;
  /** Its target. */
  readonly target: SimProcess;
  /** References: slots, messages, and calls that are under way. */
  references: number;
  /** Whether a record of its birth was printed. */
  told: boolean;
  /** Whether a call that made it still has to report it: its address is not used again before. */
  reported: boolean;
}
