/**
 * From what bpftrace says to updates: decode, look for gaps, order, step.
 *
 * @module
 */

import type { CaptureMessage } from "../capture/mod.ts";
import { decode, DecodeError, NumberingCheck, Order, ORDER_LIMITS, printableText } from "../events/mod.ts";
import type { CounterPoint, Loss, Placed } from "../events/mod.ts";
import { COUNTERS } from "../program/mod.ts";
import { initialState } from "./state.ts";
import type { ModelOptions, ModelState } from "./state.ts";
import { step } from "./step.ts";
import type { ModelInput } from "./step.ts";
import type { Update } from "./update.ts";

/** Options of {@linkcode Correlator}. */
export interface CorrelatorOptions extends ModelOptions {
  /** CPUs that are online on the target. */
  readonly cpus: number;
  /** Where the numbering of a stream stands whose begin is not there. @default {[]} */
  readonly counters?: readonly CounterPoint[];
}

/** What is needed to go on from here without what came before. */
export interface StreamPoint {
  /** Latest moment that was told of, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
  /** Process ids in scope. */
  readonly members: readonly number[];
  /** Where the numbering stands. */
  readonly counters: readonly CounterPoint[];
}

/** What is known of the stream as a whole. */
export interface StreamTrust {
  /** Records that arrived. */
  readonly records: number;
  /** Records known to be lost; `null` when some were lost uncounted. */
  readonly lost: number | null;
  /** Records that came after their place. */
  readonly late: number;
  /** Records that fit no lifecycle. */
  readonly unmatched: number;
  /** Whether it was seen when a pidfd's last reference goes. */
  readonly releasesSeen: boolean;
  /** Counts compared with an expected value. */
  readonly countsChecked: number;
  /** Those that were equal. */
  readonly countsEqual: number;
  /** Those that were higher, for holders that are not known. */
  readonly countsAbove: number;
}

/** The loop around {@linkcode step}; without clock and I/O, so a stream of messages always gives the same updates. */
export class Correlator {
  readonly #numbering: NumberingCheck;
  readonly #order: Order;
  #state: ModelState;
  #line = 0;
  #records = 0;
  #late = 0;
  #undecodable = 0;
  #uncounted = false;
  #isCut = false;

  /** Starts with nothing seen; see {@linkcode CorrelatorOptions}. */
  constructor(options: CorrelatorOptions) {
    this.#numbering = new NumberingCheck(options.counters);
    this.#state = initialState(options);
    this.#order = new Order(options.cpus);
  }

  /** What is known of the stream so far. */
  get trust(): StreamTrust {
    const { unmatched, counts, options } = this.#state;
    return {
      releasesSeen: options.releasesSeen !== false,
      records: this.#records,
      lost: this.#undecodable > 0 || this.#uncounted ? null : this.#numbering.lost,
      late: this.#late,
      unmatched,
      countsChecked: counts.checked,
      countsEqual: counts.equal,
      countsAbove: counts.above,
    };
  }

  /** Where the stream stands. */
  get point(): StreamPoint {
    return {
      ktimeNs: this.#order.newestNs,
      members: [...this.#state.members.keys()],
      counters: this.#numbering.points,
    };
  }

  /** How many targets in scope are not freed yet. */
  get pending(): number {
    let pending = 0;
    for (const target of this.#state.targets.values()) {
      if (target.followed && target.whole && target.exited && target.files === 0) pending += 1;
    }
    return pending + this.#state.failing.size + this.#state.releasing.size;
  }

  /**
   * The run is ended in the middle of things: what the kernel numbers from now on is after the end, not lost.
   *
   * Without this the totals at the end of the program are compared with what arrived.
   */
  cut(): void {
    this.#isCut = true;
  }

  /** Takes a loss that no message tells of. */
  lose(loss: Loss): readonly Update[] {
    const updates: Update[] = [];
    if (loss.events === null) this.#uncounted = true;
    this.#step({ kind: "loss", loss }, updates);
    return updates;
  }

  /** Takes messages in their order of arrival and returns what they let us say. */
  take(messages: readonly CaptureMessage[]): readonly Update[] {
    const updates: Update[] = [];
    for (const message of messages) this.#take(message, updates);
    return updates;
  }

  /** The stream is over: returns what was held back. */
  finish(): readonly Update[] {
    const updates: Update[] = [];
    for (const loss of this.#numbering.close()) this.#step({ kind: "loss", loss }, updates);
    this.#place(this.#order.flush(), updates);
    this.#step({ kind: "finish" }, updates);
    return updates;
  }

  #take(message: CaptureMessage, updates: Update[]): void {
    this.#line += 1;
    switch (message.kind) {
      case "record":
        return this.#record(message.text, updates);
      case "dropped":
        // It is told after it happened, and within the time that a CPU may be behind; the numbers tell it exactly.
        return this.#lost({
          reason: "buffer-full",
          events: message.events,
          toNs: this.#order.newestNs + ORDER_LIMITS.windowNs,
          detail: "bpftrace could not pass events on: its buffer was full",
        }, updates);
      case "probe-error": {
        const detail = printableText(message.detail);
        return this.#lost({ reason: "probe-error", events: null, detail }, updates);
      }
      case "unreadable":
        this.#undecodable += 1;
        return this.#lost({
          reason: "undecodable",
          events: null,
          detail: `line ${this.#line} is not JSON of a known form: "${
            printableText(message.text.slice(0, 80))
          }"`,
        }, updates);
      case "totals":
        for (const counter of ["task", "softirq"] as const) {
          if (message.map !== COUNTERS[counter] || this.#isCut) continue;
          for (const loss of this.#numbering.finish(counter, message.byCpu)) {
            this.#step({ kind: "loss", loss }, updates);
          }
        }
        return;
      case "other":
        return;
      default:
        return message satisfies never;
    }
  }

  #record(text: string, updates: Update[]): void {
    let event;
    try {
      event = decode(text, this.#line);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#undecodable += 1;
      this.#lost({ reason: "undecodable", events: 1, detail: error.message }, updates);
      return;
    }
    if (event.kind === "ready") return;
    if (event.kind !== "tick") this.#records += 1;
    for (const loss of this.#numbering.take(event)) this.#step({ kind: "loss", loss }, updates);
    // What may still be on its way may belong before this, and may be the reason of what looks wrong.
    this.#place(this.#order.push(event, this.#numbering.heardNs(event)), updates);
  }

  #place(placed: readonly Placed[], updates: Update[]): void {
    for (const one of placed) {
      if (one.late && one.event.kind !== "tick") this.#late += 1;
      this.#step({ kind: "event", placed: one }, updates);
    }
  }

  #lost(loss: Pick<Loss, "reason" | "events" | "detail"> & Partial<Loss>, updates: Update[]): void {
    this.#step({ kind: "loss", loss: { cpu: null, fromNs: null, toNs: null, ...loss } }, updates);
  }

  #step(input: ModelInput, updates: Update[]): void {
    const result = step(this.#state, input);
    this.#state = result.state;
    updates.push(...result.updates);
  }
}
