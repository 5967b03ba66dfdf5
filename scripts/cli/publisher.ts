/**
 * From updates to text on standard output, through the user's filter.
 *
 * @module
 */

import type { Host } from "../../hosts/mod.ts";
import { Tally } from "../../model/mod.ts";
import type { StreamTrust, Update } from "../../model/mod.ts";
import { publish, summaryText } from "../../reports/mod.ts";
import type { Origin } from "../../reports/mod.ts";
import type { EventBody, EventType } from "../../schema/mod.ts";
import type { EventOutput } from "./event_output.ts";
import type { Outcome } from "./filters.ts";

/** What is known of a run before its first event. */
export interface RunParts {
  /** Where the events come from. */
  readonly origin: Origin;
  /** Whether every slot that holds a pidfd is told of. */
  readonly slotsSeen: boolean;
  /** The program for bpftrace. */
  readonly program: string;
  /** The machine; `undefined` for a recording. */
  readonly host?: Host;
  /** Process id of bpftrace there. */
  readonly bpftracePid?: number;
}

/** What is written of the updates. */
export interface PublisherOptions {
  /** Where they come from. */
  readonly origin: Origin;
  /** Which calls are written. */
  readonly outcome: Outcome;
}

const ALWAYS: readonly EventType[] = ["finding", "lost", "start", "summary", "end"];

function isWanted(type: EventType, outcome: Outcome): boolean {
  if (outcome === "all" || ALWAYS.includes(type)) return true;
  return type.endsWith(".failed") === (outcome === "failed");
}

/** Writes the updates of one target and counts them. */
export class EventWriter {
  readonly tally = new Tally();
  readonly #output: EventOutput;
  readonly #options: PublisherOptions;
  #seq = 0;

  /** @param output where the text goes, which other targets may share */
  constructor(output: EventOutput, options: PublisherOptions) {
    this.#output = output;
    this.#options = options;
  }

  /** Events that were written for all targets together. */
  get written(): number {
    return this.#output.written;
  }

  /** Writes the first event. */
  async start(body: EventBody<"start">): Promise<boolean> {
    return await this.#output.write(
      this.#text({ type: "start", seq: 0, ktimeNs: null, followed: true, body }),
    );
  }

  /**
   * Writes updates that are in scope, at most as many as there is room for.
   *
   * @returns `false` when nobody reads standard output any more
   */
  async take(updates: readonly Update[], room: number): Promise<boolean> {
    let text = "";
    for (const update of updates) {
      this.#seq = update.seq;
      if (!update.followed || this.written >= room) continue;
      this.tally.take(update);
      if (!isWanted(update.type, this.#options.outcome)) continue;
      text += this.#text(update);
      if (update.type !== "lost") this.#output.count();
    }
    return await this.#output.write(text);
  }

  /**
   * Hears up to when it is known what happened, CLOCK_BOOTTIME in ns: at the begin, behind each batch of a live run, and
   * before the end. Some of it may wait for its turn all the same, for some seconds: for the name of a cgroup, say.
   */
  pass(_nowNs: bigint): void {}

  /** Called once before the probes are detached, which waits for it; it never throws. */
  detaching(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Writes the totals and the last event.
   *
   * @param trust what is known of the stream
   * @param body how the run ended
   * @returns the totals as text for people
   */
  async end(trust: StreamTrust, body: EventBody<"end">): Promise<string> {
    const summary = this.tally.summary(trust);
    const first = {
      type: "summary",
      seq: this.#seq + 1,
      ktimeNs: null,
      followed: true,
      body: summary,
    } as const;
    const last = { type: "end", seq: this.#seq + 2, ktimeNs: null, followed: true, body } as const;
    await this.#output.write(this.#text(first) + this.#text(last));
    return summaryText(summary);
  }

  #text(update: Update): string {
    return this.#output.report.event(publish(update, this.#options.origin));
  }
}
