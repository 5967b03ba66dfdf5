/**
 * From updates to text on standard output, through the user's filter.
 *
 * @module
 */

import { Tally } from "../../model/mod.ts";
import type { StreamTrust, Update } from "../../model/mod.ts";
import { publish, summaryText } from "../../reports/mod.ts";
import type { Origin, Report } from "../../reports/mod.ts";
import type { EventBody, EventType } from "../../schema/mod.ts";
import type { Terminal } from "./terminal.ts";

/** What is written of the updates. */
export interface PublisherOptions {
  /** How events look. */
  readonly report: Report;
  /** Where they come from. */
  readonly origin: Origin;
  /** Only calls that failed. */
  readonly failedOnly: boolean;
}

const ALWAYS: readonly EventType[] = ["finding", "lost", "start", "summary", "end"];

/** Writes updates and counts them. */
export class EventWriter {
  readonly tally = new Tally();
  readonly #terminal: Terminal;
  readonly #options: PublisherOptions;
  #seq = 0;
  #written = 0;

  /** @param terminal where the text goes */
  constructor(terminal: Terminal, options: PublisherOptions) {
    this.#terminal = terminal;
    this.#options = options;
  }

  /** Events that were written, without `start`, `summary` and `end`. */
  get written(): number {
    return this.#written;
  }

  /** Writes the first event. */
  async start(body: EventBody<"start">): Promise<boolean> {
    const header = this.#options.report.header();
    return await this.#terminal.write(
      header + this.#text({ type: "start", seq: 0, ktimeNs: null, followed: true, body }),
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
      if (!update.followed || this.#written >= room) continue;
      this.tally.take(update);
      if (this.#options.failedOnly && !ALWAYS.includes(update.type) && !update.type.endsWith(".failed")) {
        continue;
      }
      text += this.#text(update);
      if (update.type !== "lost") this.#written += 1;
    }
    return text === "" || await this.#terminal.write(text);
  }

  /** Writes the totals and the last event. */
  async end(trust: StreamTrust, body: EventBody<"end">, quiet: boolean): Promise<void> {
    const summary = this.tally.summary(trust);
    const first = {
      type: "summary",
      seq: this.#seq + 1,
      ktimeNs: null,
      followed: true,
      body: summary,
    } as const;
    const last = { type: "end", seq: this.#seq + 2, ktimeNs: null, followed: true, body } as const;
    await this.#terminal.write(this.#text(first) + this.#text(last));
    if (!quiet) this.#terminal.note(summaryText(summary).trimEnd());
  }

  #text(update: Update): string {
    return this.#options.report.event(publish(update, this.#options.origin));
  }
}
