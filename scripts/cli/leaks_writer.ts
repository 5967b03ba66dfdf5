/**
 * Takes the events of a run into the book of leaks, instead of writing them.
 *
 * @module
 */

import type { LeakBook, StreamTrust, Update } from "../../model/mod.ts";
import { summaryText } from "../../reports/mod.ts";
import type { Origin } from "../../reports/mod.ts";
import type { EventBody } from "../../schema/mod.ts";
import type { EventOutput } from "./event_output.ts";
import type { HolderPlaces } from "./holder_filter.ts";
import { EventWriter } from "./publisher.ts";

/** What is done with the updates of one target. */
export interface LeaksWriterOptions {
  /** Where they come from. */
  readonly origin: Origin;
  /** The book. */
  readonly book: LeakBook;
  /** Hears every update too. @default {nobody does} */
  readonly places?: HolderPlaces;
  /** Called at the end, while the machine is still there; it never throws. @default {nothing is done} */
  readonly atEnd?: () => Promise<void>;
  /** Called before the probes are detached; it never throws. @default {nothing is done} */
  readonly atDetach?: (() => Promise<void>) | undefined;
}

/**
 * How far behind the stream it is judged while it runs, ns: what waits for the name of a cgroup comes up to 3 s late, and
 * a close that is on its way must not be taken for none.
 */
const BEHIND_NS = 5_000_000_000n;

/** Keeps the book; nothing is written but what follows from it. */
export class LeaksWriter extends EventWriter {
  readonly #output: EventOutput;
  readonly #book: LeakBook;
  readonly #places: HolderPlaces | undefined;
  readonly #atEnd: LeaksWriterOptions["atEnd"];
  readonly #atDetach: LeaksWriterOptions["atDetach"];
  #isHeard = false;
  #lastNs = 0n;
  #passedNs = 0n;
  #beganNs: bigint | undefined;
  #losses = 0;
  #end: EventBody<"end"> | undefined;
  #isBeforeKnown = false;

  /** @param output counts the events; no text goes there */
  constructor(output: EventOutput, { origin, book, places, atEnd, atDetach }: LeaksWriterOptions) {
    super(output, { origin, outcome: "all" });
    this.#atEnd = atEnd;
    this.#atDetach = atDetach;
    this.#places = places;
    this.#output = output;
    this.#book = book;
  }

  /** For how long was watched, ns of the events' clock; it begins when the probes were attached. */
  get watchedNs(): bigint {
    const latestNs = this.#passedNs > this.#lastNs ? this.#passedNs : this.#lastNs;
    return this.#beganNs === undefined ? 0n : latestNs - this.#beganNs;
  }

  /** Whether what was told can be judged: what is open already, and the first events, may wait for their turn. */
  get isSettled(): boolean {
    return this.#isHeard || this.watchedNs >= BEHIND_NS;
  }

  /** Up to when everything was told while the run lasts, CLOCK_BOOTTIME in ns; some seconds ago. */
  get settledNs(): bigint {
    return this.#passedNs > BEHIND_NS ? this.#passedNs - BEHIND_NS : 0n;
  }

  /** How often it was told that something was lost. */
  get losses(): number {
    return this.#losses;
  }

  /** How the run ended; `undefined` before its end. */
  get finish(): EventBody<"end"> | undefined {
    return this.#end;
  }

  /** Whether it was told which pidfds were there before the probes; `false` before the end. */
  get isBeforeKnown(): boolean {
    return this.#isBeforeKnown;
  }

  override start(_body: EventBody<"start">): Promise<boolean> {
    return Promise.resolve(true);
  }

  override take(updates: readonly Update[], room: number): Promise<boolean> {
    for (const update of updates) {
      const { ktimeNs } = update;
      if (update.type === "lost") this.#losses += 1;
      if (ktimeNs !== null && update.type !== "lost") {
        this.#isHeard = true;
        if (ktimeNs > this.#lastNs) this.#lastNs = ktimeNs;
      }
      // What is no longer counted is still in the book: who holds what would not be right without it.
      this.#book.take(update);
      this.#places?.take(update);
      if (!update.followed || this.written >= room) continue;
      this.tally.take(update);
      if (update.type !== "lost") this.#output.count();
    }
    return Promise.resolve(true);
  }

  override pass(nowNs: bigint): void {
    if (nowNs <= this.#passedNs) return;
    this.#beganNs ??= nowNs;
    this.#passedNs = nowNs;
    if (this.settledNs > 0n) this.#book.pass(this.settledNs);
  }

  override async detaching(): Promise<void> {
    await this.#atDetach?.();
  }

  override async end(trust: StreamTrust, body: EventBody<"end">): Promise<string> {
    this.#end = body;
    this.#isBeforeKnown = trust.baseline !== null;
    this.#book.pass(this.#passedNs);
    await this.#atEnd?.();
    return summaryText(this.tally.summary(trust));
  }
}
