/**
 * What the model says: events to publish, numbered.
 *
 * @module
 */

import type { EventBody, EventType } from "../schema/mod.ts";
import type { ModelState } from "./state.ts";

/** An event of type `T` in its place, before any filter. */
export type Update<T extends EventType = EventType> = {
  [K in T]: {
    /** Its type. */
    readonly type: K;
    /** Its place, from 1. */
    readonly seq: number;
    /** When it happened, CLOCK_BOOTTIME in ns; `null` where that says nothing. */
    readonly ktimeNs: bigint | null;
    /** Whether it is about something in scope. */
    readonly followed: boolean;
    /** Its own fields. */
    readonly body: EventBody<K>;
  };
}[T];

/** Collects the updates of one step and numbers them. */
export class Publisher {
  /** The updates so far. */
  readonly updates: Update[] = [];
  readonly #state: ModelState;

  /** @param state where the numbering goes on */
  constructor(state: ModelState) {
    this.#state = state;
  }

  /** Adds an update and returns its `seq`. */
  publish<T extends EventType>(
    type: T,
    body: EventBody<T>,
    options: { readonly ktimeNs: bigint | null; readonly followed: boolean },
  ): number {
    const seq = ++this.#state.seq;
    this.updates.push({ type, seq, body, ...options } as Update);
    return seq;
  }
}
