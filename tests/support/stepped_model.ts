/**
 * The model, told one record after the other, with all that it says kept.
 *
 * @module
 */

import { decode, isTimed } from "../../events/mod.ts";
import type { TimedEvent } from "../../events/mod.ts";
import { initialState, step } from "../../model/mod.ts";
import type { ModelInput, ModelOptions, ModelState, Update } from "../../model/mod.ts";

/** The model, and what it said. */
export class SteppedModel {
  /** All that it remembers. */
  state: ModelState;
  /** What it said so far. */
  readonly updates: Update[] = [];
  readonly #read: Map<string, TimedEvent | undefined>;

  /**
   * @param options what the model knows before the first record
   * @param read what lines were read as, for those who are told the same lines again and again
   */
  constructor(options: ModelOptions, read: Map<string, TimedEvent | undefined> = new Map()) {
    this.state = initialState(options);
    this.#read = read;
  }

  /** It is told one thing. */
  take(input: ModelInput): void {
    const result = step(this.state, input);
    this.state = result.state;
    this.updates.push(...result.updates);
  }

  /** It is told what was printed, in the order of time; nothing can have come before. */
  lines(lines: readonly string[]): void {
    for (const line of lines) {
      const event = this.#event(line);
      if (event !== undefined) this.take({ kind: "event", placed: { event, late: false, certain: true } });
    }
  }

  #event(line: string): TimedEvent | undefined {
    if (this.#read.has(line)) return this.#read.get(line);
    const event = decode(line, 1);
    const timed = isTimed(event) ? event : undefined;
    this.#read.set(line, timed);
    return timed;
  }
}
