/**
 * Tells a run what its probes cannot: which slots held a pidfd before them, and what /proc shows at the end.
 *
 * Both are put into the stream of records, so that a recording has them in their place.
 *
 * @module
 */

import { readMessage, uptimeNs } from "../../capture/mod.ts";
import type { CaptureMessage } from "../../capture/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { readPidfdSlots } from "../../kernel/mod.ts";
import type { KernelFacts, Known, PidfdListing } from "../../kernel/mod.ts";
import { takeBaseline } from "./baseline.ts";
import type { Baseline, BaselineOptions } from "./baseline.ts";

/** How slots are asked for beside the probes. */
export interface SlotSources {
  /** Walks over all open files. */
  readonly walk: (
    signal: AbortSignal,
  ) => Promise<Known<Pick<Baseline, "lines" | "filesSeen" | "beganNs" | "endedNs">>>;
  /** Reads /proc. */
  readonly list: (signal: AbortSignal) => Promise<Known<Pick<PidfdListing, "slots" | "missing">>>;
  /** CLOCK_BOOTTIME of the machine in ns. */
  readonly nowNs: () => Promise<bigint>;
}

/** What is watched. */
export interface SlotWatchOptions extends SlotSources {
  /** Takes lines as bpftrace prints them; gives them back without what is not to be seen. */
  readonly tap: (lines: readonly string[]) => readonly string[];
  /** Hears what could not be found out, for people. */
  readonly onNote: (text: string) => void;
}

/** Longest time in milliseconds that the reading of /proc may hold the end of a run up. */
const READING_MS = 8000;

/** Longest time in milliseconds that a run waits for the heartbeats after that reading. */
const HEARING_MS = 6000;

/** The clock is read in steps of 10 ms. */
const CLOCK_STEP_NS = 10_000_000n;

/**
 * Asks a machine itself.
 *
 * @param host the machine
 * @param options what is known of its kernel, and how bpftrace is started there
 * @returns how slots are asked for
 */
export function slotSources(
  host: Host,
  options: Pick<BaselineOptions, "bpftrace" | "sudo"> & { readonly facts: KernelFacts },
): SlotSources {
  return {
    walk: (signal) => takeBaseline(host, { ...options, signal }),
    list: (signal) => readPidfdSlots(host, { timeoutMs: READING_MS, signal }),
    nowNs: () => uptimeNs(host),
  };
}

/** Watches the slots of one machine beside its probes. */
export class SlotWatch implements Disposable {
  readonly #options: SlotWatchOptions;
  readonly #over = new AbortController();
  #records: string[] = [];
  #asked: Promise<boolean> | undefined;
  readonly #walked: Promise<unknown>;

  /** Begins with the walk over all open files; the probes must be attached. */
  constructor(options: SlotWatchOptions) {
    this.#options = options;
    // A machine that is lost is told of elsewhere.
    this.#walked = this.#walk().catch(() => this.#records.push(NO_WALK));
  }

  /**
   * Gives what was found since it was asked last; it goes over the tape now.
   *
   * So a recording has it behind the lines that the run has taken before it, as the run has.
   */
  take(): readonly CaptureMessage[] {
    if (this.#records.length === 0) return [];
    const lines = this.#records.map((it) => `{"type": "printf", "data": ${JSON.stringify(`${it}\n`)}}`);
    this.#records = [];
    return this.#options.tap(lines).map(readMessage);
  }

  /**
   * Reads /proc, and waits until its records were compared; resolves in any case, and soon.
   *
   * @param isCompared whether they were
   */
  async compare(isCompared: () => boolean): Promise<void> {
    // What is not told of yet would seem to be in /proc alone.
    this.#asked ??= within(this.#walked, READING_MS).then(() => this.#read()).catch(() => false);
    if (!await this.#asked) return;
    for (let waited = 0; waited < HEARING_MS && !isCompared(); waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Ends what is still being asked. */
  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #walk(): Promise<void> {
    const { walk, onNote } = this.#options;
    const baseline = await walk(this.#over.signal);
    if (baseline.kind === "unknown") {
      onNote(`pidfds that were open before are not known: ${baseline.reason}`);
      this.#records.push(NO_WALK);
      return;
    }
    const { lines, filesSeen, beganNs, endedNs } = baseline.value;
    this.#records.push(...lines, `walked ${filesSeen} ${beganNs} ${endedNs}`);
  }

  /** Whether there is something to compare. */
  async #read(): Promise<boolean> {
    const { list, nowNs, onNote } = this.#options;
    this.#records.push(`look ${await nowNs() - CLOCK_STEP_NS}`);
    const listing = await list(this.#over.signal);
    if (listing.kind === "unknown") {
      onNote(`open pidfds were not compared with /proc: ${listing.reason}`);
      return false;
    }
    const { slots, missing } = listing.value;
    for (const it of missing) onNote(`the comparison with /proc is not whole: ${it}`);
    const endedNs = await nowNs() + CLOCK_STEP_NS;
    this.#records.push(
      ...slots.map((it) => `listed ${it.pid} ${it.fd} ${it.target}`),
      `compared ${endedNs} ${missing.length === 0 ? 1 : 0}`,
    );
    return true;
  }
}

/** Resolves with the promise, or when the time is over. */
async function within(promise: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([promise, timeUp]).finally(() => clearTimeout(timer));
}

/** The walk was not possible: nothing waits for it any longer. */
const NO_WALK = "walked 0 0 0";
