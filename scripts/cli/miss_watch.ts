/**
 * Looks now and then how often programs of a run were not run by the kernel, although their probes were passed.
 *
 * @module
 */

import { readRecursion } from "../../capture/mod.ts";
import type { ProgramMisses, RecursionReading } from "../../capture/mod.ts";
import { printableText } from "../../events/mod.ts";
import type { Loss } from "../../events/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import type { RecursionMisses } from "../../model/mod.ts";
import { programPlaces } from "../../tracers/mod.ts";
import type { Plan, ProgramPlace, ProgramPlaces } from "../../tracers/mod.ts";

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
  /** Which probes the programs belong to. */
  readonly placesOf: ProgramPlaces;
}

/** What runs. */
export interface WatchedProgram {
  /** What is known of its kernel. */
  readonly facts: Pick<KernelFacts, "btf" | "preemption">;
  /** The plan in force. */
  readonly plan: Pick<Plan, "program" | "kprobesMatter">;
  /** Process id of bpftrace there. */
  readonly bpftracePid: number;
}

/** Watches the programs of one bpftrace. */
export class MissWatch implements Disposable {
  readonly #host: Host;
  readonly #bpftracePid: number;
  readonly #isCalm: boolean;
  readonly #kprobesMatter: boolean;
  readonly #placesOf: ProgramPlaces;
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
    this.#placesOf = options.placesOf;
    this.#settledNs = options.isCalm ? undefined : 0n;
    this.#looking = this.#look();
    this.#later();
  }

  /**
   * Begins to watch a program.
   *
   * @param host the machine
   * @param program what runs there
   * @returns the watch
   */
  static over(host: Host, { facts: { btf, preemption }, plan, bpftracePid }: WatchedProgram): MissWatch {
    return new MissWatch(host, {
      bpftracePid,
      isCalm: preemption.kind === "known" && ["none", "voluntary"].includes(preemption.value),
      kprobesMatter: plan.kprobesMatter,
      placesOf: programPlaces(plan, btf.kind === "known" ? btf.value : undefined),
    });
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

  /** How often programs were passed over that a verdict can rest on, by the names of their probes. */
  #passedOver(before: Counted, now: Counted): ReadonlyMap<string, number> {
    const known = new Map(before.programs.map((it) => [it.id, it.misses]));
    const places = this.#placesOf(now.programs);
    const lost = new Map<string, number>();
    for (const program of now.programs) {
      const misses = program.misses - (known.get(program.id) ?? 0);
      const { name, isSpare } = places.get(program.id) ?? this.#unnamed(program);
      if (misses > 0 && !isSpare) lost.set(name, (lost.get(name) ?? 0) + misses);
    }
    return lost;
  }

  #unnamed({ isKprobe }: ProgramMisses): ProgramPlace {
    return { name: isKprobe ? "a kprobe" : "a probe", isSpare: isKprobe && !this.#kprobesMatter };
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
    if (before === undefined) return;
    const passedOver = this.#passedOver(before, reading);
    const events = [...passedOver.values()].reduce((sum, it) => sum + it, 0);
    if (events === 0) return;
    const where = [...passedOver].map(([name, times]) => `${name} ${times}`).join(", ");
    this.#losses.push({
      reason: "missed-probe",
      events,
      cpu: null,
      fromNs: before.fromNs,
      toNs: reading.toNs,
      detail:
        `the kernel did not run a program ${events} times (${where}), because it was running on that CPU already`,
    });
  }
}
