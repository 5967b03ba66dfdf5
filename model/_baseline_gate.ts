/**
 * Holds events back until it is known what was open before them, and puts that into its place in time.
 *
 * @module
 */

import type { FoundSlot, Placed } from "../events/mod.ts";

/** Events that are held at most; when more come, what was open before is taken as it comes. */
export const HELD_MAX = 200_000;

/** What the gate lets through, in its order. */
export type Passed =
  | { readonly kind: "event"; readonly placed: Placed }
  | { readonly kind: "found"; readonly found: FoundSlot };

/** The gate; it is open from the begin when nothing is to be waited for. */
export class BaselineGate {
  #held: Placed[] | undefined;
  #found: FoundSlot[] = [];

  /** @param waits whether a walk over the open files will be told of */
  constructor(waits: boolean) {
    this.#held = waits ? [] : undefined;
  }

  /** Takes a slot that the walk has found. */
  find(found: FoundSlot): void {
    this.#found.push(found);
  }

  /** The walk is over: lets everything through that was held. */
  open(): readonly Passed[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#found.sort((one, other) => Number(one.ktimeNs - other.ktimeNs));
    return held.flatMap((it) => this.#merge(it));
  }

  /** Lets an event through after what was found before it, or holds it. */
  pass(placed: Placed): readonly Passed[] {
    if (this.#held === undefined) return this.#merge(placed);
    this.#held.push(placed);
    return this.#held.length > HELD_MAX ? this.open() : [];
  }

  /** Nothing more will come. */
  finish(): readonly Passed[] {
    const passed = this.open();
    const rest = this.#found.splice(0).map((found): Passed => ({ kind: "found", found }));
    return [...passed, ...rest];
  }

  #merge(placed: Placed): readonly Passed[] {
    const event: Passed = { kind: "event", placed };
    if (this.#found.length === 0) return [event];
    const later = this.#found.findIndex((it) => it.ktimeNs > placed.event.ktimeNs);
    const before = this.#found.splice(0, later < 0 ? this.#found.length : later);
    return [...before.map((found): Passed => ({ kind: "found", found })), event];
  }
}
