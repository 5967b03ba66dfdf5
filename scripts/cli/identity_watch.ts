/**
 * Tells a run which cgroup has which path, and who was met while the probes were tried.
 *
 * Both are put into the stream of records, so that a recording has them in their place. Only the folders of cgroups are
 * read, nothing of a process, so no count of a `struct pid` changes.
 *
 * @module
 */

import type { Known } from "../../kernel/mod.ts";

/** What is watched. */
export interface IdentityWatchOptions {
  /** Reads the paths of all cgroups by their ids. */
  readonly read: () => Promise<Known<ReadonlyMap<bigint, string>>>;
  /** Takes records for the stream. */
  readonly tell: (records: readonly string[]) => void;
  /** Paths by id as they were read first; unknown where there are none, and then nothing is read again. */
  readonly paths: Known<ReadonlyMap<bigint, string>>;
  /** Records of processes that were met before. */
  readonly met: readonly string[];
  /** Milliseconds from some moment on. @default {performance.now} */
  readonly nowMs?: () => number;
}

/** Least time in milliseconds between two readings. */
const INTERVAL_MS = 1000;
/** Ids that are known to be gone. */
const GONE_MAX = 4096;

/** Looks up the cgroups of one machine beside its probes. */
export class IdentityWatch implements Disposable {
  readonly #options: IdentityWatchOptions;
  readonly #told = new Map<bigint, string>();
  /** Ids that were asked for and that a reading after that did not find. */
  readonly #gone = new Set<bigint>();
  #isReading = false;
  #isOver = false;
  #readMs: number;

  /** Begins with what was read before; see {@linkcode IdentityWatchOptions}. */
  constructor(options: IdentityWatchOptions) {
    this.#options = options;
    this.#readMs = this.#nowMs();
    if (options.met.length > 0) options.tell(options.met);
    if (options.paths.kind === "known") this.#tell(options.paths.value);
  }

  /** Reads again when there are ids that were not met before, once a second at most. */
  want(ids: Iterable<bigint>): void {
    if (this.#isReading || this.#options.paths.kind === "unknown") return;
    if (this.#nowMs() - this.#readMs < INTERVAL_MS) return;
    const fresh = [...ids].filter((it) => !this.#gone.has(it) && !this.#told.has(it));
    if (fresh.length === 0) return;
    this.#isReading = true;
    // A machine that is lost is told of elsewhere.
    this.#read(fresh).catch(() => undefined).then(() => {
      this.#isReading = false;
      this.#readMs = this.#nowMs();
    });
  }

  /** Nothing is told from now on. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  async #read(wanted: readonly bigint[]): Promise<void> {
    const paths = await this.#options.read();
    if (paths.kind === "unknown") return;
    // What the tape has heard has been handed on by then: a replay gets all of it in the same order.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#isOver) return;
    this.#tell(paths.value);
    if (this.#gone.size > GONE_MAX) this.#gone.clear();
    for (const it of wanted) if (!paths.value.has(it)) this.#gone.add(it);
  }

  #tell(paths: ReadonlyMap<bigint, string>): void {
    const fresh = [...paths].filter(([id, path]) => this.#told.get(id) !== path);
    for (const [id, path] of fresh) this.#told.set(id, path);
    if (fresh.length === 0) return;
    this.#options.tell(fresh.map(([id, path]) => `cgroup ${id} ${new TextEncoder().encode(path).toHex()}`));
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? (() => performance.now()))();
  }
}
