/**
 * From updates to text on standard output, through the user's filter.
 *
 * @module
 */

import { Tally } from "../../model/mod.ts";
import type { StreamTrust, Update } from "../../model/mod.ts";
import { publish, summaryText } from "../../reports/mod.ts";
import type { Origin } from "../../reports/mod.ts";
import type { EventBody, EventType } from "../../schema/mod.ts";
import type { EventOutput } from "./event_output.ts";

/** What is written of the updates. */
export interface PublisherOptions {
  /** Where they come from. */
  readonly origin: Origin;
  /** Only calls that failed. */
  readonly failedOnly: boolean;
}

const ALWAYS: readonly EventType[] = ["finding", "lost", "start", "summary", "end"];

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
      if (this.#options.failedOnly && !ALWAYS.includes(update.type) && !update.type.endsWith(".failed")) {
        continue;
      }
      text += this.#text(update);
      if (update.type !== "lost") this.#output.count();
    }
    return await this.#output.write(text);
  }

  /**
   * Writes the totals and the last event.
   *
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
