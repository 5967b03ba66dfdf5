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

/** Numbers that follow each other and have not come. */
export interface Hole {
  /** The first of them. */
  readonly from: number;
  /** The last of them. */
  readonly to: number;
  /** Time of the record before, CLOCK_BOOTTIME in ns; `null` when none came before. */
  readonly fromNs: bigint | null;
  /** Time of the record after, CLOCK_BOOTTIME in ns. */
  readonly toNs: bigint;
  /** Whether a heartbeat of its CPU has come since. */
  readonly isOld: boolean;
}

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
  /** Lower numbers that have not come and may still come. */
  readonly holes: readonly Hole[];
}

interface CounterState {
  /** Highest number seen. */
  seen: number;
  /** Time of the record that had it, or of the heartbeat that told of it; `null` before the first one. */
  seenNs: bigint | null;
  /** What the last tick said; the records up to there must have come before the next tick of this CPU. */
  promised: number;
  /** Lower numbers that have not come and may still come, in order. */
  holes: readonly Hole[];
}

/** All of them. */
const COUNTERS: readonly Counter[] = ["task", "softirq"];

/** Where a loss happened. */
interface Where extends Pick<Loss, "cpu" | "fromNs" | "toNs"> {
  /** The last number before it. */
  readonly after: number;
}

/** Holes that one counter keeps open; where there are more, the oldest is no late record. */
const HOLES_MAX = 64;

/**
 * Follows the two counters of every CPU.
 *
 * A record whose number is not the next one shows a hole. It is a loss when it is still there at the second heartbeat
 * of its CPU: on a kernel that can be preempted a probe may be stopped between counting and printing, and what it
 * prints then comes late. A heartbeat shows a gap at the end, but only the next one proves it, for the same reason.
 * A number that was there already is not a loss: a probe was interrupted between reading and writing the counter.
 */
export class NumberingCheck {
  readonly #cpus: Map<number, Readonly<Record<Counter, CounterState>>> = new Map();
  /** The latest heartbeat of each CPU, CLOCK_BOOTTIME in ns. */
  readonly #ticks: Map<number, bigint> = new Map();
  #lost = 0;

  /**
   * Begins to count.
   *
   * @param points where counters stand whose records up to there are not part of this stream
   */
  constructor(points: readonly CounterPoint[] = []) {
    for (const { counter, cpu, seen, seenNs, promised, holes } of points) {
      Object.assign(this.#state(counter, cpu), { seen, seenNs, promised, holes });
    }
  }

  /** Where every counter stands now, for a check of what follows. */
  get points(): readonly CounterPoint[] {
    return [...this.#cpus].flatMap(([cpu, states]) =>
      COUNTERS.map((counter) => ({ counter, cpu, ...states[counter] }))
    );
  }

  /** Records known to be lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes the next event of the stream in its order of arrival and returns the losses that it proves. */
  take(event: WireEvent): readonly Loss[] {
    if (event.kind === "tick") {
      this.#ticks.set(event.cpu, event.ktimeNs);
      return [
        ...this.#tick("task", event.task, event),
        ...this.#tick("softirq", event.softirq, event),
      ];
    }
    const numbering = WIRE_TABLE[event.kind].numbering;
    if (numbering === "none" || !("number" in event)) return [];
    const { cpu, number, ktimeNs } = event;
    const state = this.#state(numbering, cpu);
    if (number <= state.seen) {
      if (state.holes.length > 0) state.holes = filled(state.holes, number);
      return [];
    }
    const { seen, seenNs } = state;
    state.seen = number;
    state.seenNs = ktimeNs;
    if (number === seen + 1) return [];
    const hole = { from: seen + 1, to: number - 1, fromNs: seenNs, toNs: ktimeNs, isOld: false };
    state.holes = [...state.holes, hole];
    return this.#tell(numbering, cpu, state.holes.slice(0, -HOLES_MAX));
  }

  /** Whether an event, not yet taken, was printed after all of its counter that have come or were told of. */
  isNew(event: WireEvent): boolean {
    if (event.kind === "tick" || !("number" in event)) return true;
    const numbering = WIRE_TABLE[event.kind].numbering;
    const state = this.#cpus.get(event.cpu)?.[numbering];
    return state === undefined || event.number > Math.max(state.seen, state.promised);
  }

  /**
   * Whether something of a CPU is missing that may be on its way or lost.
   *
   * The next heartbeats decide, and until then nothing of that CPU is certain.
   */
  isShort(cpu: number): boolean {
    const states = this.#cpus.get(cpu);
    return states !== undefined &&
      COUNTERS.some((it) => states[it].promised > states[it].seen || states[it].holes.length > 0);
  }

  /**
   * Up to when everything of a CPU has come, or is known to be lost.
   *
   * @param event the latest event of the CPU, already taken; without a kind, something that both counters know of
   * @returns CLOCK_BOOTTIME in ns; 0 when nothing has
   */
  heardNs(
    event: { readonly kind?: WireEvent["kind"]; readonly cpu: number; readonly ktimeNs: bigint },
  ): bigint {
    const states = this.#cpus.get(event.cpu);
    if (states === undefined) return event.ktimeNs;
    const { kind = "tick" } = event;
    const own = kind === "tick" ? undefined : WIRE_TABLE[kind].numbering;
    const ticked = this.#ticks.get(event.cpu) ?? 0n;
    // A record tells nothing of those that the other counter numbers: one of them can be lost just before it.
    const until = (counter: Counter) => {
      if (own === undefined || own === counter) return event.ktimeNs;
      const seenNs = states[counter].seenNs ?? 0n;
      return seenNs > ticked ? seenNs : ticked;
    };
    const task = heardOf(states.task, until("task"));
    const softirq = heardOf(states.softirq, until("softirq"));
    return task < softirq ? task : softirq;
  }

  /** Takes the totals that the program printed at its end and returns what each counter misses. */
  finish(counter: Counter, byCpu: ReadonlyMap<number, number>): readonly Loss[] {
    const losses: Loss[] = [];
    for (const [cpu, total] of byCpu) {
      const state = this.#state(counter, cpu);
      losses.push(...this.#tell(counter, cpu, state.holes));
      if (total > state.seen) {
        const where = { cpu, fromNs: state.seenNs, toNs: null, after: state.seen };
        losses.push(this.#loss(counter, total - state.seen, where));
        state.seen = total;
      }
    }
    return losses;
  }

  /** Ends the waiting for what may come late, and returns it as lost; for the end of the stream. */
  close(): readonly Loss[] {
    return this.points.flatMap(({ counter, cpu, holes }) => this.#tell(counter, cpu, holes));
  }

  #tick(
    counter: Counter,
    total: number,
    { cpu, ktimeNs }: { readonly cpu: number; readonly ktimeNs: bigint },
  ): readonly Loss[] {
    const state = this.#state(counter, cpu);
    const losses = [...this.#tell(counter, cpu, state.holes.filter((it) => it.isOld))];
    state.holes = state.holes.map((it) => ({ ...it, isOld: true }));
    if (state.promised > state.seen) {
      const where = { cpu, fromNs: state.seenNs, toNs: ktimeNs, after: state.seen };
      losses.push(this.#loss(counter, state.promised - state.seen, where));
      state.seen = state.promised;
      state.seenNs = ktimeNs;
    }
    state.promised = total;
    if (total === 0) state.seenNs = ktimeNs;
    return losses;
  }

  #state(counter: Counter, cpu: number): CounterState {
    const known = this.#cpus.get(cpu);
    if (known !== undefined) return known[counter];
    const fresh = { task: begin(), softirq: begin() };
    this.#cpus.set(cpu, fresh);
    return fresh[counter];
  }

  /** Gives up holes, the oldest ones of a counter. */
  #tell(counter: Counter, cpu: number, holes: readonly Hole[]): readonly Loss[] {
    if (holes.length === 0) return [];
    const state = this.#state(counter, cpu);
    state.holes = state.holes.slice(holes.length);
    return holes.map(({ from, to, fromNs, toNs }) =>
      this.#loss(counter, to - from + 1, { cpu, fromNs, toNs, after: from - 1 })
    );
  }

  #loss(counter: Counter, events: number, { after, ...where }: Where): Loss {
    this.#lost += events;
    const detail = `${events} records are missing after number ${after} of the ${counter} counter`;
    // Nothing else is numbered in interrupts.
    return { reason: "gap", events, ...where, detail, ...(counter === "softirq" ? { only: "put" } : {}) };
  }
}

function begin(): CounterState {
  return { seen: 0, seenNs: null, promised: 0, holes: [] };
}

/** Up to when all records of one counter have come, at most until now. */
function heardOf({ promised, seen, seenNs, holes }: CounterState, nowNs: bigint): bigint {
  const [oldest] = holes;
  if (oldest !== undefined) return oldest.fromNs ?? 0n;
  return promised > seen ? seenNs ?? 0n : nowNs;
}

/** Holes without a number that has come late. */
function filled(holes: readonly Hole[], number: number): readonly Hole[] {
  return holes.flatMap((it) => {
    if (number < it.from || number > it.to) return [it];
    const parts = [{ ...it, to: number - 1 }, { ...it, from: number + 1 }];
    return parts.filter((part) => part.from <= part.to);
  });
}
