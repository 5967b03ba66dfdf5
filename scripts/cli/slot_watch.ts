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
import type { KernelFacts } from "../../kernel/mod.ts";
import { takeBaseline } from "./baseline.ts";
import type { BaselineOptions } from "./baseline.ts";

/** What is watched. */
export interface SlotWatchOptions extends Pick<BaselineOptions, "bpftrace" | "sudo" | "signal"> {
  /** The machine. */
  readonly host: Host;
  /** What is known of its kernel. */
  readonly facts: KernelFacts;
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

/** Watches the slots of one machine beside its probes. */
export class SlotWatch {
  readonly #options: SlotWatchOptions;
  readonly #messages: CaptureMessage[] = [];
  #asked: Promise<void> | undefined;

  /** Begins with the walk over all open files; the probes must be attached. */
  constructor(options: SlotWatchOptions) {
    this.#options = options;
    // A machine that is lost is told of elsewhere.
    this.#walk().catch(() => this.#say(["walked 0 0 0"]));
  }

  /** Gives the records since it was asked last. */
  take(): readonly CaptureMessage[] {
    return this.#messages.splice(0);
  }

  /**
   * Reads /proc, and waits until its records were compared; resolves in any case, and soon.
   *
   * @param isCompared whether they were
   */
  async compare(isCompared: () => boolean): Promise<void> {
    this.#asked ??= this.#read().catch(() => undefined);
    await this.#asked;
    for (let waited = 0; waited < HEARING_MS && !isCompared(); waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #walk(): Promise<void> {
    const { host, facts, bpftrace, sudo, signal, onNote } = this.#options;
    const baseline = await takeBaseline(host, {
      facts,
      signal,
      ...(bpftrace === undefined ? {} : { bpftrace }),
      ...(sudo === undefined ? {} : { sudo }),
    });
    if (baseline.kind === "unknown") {
      onNote(`pidfds that were open before are not known: ${baseline.reason}`);
      return this.#say(["walked 0 0 0"]);
    }
    const { lines, filesSeen, beganNs, endedNs } = baseline.value;
    this.#say([...lines, `walked ${filesSeen} ${beganNs} ${endedNs}`]);
  }

  async #read(): Promise<void> {
    const { host, onNote } = this.#options;
    const beganNs = await uptimeNs(host);
    this.#say([`look ${beganNs - CLOCK_STEP_NS}`]);
    const listing = await readPidfdSlots(host, { timeoutMs: READING_MS });
    if (listing.kind === "unknown") {
      return onNote(`open pidfds were not compared with /proc: ${listing.reason}`);
    }
    const { slots, missing } = listing.value;
    for (const it of missing) onNote(`the comparison with /proc is not whole: ${it}`);
    const endedNs = await uptimeNs(host) + CLOCK_STEP_NS;
    this.#say([
      ...slots.map((it) => `listed ${it.pid} ${it.fd} ${it.target}`),
      `compared ${endedNs} ${missing.length === 0 ? 1 : 0}`,
    ]);
  }

  #say(records: readonly string[]): void {
    const lines = records.map((it) => `{"type": "printf", "data": ${JSON.stringify(`${it}\n`)}}`);
    this.#messages.push(...this.#options.tap(lines).map(readMessage));
  }
}
