/**
 * Where the events of all targets of a run go: one standard output, one header, one number of events.
 *
 * @module
 */

import type { Report } from "../../reports/mod.ts";
import type { Terminal } from "./terminal.ts";

/** What the targets of a run share. */
export class EventOutput {
  /** How events look. */
  readonly report: Report;
  readonly #terminal: Terminal;
  #begun = false;
  #isClosed = false;
  #written = 0;

  /** @param terminal where the text goes */
  constructor(terminal: Terminal, options: { readonly report: Report }) {
    this.#terminal = terminal;
    this.report = options.report;
  }

  /** Events that were written, of all targets, without `start`, `summary`, `end` and `lost`. */
  get written(): number {
    return this.#written;
  }

  /** Takes the place of one event. */
  count(): void {
    this.#written += 1;
  }

  /**
   * Writes text; the header goes before the first.
   *
   * @param text text of whole events; empty text only asks whether anybody reads
   * @returns `false` when nobody reads standard output any more
   */
  async write(text: string): Promise<boolean> {
    const header = this.#begun ? "" : this.report.header();
    this.#begun = true;
    if (header + text !== "" && !this.#isClosed && !await this.#terminal.write(header + text)) {
      this.#isClosed = true;
    }
    return !this.#isClosed;
  }
}
