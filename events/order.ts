/**
 * One stream in the order of time, from the streams of all CPUs, within a bounded window.
 *
 * @module
 */

import { WIRE_TABLE } from "../schema/mod.ts";
import type { Numbering, WireEvent } from "../schema/mod.ts";
import type { Loss } from "./loss.ts";

/** An event that has a place in time. */
export type TimedEvent = Exclude<WireEvent, { kind: UntimedKind }>;

/** Kinds of records that tell of a run or of many slots, not of a moment in which something happened. */
export type UntimedKind =
  | "ready"
  | "witness"
  | "found"
  | "walked"
  | "look"
  | "listed"
  | "compared"
  | "who"
  | "owner"
  | "cgroup"
  | "frames"
  | "stack";

const UNTIMED: readonly UntimedKind[] = [
  "ready",
  "witness",
  "found",
  "walked",
  "look",
  "listed",
  "compared",
  "who",
  "owner",
  "cgroup",
  "frames",
  "stack",
];

const UNTIMED_KINDS: ReadonlySet<string> = new Set(UNTIMED);

/**
 * Whether an event has a place in time among the others.
 *
 * @param event any record
 * @returns whether it happened at a moment of its own
 */
export function isTimed(event: WireEvent): event is TimedEvent {
  return !UNTIMED_KINDS.has(event.kind);
}

/** Limits of {@linkcode Order}. */
export interface OrderLimits {
  /** How far a CPU's own records can be out of order in ns: a probe can be interrupted before it prints. */
  readonly slackNs: bigint;
  /** How long a CPU may be kept waiting between a record's reading of the clock and its printing, in ns. */
  readonly stallNs: bigint;
  /** How long in ns a CPU may be behind the others while it is heard: two heartbeats, and as much again for the way. */
  readonly behindNs: bigint;
  /**
   * How long in ns a CPU that is not heard can hold the others back.
   *
   * bpftrace 0.17 stays with the buffer of one CPU until it is empty, and one that is filled as fast as it is read
   * keeps it there: up to 7 s were seen (lab:5.10+bookworm, 2000 lives on two CPUs).
   */
  readonly windowNs: bigint;
  /** How many events are held at most. */
  readonly eventsMax: number;
}

/** Limits that fit a heartbeat of at least one a second on each CPU. */
export const ORDER_LIMITS: OrderLimits = {
  slackNs: 20_000_000n,
  stallNs: 500_000_000n,
  behindNs: 5_000_000_000n,
  windowNs: 15_000_000_000n,
  eventsMax: 1_000_000,
};

/** An event in its place. */
export interface Placed {
  /** The event. */
  readonly event: TimedEvent;
  /** Whether later events were handed out before it. */
  readonly late: boolean;
  /** Whether every CPU had been heard of after it; otherwise an earlier event may still come. */
  readonly certain: boolean;
}

const NUMBERINGS: readonly Numbering[] = ["task", "softirq", "none"];

interface Lane {
  /** Waiting events, the earliest first, from `head` on. */
  events: TimedEvent[];
  head: number;
  /** Latest time that this CPU was heard of. */
  heardNs: bigint;
  /** Latest moment that records of each counter told of, and heartbeats. */
  readonly newestNs: Record<Numbering, bigint>;
}

/**
 * Merges the CPUs' streams.
 *
 * bpftrace reads one CPU's buffer after the other, so an event is handed out when every CPU has been heard of after
 * it; heartbeats keep idle CPUs heard. When a CPU stays silent for longer than the window, or too many events wait,
 * the others go on without it, and what it then brings too late is marked.
 */
export class Order {
  /**
   * Up to when it is known whether every probe ran, CLOCK_BOOTTIME in ns; nothing later is certain. `undefined` where
   * nobody tells.
   */
  settledNs: bigint | undefined;
  readonly #lanes: Map<number, Lane> = new Map();
  readonly #limits: OrderLimits;
  readonly #cpus: number;
  #held = 0;
  #newestNs = 0n;
  #passedNs = 0n;

  /**
   * Begins with nothing held.
   *
   * @param cpus how many CPUs must be heard; 0 when that is not known
   */
  constructor(cpus: number, limits: OrderLimits = ORDER_LIMITS) {
    this.#cpus = cpus;
    this.#limits = limits;
  }

  /** Latest moment that any CPU told of, CLOCK_BOOTTIME in ns. */
  get newestNs(): bigint {
    return this.#newestNs;
  }

  /**
   * What is told to be lost now was printed after this, CLOCK_BOOTTIME in ns: when the CPU that was heard of last was
   * heard of, minus the time that a CPU may be behind. `null` while a CPU was not heard of at all.
   */
  get heardNs(): bigint | null {
    if (this.#lanes.size === 0 || this.#lanes.size < this.#cpus) return null;
    let earliest = this.#newestNs;
    for (const { heardNs } of this.#lanes.values()) if (heardNs < earliest) earliest = heardNs;
    const { behindNs } = this.#limits;
    return earliest > behindNs ? earliest - behindNs : null;
  }

  /** Up to here everything that is to come in its place was handed out, CLOCK_BOOTTIME in ns. */
  get passedNs(): bigint {
    return this.#passedNs;
  }

  /**
   * Takes one event in its order of arrival and returns those whose place is certain now.
   *
   * @param event the event
   * @param heardNs up to when everything of its CPU has come, CLOCK_BOOTTIME in ns
   */
  push(event: TimedEvent, heardNs: bigint = event.ktimeNs): readonly Placed[] {
    const lane = this.#lane(event.cpu);
    if (heardNs > lane.heardNs) lane.heardNs = heardNs;
    const { numbering } = WIRE_TABLE[event.kind];
    if (event.ktimeNs > lane.newestNs[numbering]) lane.newestNs[numbering] = event.ktimeNs;
    if (event.ktimeNs > this.#newestNs) this.#newestNs = event.ktimeNs;
    if (event.ktimeNs < this.#passedNs) return [{ event, late: true, certain: false }];
    insert(lane, event);
    this.#held += 1;
    // Ticks bring time forward; between them there is no need to look more often.
    if (event.kind !== "tick" && this.#held % 64 !== 0) return [];
    const certainNs = this.#certainNs();
    return this.#release(this.#watermark(certainNs), certainNs);
  }

  /** Whether the same record of the same moment is held: its line has come twice. */
  has(event: TimedEvent): boolean {
    const lane = this.#lanes.get(event.cpu);
    if (lane === undefined) return false;
    for (let at = lane.events.length - 1; at >= lane.head; at -= 1) {
      const other = lane.events[at];
      if (other === undefined || other.ktimeNs < event.ktimeNs) return false;
      if (other.ktimeNs === event.ktimeNs && isSame(other, event)) return true;
    }
    return false;
  }

  /**
   * Returns the loss that a clock is which went back: what was printed next is older than what its CPU printed before,
   * by more than a probe can be held up. The order of all that happened in between is not known.
   *
   * Against records of another counter, and heartbeats, a longer time is allowed. An interrupt can come between a
   * record's reading of the clock and its printing, and print others first; and a virtual CPU can be kept waiting there.
   *
   * It is told once; from then on the time before counts as that of another clock.
   *
   * A step back of more than a second shows on every CPU by its heartbeats, a smaller one where a CPU printed records of
   * one counter on both sides of it. CLOCK_BOOTTIME itself never goes back.
   *
   * @param event what was printed next, before it is pushed
   */
  stepBack({ kind, cpu, ktimeNs }: TimedEvent): Loss | undefined {
    const newest = this.#lanes.get(cpu)?.newestNs;
    if (newest === undefined) return undefined;
    if (ktimeNs >= newest.task && ktimeNs >= newest.softirq && ktimeNs >= newest.none) return undefined;
    const { numbering } = WIRE_TABLE[kind];
    const { slackNs, stallNs } = this.#limits;
    const isBack = NUMBERINGS.some((it) => ktimeNs + (it === numbering ? slackNs : stallNs) < newest[it]);
    if (!isBack) return undefined;
    // Whichever counter shows it: all that was printed before is of the clock before.
    const toNs = NUMBERINGS.map((it) => newest[it]).reduce((one, other) => one > other ? one : other);
    for (const it of NUMBERINGS) if (newest[it] > ktimeNs) newest[it] = ktimeNs;
    const detail = `the clock of CPU ${cpu} went back by ${toNs - ktimeNs} ns`;
    return { reason: "late", events: null, cpu, fromNs: ktimeNs, toNs, detail };
  }

  /**
   * Returns all that is held, in order; for the end of the stream.
   *
   * @param isWhole whether nothing is missing there; otherwise a CPU may have had more to tell than it was heard of
   */
  flush(isWhole = true): readonly Placed[] {
    return this.#release(this.#newestNs, isWhole ? this.#newestNs : this.#certainNs());
  }

  /** Up to here every CPU was heard. */
  #certainNs(): bigint {
    if (this.#lanes.size < this.#cpus) return -1n;
    let earliest = this.#newestNs;
    if (this.settledNs !== undefined && this.settledNs < earliest) earliest = this.settledNs;
    for (const lane of this.#lanes.values()) if (lane.heardNs < earliest) earliest = lane.heardNs;
    return earliest - this.#limits.slackNs;
  }

  /** Up to here events are handed out. */
  #watermark(certainNs: bigint): bigint {
    const { slackNs, windowNs, eventsMax } = this.#limits;
    const patientNs = this.#newestNs - (this.#held > eventsMax ? slackNs : windowNs);
    return certainNs > patientNs ? certainNs : patientNs;
  }

  #release(watermarkNs: bigint, certainNs: bigint): readonly Placed[] {
    const placed: Placed[] = [];
    for (;;) {
      let first: Lane | undefined;
      let firstNs = watermarkNs;
      for (const lane of this.#lanes.values()) {
        const head = lane.events[lane.head];
        if (head !== undefined && (first === undefined ? head.ktimeNs <= firstNs : head.ktimeNs < firstNs)) {
          first = lane;
          firstNs = head.ktimeNs;
        }
      }
      const event = first?.events[first.head];
      if (first === undefined || event === undefined) break;
      first.head += 1;
      this.#held -= 1;
      placed.push({ event, late: false, certain: event.ktimeNs <= certainNs });
    }
    for (const lane of this.#lanes.values()) compact(lane);
    if (watermarkNs > this.#passedNs) this.#passedNs = watermarkNs;
    return placed;
  }

  #lane(cpu: number): Lane {
    const known = this.#lanes.get(cpu);
    if (known !== undefined) return known;
    const fresh: Lane = { events: [], head: 0, heardNs: 0n, newestNs: { task: 0n, softirq: 0n, none: 0n } };
    this.#lanes.set(cpu, fresh);
    return fresh;
  }
}

/** Whether two records of one CPU and moment are one. */
function isSame(one: TimedEvent, other: TimedEvent): boolean {
  if (one.kind !== other.kind) return false;
  return !("number" in one && "number" in other) || one.number === other.number;
}

/** A CPU's records are nearly in order: look for the place from the end. */
function insert(lane: Lane, event: TimedEvent): void {
  let at = lane.events.length;
  while (at > lane.head && (lane.events[at - 1]?.ktimeNs ?? 0n) > event.ktimeNs) at -= 1;
  if (at === lane.events.length) lane.events.push(event);
  else lane.events.splice(at, 0, event);
}

function compact(lane: Lane): void {
  if (lane.head === 0) return;
  if (lane.head === lane.events.length) lane.events = [];
  else if (lane.head > 1024) lane.events = lane.events.slice(lane.head);
  else return;
  lane.head = 0;
}
