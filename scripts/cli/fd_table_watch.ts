/**
 * How full the fd tables of holders are, looked at seldom while a run lasts.
 *
 * @module
 */

import type { FdTable, Known } from "../../kernel/mod.ts";

/** Milliseconds from the end of one look to the next. */
const EVERY_MS = 10_000;
/** The same while there is nobody to look at. */
const NOBODY_MS = 1000;

/** What is looked at. */
export interface FdTableWatchOptions {
  /** Reads the tables of some processes; what it throws is told by the next look, or by the run itself. */
  readonly read: (pids: ReadonlySet<number>) => Promise<Known<ReadonlyMap<number, FdTable>>>;
  /** The processes. */
  readonly pids: () => ReadonlySet<number>;
  /** Time from the end of one look to the next. @default {10_000} */
  readonly everyMs?: number;
}

/** Keeps the tables of the last look; there is never more than one look at a time. */
export class FdTableWatch implements Disposable {
  readonly #options: FdTableWatchOptions;
  #tables: ReadonlyMap<number, FdTable> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Begins with the first look. */
  constructor(options: FdTableWatchOptions) {
    this.#options = options;
    void this.#look();
  }

  /** The tables by process, as they were at the last look that saw any. */
  get tables(): ReadonlyMap<number, FdTable> {
    return this.#tables;
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { read, pids, everyMs = EVERY_MS } = this.#options;
    const asked = pids();
    try {
      const tables = asked.size === 0 ? undefined : await read(asked);
      if (tables?.kind === "known") this.#tables = tables.value;
    } catch { /* a target that is lost ends the run, which says so */ }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), asked.size === 0 ? NOBODY_MS : everyMs);
  }
}
