/**
 * Looks now and then how often programs of a run were not run by the kernel, although their probes were passed.
 *
 * @module
 */

import { readRecursion } from "../../capture/mod.ts";
import type { RecursionReading } from "../../capture/mod.ts";
import { printableText } from "../../events/mod.ts";
import type { Loss } from "../../events/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import type { RecursionMisses } from "../../model/mod.ts";

/**
 * Milliseconds between two looks. Where a task can be preempted in the middle of a program, the next one on that CPU
 * passes the same probe in vain; misses are usual there under load (lab:7.2, three loops, some 10 000 pidfds: 1100 to
 * 1350 in each of six runs), and are to be known before the events of that time are judged.
 */
const INTERVAL_MS = { calm: 5000, preemptible: 1000 } as const;

const UNCOUNTED =
  "No links of bpftrace show here how often kprobes were passed over while another one was handled";

const UNREAD = "How often programs did not run could not be read at the end of the run";

/** Longest time in milliseconds that the last look may hold the end of a run up. */
const LAST_LOOK_MS = 2000;

type Counted = Extract<RecursionReading, { misses: number }>;

/** What {@linkcode MissWatch} needs to know. */
export interface MissWatchOptions {
  /** Process id of bpftrace there. */
  readonly bpftracePid: number;
  /** Whether its kernel is known not to be preempted in the middle of a program. */
  readonly isCalm: boolean;
  /**
   * Whether a verdict can rest on a program at a kprobe. Such a one is passed over whenever it interrupts any other
   * program of this kind or of a tracepoint: `bpf_prog_active` is one for all of them, kernel/trace/bpf_trace.c.
   */
  readonly kprobesMatter: boolean;
}

/** Watches the programs of one bpftrace. */
export class MissWatch implements Disposable {
  readonly #host: Host;
  readonly #bpftracePid: number;
  readonly #isCalm: boolean;
  readonly #kprobesMatter: boolean;
  #settledNs: bigint | undefined;
  readonly #losses: Loss[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #latest: RecursionReading | undefined;
  #first: Counted | undefined;
  /** The latest look that found anything. */
  #counted: Counted | undefined;
  #looking: Promise<void>;
  #isLast = false;
  #isOver = false;

  /**
   * Begins to look: what was missed before is not part of the run.
   *
   * @param host the machine
   * @param options see {@linkcode MissWatchOptions}
   */
  constructor(host: Host, options: MissWatchOptions) {
    this.#host = host;
    this.#bpftracePid = options.bpftracePid;
    this.#isCalm = options.isCalm;
    this.#kprobesMatter = options.kprobesMatter;
    this.#settledNs = options.isCalm ? undefined : 0n;
    this.#looking = this.#look();
    this.#later();
  }

  /**
   * Waits for the first look: of what was before nobody knows what was missed.
   *
   * @returns CLOCK_BOOTTIME in ns from which on it is known; 0 where it is never known
   */
  async begun(): Promise<bigint> {
    await this.#looking;
    return this.#first?.toNs ?? 0n;
  }

  /**
   * Up to when it is known what was missed, CLOCK_BOOTTIME in ns: nothing later is to be judged yet. `undefined` where
   * nothing has to wait for a look: nobody can look, or misses are so rare that they are told afterwards.
   */
  get settledNs(): bigint | undefined {
    return this.#settledNs;
  }

  /** Gives the losses that were noticed since it was asked last. */
  take(): readonly Loss[] {
    return this.#losses.splice(0);
  }

  /** Looks a last time, while the programs are still there; resolves in any case, and soon. */
  async last(): Promise<void> {
    this[Symbol.dispose]();
    const look = this.#looking.then(() => this.#look()).then(() => {
      this.#isLast = true;
    });
    const { promise: timeUp, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, LAST_LOOK_MS);
    await Promise.race([look, timeUp]);
    clearTimeout(limit);
    this.#isOver = true;
  }

  /** What is known when the run is over. */
  get result(): RecursionMisses {
    const [first, counted, latest] = [this.#first, this.#counted, this.#latest];
    if (first === undefined || counted === undefined) {
      return latest?.misses === null ? latest : { misses: null, reason: UNREAD };
    }
    const misses = counted.misses - first.misses;
    if (this.#kprobesMatter && !counted.areKprobesCounted) {
      return {
        misses: null,
        reason: misses === 0 ? UNCOUNTED : `${UNCOUNTED}; it is known of ${misses} times`,
      };
    }
    if (this.#isLast && latest === counted) return { misses };
    const why = latest?.misses === null ? `: ${latest.reason}` : "";
    return { misses: null, reason: `${UNREAD}; it was ${misses} at the last look${why}` };
  }

  /** Ends the looking. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #matteringIn({ misses, ofKprobes }: Counted): number {
    return this.#kprobesMatter ? misses : misses - ofKprobes;
  }

  #later(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
      this.#looking.finally(() => {
        if (this.#timer !== undefined) this.#later();
      });
    }, this.#isCalm ? INTERVAL_MS.calm : INTERVAL_MS.preemptible);
  }

  async #look(): Promise<void> {
    const reading = await readRecursion(this.#host, this.#bpftracePid);
    if (this.#isOver) return;
    const before = this.#counted;
    if (reading.misses === null) {
      this.#latest = { misses: null, reason: printableText(reading.reason) };
      // What was found once is found again: until then nothing is known, and nothing is to be judged.
      if (this.#first === undefined) this.#settledNs = undefined;
      return;
    }
    this.#latest = this.#counted = reading;
    if (!this.#isCalm) this.#settledNs = reading.fromNs;
    this.#first ??= reading;
    const events = before === undefined ? 0 : this.#matteringIn(reading) - this.#matteringIn(before);
    if (before === undefined || events <= 0) return;
    this.#losses.push({
      reason: "missed-probe",
      events,
      cpu: null,
      fromNs: before.fromNs,
      toNs: reading.toNs,
      detail: `the kernel did not run a program ${events} times, because it was running on that CPU already`,
    });
  }
}
