/**
 * From what bpftrace says to updates: decode, look for gaps, order, step.
 *
 * @module
 */

import type { CaptureMessage } from "../capture/mod.ts";
import {
  decode,
  DecodeError,
  isTimed,
  NumberingCheck,
  Order,
  ORDER_LIMITS,
  printableText,
  WitnessCheck,
} from "../events/mod.ts";
import type { CounterPoint, Loss, Placed, TimedEvent, WitnessTotals } from "../events/mod.ts";
import { COUNTERS, WITNESSES } from "../program/mod.ts";
import type { WireEvent } from "../schema/mod.ts";
import { BaselineGate } from "./_baseline_gate.ts";
import type { Passed } from "./_baseline_gate.ts";
import type { SlotListing } from "./_comparison.ts";
import { unplaced } from "./_scope.ts";
import { slotsOfTasks } from "./slots.ts";
import type { TaskSlot } from "./slots.ts";
import { initialState } from "./state.ts";
import type { ModelOptions, ModelState } from "./state.ts";
import { step } from "./step.ts";
import type { ModelInput } from "./step.ts";
import type { RecursionMisses, StreamTrust } from "./stream_trust.ts";
import type { Update } from "./update.ts";

/** Options of {@linkcode Correlator}. */
export interface CorrelatorOptions extends ModelOptions {
  /** Whether the stream tells what was open before: everything waits for that. @default {false} */
  readonly baseline?: boolean | undefined;
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

/** The loop around {@linkcode step}; without clock and I/O, so a stream of messages always gives the same updates. */
export class Correlator {
  /** Since when everything is told, CLOCK_BOOTTIME in ns. */
  readonly attachedNs: bigint;
  readonly #numbering: NumberingCheck;
  readonly #order: Order;
  readonly #witnesses: WitnessCheck;
  readonly #gate: BaselineGate;
  readonly #listed: WireEvent<"listed">[] = [];
  /** What /proc showed, until everything up to then was told. */
  #comparing: { readonly endedNs: bigint; readonly listing: SlotListing } | undefined;
  #walked: WireEvent<"walked"> | undefined;
  #found = 0;
  /** The sums of the last counts, by the name of their map. */
  readonly #totals = new Map<string, number>();
  #recursion: RecursionMisses = { misses: null, reason: "Nobody has read how often programs did not run" };
  #recursionNs: bigint | undefined;
  /** From when on the name of a cgroup is waited for. */
  #namedNs: bigint | undefined;
  #state: ModelState;
  #line = 0;
  #records = 0;
  #late = 0;
  #undecodable = 0;
  #uncounted = false;
  #isCut = false;

  /** Starts with nothing seen; see {@linkcode CorrelatorOptions}. */
  constructor(options: CorrelatorOptions) {
    this.attachedNs = options.attachedNs;
    this.#numbering = new NumberingCheck(options.counters);
    this.#state = initialState(options);
    this.#order = new Order(options.cpus);
    this.#witnesses = new WitnessCheck(options.cpus);
    this.#gate = new BaselineGate(options.baseline === true);
  }

  /** What is known of the stream so far. */
  get trust(): StreamTrust {
    const { unmatched, counts, options } = this.#state;
    const { isHeard, compared, differing, missed } = this.#witnesses;
    const notCompared = isHeard
      ? "The run was too short to compare probes that must agree"
      : "No probes that must agree were counted";
    return {
      missed: compared === 0 ? null : missed,
      recursionMisses: this.#recursion.misses,
      witnessesCompared: compared,
      witnessesDiffering: differing,
      notKnown: [
        ...(compared === 0 ? [notCompared] : []),
        ...(this.#recursion.misses === null ? [this.#recursion.reason] : []),
        ...unplaced(this.#state),
      ],
      releasesSeen: options.releasesSeen !== false,
      records: this.#records,
      lost: this.#undecodable > 0 || this.#uncounted ? null : this.#numbering.lost,
      late: this.#late,
      unmatched,
      countsChecked: counts.checked,
      countsEqual: counts.equal,
      countsAbove: counts.above,
      baseline: (this.#walked?.files ?? 0) > 0 ? this.#found : null,
      comparison: this.#state.comparison,
    };
  }

  /** Whether the slots were compared with what /proc shows. */
  get isCompared(): boolean {
    return this.#state.comparison !== null;
  }

  /** Ids of cgroups that processes are in and whose path was not told. */
  get unnamedCgroups(): Iterable<bigint> {
    return this.#state.identities.unnamed;
  }

  /** Where the stream stands. */
  get point(): StreamPoint {
    return {
      ktimeNs: this.#order.newestNs,
      members: [...this.#state.members.keys()],
      counters: this.#numbering.points,
    };
  }

  /** Every slot that holds a pidfd, as far as events have had their turn; none when slots are not watched. */
  get slots(): readonly TaskSlot[] {
    return slotsOfTasks(this.#state);
  }

  /** Up to when the model knows what happened, CLOCK_BOOTTIME in ns; what is later may still wait for its turn. */
  get passedNs(): bigint {
    return this.#order.passedNs;
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
   * Without this the totals at the end of the program are compared with what arrived. When there are none, the stream
   * broke off, and what not every CPU was heard of is not certain.
   */
  cut(): void {
    this.#isCut = true;
  }

  /** Takes what the kernel says of programs that it did not run; no message tells of it. */
  hearRecursion(recursion: RecursionMisses): void {
    this.#recursion = recursion;
  }

  /**
   * Takes up to when it is known which programs were not run; no message tells of it.
   *
   * @param settledNs CLOCK_BOOTTIME in ns; `undefined` when nobody looks any more
   */
  settle(settledNs: bigint | undefined): void {
    this.#recursionNs = settledNs;
    this.#settle();
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
    for (const loss of this.#witnesses.finish(this.#witnessTotals())) {
      this.#step({ kind: "loss", loss }, updates);
    }
    // Where the stream broke off, one CPU may have been read further than another.
    this.#place(this.#order.flush(!this.#isCut || this.#totals.size > 0), updates);
    this.#pass(this.#gate.finish(), updates);
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
          fromNs: this.#order.heardNs,
          toNs: this.#order.newestNs + ORDER_LIMITS.behindNs,
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
        this.#totals.set(message.map, [...message.byCpu.values()].reduce((one, other) => one + other, 0));
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
    if (!isTimed(event)) return this.#beside(event, updates);
    const isNew = this.#numbering.isNew(event);
    // The line has come twice, and what it says happened once.
    if ((!isNew || event.kind === "tick") && this.#order.has(event)) return;
    const stepBack = isNew ? this.#order.stepBack(event) : undefined;
    if (stepBack !== undefined) this.#step({ kind: "loss", loss: stepBack }, updates);
    if (event.kind !== "tick") this.#records += 1;
    else if (this.#namedNs !== undefined) this.#settle();
    for (const loss of this.#numbering.take(event)) this.#step({ kind: "loss", loss }, updates);
    // What may still be on its way may belong before this, and may be the reason of what looks wrong.
    this.#place(this.#order.push(event, this.#numbering.heardNs(event)), updates);
  }

  /** Takes a record that tells of the run, or of many slots. */
  #beside(event: Exclude<WireEvent, TimedEvent>, updates: Update[]): void {
    switch (event.kind) {
      case "ready":
        return;
      case "witness":
        for (const loss of this.#witnesses.take(event)) this.#step({ kind: "loss", loss }, updates);
        this.#settle();
        return;
      case "found":
        this.#found += 1;
        return this.#gate.find(event);
      case "who":
      case "owner":
      case "cgroup":
        this.#step({ kind: "identity", record: event }, updates);
        return this.#settle();
      case "frames":
      case "stack":
        return this.#step({ kind: "stack", record: event }, updates);
      case "walked":
        this.#walked = event;
        return this.#pass(this.#gate.open(), updates);
      case "look":
        this.#listed.length = 0;
        return this.#step({ kind: "look", ktimeNs: event.ktimeNs }, updates);
      case "listed":
        this.#listed.push(event);
        return;
      case "compared": {
        const listing = { listed: this.#listed.splice(0), whole: event.whole === 1 };
        this.#comparing = { endedNs: event.endedNs, listing };
        return;
      }
      default:
        return event satisfies never;
    }
  }

  #settle(): void {
    this.#namedNs = this.#state.identities.namedUntilNs(this.#order.newestNs);
    const known = [this.#witnesses.settledNs, this.#recursionNs, this.#namedNs].filter((it) =>
      it !== undefined
    );
    this.#order.settledNs = known.length === 0 ? undefined : known.reduce((a, b) => a < b ? a : b);
  }

  /** The last counts; those of a map that nothing was ever put into are 0, if any were printed. */
  #witnessTotals(): WitnessTotals {
    const isPrinted = Object.values(WITNESSES).some((it) => this.#totals.has(it));
    if (!isPrinted || !this.#witnesses.isHeard) return {};
    const of = (map: string) => this.#totals.get(map) ?? 0;
    const { entered, returned, born, newtask } = WITNESSES;
    return { entered: of(entered), returned: of(returned), born: of(born), newtask: of(newtask) };
  }

  #place(placed: readonly Placed[], updates: Update[]): void {
    for (const one of placed) {
      if (one.late && one.event.kind !== "tick") this.#late += 1;
      this.#pass(this.#gate.pass(one), updates);
    }
  }

  #pass(passed: readonly Passed[], updates: Update[]): void {
    for (const it of passed) {
      this.#step(it, updates);
      if (it.kind === "event") this.#compare(it.placed.event.ktimeNs, updates);
    }
  }

  /** Compares with /proc when everything was told that happened while it was read. */
  #compare(nowNs: bigint, updates: Update[]): void {
    if (this.#comparing === undefined || nowNs <= this.#comparing.endedNs) return;
    const { listing } = this.#comparing;
    this.#comparing = undefined;
    this.#step({ kind: "listing", listing }, updates);
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
