/**
 * Finds gaps in the numbers that the kernel side gave its records.
 *
 * @module
 */

import { WIRE_TABLE } from "../schema/mod.ts";
import type { Numbering, WireEvent } from "../schema/mod.ts";
import type { Loss } from "./loss.ts";

/** A counter of the kernel side. */
export type Counter = Exclude<Numbering, "none">;

/** Where a counter of a CPU stands. */
export interface CounterPoint {
  /** Which counter. */
  readonly counter: Counter;
  /** Whose. */
  readonly cpu: number;
  /** Highest number seen. */
  readonly seen: number;
  /** Time of the record that had it, CLOCK_BOOTTIME in ns; `null` before the first one. */
  readonly seenNs: bigint | null;
  /** How many the last heartbeat told of. */
  readonly promised: number;
}

interface CounterState {
  /** Highest number seen. */
  seen: number;
  /** Time of the record that had it, or of the heartbeat that told of it; `null` before the first one. */
  seenNs: bigint | null;
  /** What the last tick said; the records up to there must have come before the next tick of this CPU. */
  promised: number;
}

/**
 * Follows the two counters of every CPU.
 *
 * A record whose number is not the next one shows a gap. A heartbeat shows a gap at the end, but only the next one
 * proves it: the heartbeat may have interrupted a probe between counting and printing. A number that was there
 * already is not a loss: a probe was interrupted between reading and writing the counter.
 */
export class NumberingCheck {
  readonly #states: Map<string, CounterState> = new Map();
  #lost = 0;

  /**
   * Begins to count.
   *
   * @param points where counters stand whose records up to there are not part of this stream
   */
  constructor(points: readonly CounterPoint[] = []) {
    for (const { counter, cpu, seen, seenNs, promised } of points) {
      this.#states.set(`${counter} ${cpu}`, { seen, seenNs, promised });
    }
  }

  /** Where every counter stands now, for a check of what follows. */
  get points(): readonly CounterPoint[] {
    return [...this.#states].map(([key, state]) => {
      const [counter, cpu] = key.split(" ");
      return { counter: counter as Counter, cpu: Number(cpu), ...state };
    });
  }

  /** Records known to be lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes the next event of the stream in its order of arrival and returns the gap that it shows, if any. */
  take(event: WireEvent): readonly Loss[] {
    if (event.kind === "tick") {
      return [
        ...this.#tick("task", event.task, event),
        ...this.#tick("softirq", event.softirq, event),
      ];
    }
    const numbering = WIRE_TABLE[event.kind].numbering;
    if (numbering === "none" || !("number" in event)) return [];
    const state = this.#state(numbering, event.cpu);
    const missing = event.number - state.seen - 1;
    const losses = missing > 0
      ? [this.#gap(missing, numbering, { cpu: event.cpu, state, toNs: event.ktimeNs })]
      : [];
    if (event.number > state.seen) {
      state.seen = event.number;
      state.seenNs = event.ktimeNs;
    }
    return losses;
  }

  /**
   * Whether the latest heartbeat of a CPU told of records that have not come.
   *
   * They may be on their way or lost: the next heartbeat decides, and until then nothing of that CPU is certain.
   */
  isShort(cpu: number): boolean {
    return (["task", "softirq"] as const).some((counter) => {
      const state = this.#states.get(`${counter} ${cpu}`);
      return state !== undefined && state.promised > state.seen;
    });
  }

  /** Takes the totals that the program printed at its end and returns the gaps at the end of each counter. */
  finish(counter: Counter, byCpu: ReadonlyMap<number, number>): readonly Loss[] {
    const losses: Loss[] = [];
    for (const [cpu, total] of byCpu) {
      const state = this.#state(counter, cpu);
      if (total > state.seen) {
        losses.push(this.#gap(total - state.seen, counter, { cpu, state, toNs: null }));
        state.seen = total;
      }
    }
    return losses;
  }

  #tick(
    counter: Counter,
    total: number,
    tick: { readonly cpu: number; readonly ktimeNs: bigint },
  ): readonly Loss[] {
    const state = this.#state(counter, tick.cpu);
    const losses: Loss[] = [];
    if (state.promised > state.seen) {
      const missing = state.promised - state.seen;
      losses.push(this.#gap(missing, counter, { cpu: tick.cpu, state, toNs: tick.ktimeNs }));
      state.seen = state.promised;
      state.seenNs = tick.ktimeNs;
    }
    state.promised = total;
    if (total === 0) state.seenNs = tick.ktimeNs;
    return losses;
  }

  #state(counter: Counter, cpu: number): CounterState {
    const key = `${counter} ${cpu}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const fresh = { seen: 0, seenNs: null, promised: 0 };
    this.#states.set(key, fresh);
    return fresh;
  }

  #gap(
    missing: number,
    counter: Counter,
    where: { readonly cpu: number; readonly state: CounterState; readonly toNs: bigint | null },
  ): Loss {
    this.#lost += missing;
    return {
      reason: "gap",
      events: missing,
      cpu: where.cpu,
      fromNs: where.state.seenNs,
      toNs: where.toNs,
      detail: `${missing} records are missing after number ${where.state.seen} of the ${counter} counter`,
    };
  }
}
