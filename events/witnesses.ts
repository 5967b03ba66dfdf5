/**
 * Compares what probes that must agree have counted.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import type { Loss } from "./loss.ts";

/** The counts of one CPU. */
export type WitnessRecord = Extract<WireEvent, { kind: "witness" }>;

/** What is counted. */
export type WitnessCount = "entered" | "returned" | "born" | "newtask";

/** Two counts that are the same as long as every program runs. */
interface Pair {
  /** The one that grows first. */
  readonly first: WitnessCount;
  /** The one that grows a moment later. */
  readonly second: WitnessCount;
  /** Whether the moment can be long: a call may sleep between the two. */
  readonly canLast: boolean;
  /** What happened when the second one is behind. */
  readonly secondMissed: string;
  /** What happened when the first one is behind. */
  readonly firstMissed: string;
}

const PAIRS: readonly Pair[] = [
  {
    first: "entered",
    second: "returned",
    canLast: true,
    secondMissed: "calls of copy_process() with CLONE_PIDFD were seen to begin and not to return",
    firstMissed: "calls of copy_process() with CLONE_PIDFD were seen to return and not to begin",
  },
  {
    first: "newtask",
    second: "born",
    canLast: false,
    secondMissed: "births that task:task_newtask told of were not seen where copy_process() returns",
    firstMissed: "births that were seen where copy_process() returns were not told of by task:task_newtask",
  },
];

/** Heartbeats at which a difference must be there until it is one; a call on its way is none. */
const ROUNDS = 3;

/** One heartbeat of all CPUs. */
interface Round {
  /** The first of them, CLOCK_BOOTTIME in ns: everything up to there is in the counts. */
  readonly fromNs: bigint;
  /** The last of them. */
  readonly toNs: bigint;
}

/** A heartbeat at which two counts differed. */
interface Difference {
  /** When. */
  readonly round: Round;
  /** The first count. */
  readonly first: number;
  /** By how much it was ahead of the second one, beyond what is told already. */
  ahead: number;
}

interface PairState {
  /** By how much the first is ahead for reasons that are known; `undefined` before that is known. */
  base: number | undefined;
  /** By how much it was ahead at the last heartbeat. */
  latest: number | undefined;
  /** Differences in a row that may still be calls on their way. */
  open: Difference[];
  /** How many of the second count were told as missed and may still come, after a long call. */
  awaited: number;
  /** The last heartbeat of which it is known that nothing else is missing. */
  settled: Round | undefined;
}

/** What bpftrace printed of the counts at the end: the sum over all CPUs by the name of the count. */
export type WitnessTotals = Readonly<Partial<Record<WitnessCount, number>>>;

/**
 * Follows the counts of all CPUs.
 *
 * Counts are compared as sums, for a call can begin on one CPU and return on another one, when every CPU has told of
 * them anew. By how much they differ at first is taken as it is: probes are not attached all at once. A difference is
 * told when it is still there at the second heartbeat after the one that showed it.
 */
export class WitnessCheck {
  readonly #cpus: number;
  readonly #rows: Map<number, WitnessRecord> = new Map();
  readonly #fresh: Set<number> = new Set();
  readonly #states: readonly PairState[] = PAIRS.map(() => ({
    base: undefined,
    latest: undefined,
    open: [],
    awaited: 0,
    settled: undefined,
  }));
  #unfollowed = 0;
  #roundNs: bigint | null = null;
  #compared = 0;
  #differing = 0;
  #missed = 0;

  /**
   * Begins with nothing compared.
   *
   * @param cpus how many CPUs must be heard; 0 when that is not known
   */
  constructor(cpus: number) {
    this.#cpus = cpus;
  }

  /** Whether there is anything to compare. */
  get isHeard(): boolean {
    const rows = [...this.#rows.values()];
    return rows.length > 0 &&
      PAIRS.some((it) => sum(rows, it.first) !== undefined && sum(rows, it.second) !== undefined);
  }

  /** How often two counts were compared. */
  get compared(): number {
    return this.#compared;
  }

  /** How often that showed a lasting difference. */
  get differing(): number {
    return this.#differing;
  }

  /** Times that a probe was passed and did not run, as far as it is known. */
  get missed(): number {
    return this.#missed;
  }

  /** Up to when it is known that every probe ran, or told that one did not, CLOCK_BOOTTIME in ns. */
  get settledNs(): bigint | undefined {
    let earliest: bigint | undefined;
    for (const { base, settled } of this.#states) {
      if (base === undefined || settled === undefined) continue;
      if (earliest === undefined || settled.fromNs < earliest) earliest = settled.fromNs;
    }
    return earliest;
  }

  /** Takes the counts of one CPU and returns the losses that they prove. */
  take(witness: WitnessRecord): readonly Loss[] {
    this.#rows.set(witness.cpu, witness);
    this.#fresh.add(witness.cpu);
    if (this.#fresh.size < Math.max(this.#cpus, this.#rows.size)) return [];
    this.#fresh.clear();
    const rows = [...this.#rows.values()];
    const times = rows.map((it) => it.ktimeNs);
    const round = {
      fromNs: times.reduce((one, other) => one < other ? one : other),
      toNs: times.reduce((one, other) => one > other ? one : other),
    };
    const losses = PAIRS.flatMap((pair, at) => {
      const state = this.#states[at];
      const first = sum(rows, pair.first);
      const second = sum(rows, pair.second);
      if (state === undefined || first === undefined || second === undefined) return [];
      return this.#compare(pair, state, { round, first, second });
    });
    const full = this.#full(sum(rows, "unfollowed") ?? 0, round);
    this.#roundNs = round.fromNs;
    return [...losses, ...full];
  }

  /**
   * Ends the waiting, and returns what is lost; for the end of the stream.
   *
   * Probes are not detached all at once either. So the last counts only tell whether a difference has lasted, and
   * whether there was any in a run without heartbeats.
   */
  finish(totals: WitnessTotals): readonly Loss[] {
    const rows = [...this.#rows.values()];
    return PAIRS.flatMap((pair, at) => {
      const state = this.#states[at];
      const [first, second] = [totals[pair.first], totals[pair.second]];
      const isCounted = rows.length > 0 && sum(rows, pair.first) !== undefined &&
        sum(rows, pair.second) !== undefined;
      if (state === undefined || !isCounted) return [];
      const isKnown = first !== undefined && second !== undefined;
      if (state.base === undefined) {
        if (isKnown && first === second) this.#compared += 1;
        return [];
      }
      const [oldest] = state.open;
      if (oldest === undefined) return [];
      // Without last counts a call on its way cannot be told from one that is missing.
      if (!isKnown) return pair.canLast ? [] : [this.#tell(pair, state, smallest(state.open))];
      const ahead = first - second - state.base;
      const isBehind = pair.canLast && oldest.ahead > 0;
      if (isBehind && state.open.length < ROUNDS - 1) return [];
      const amount = isBehind
        ? Math.max(0, oldest.first - state.base - second)
        : smallest([...state.open, { ahead }]);
      return amount === 0 ? [] : [this.#tell(pair, state, amount)];
    });
  }

  #compare(
    pair: Pair,
    state: PairState,
    { round, first, second }: { readonly round: Round; readonly first: number; readonly second: number },
  ): readonly Loss[] {
    const difference = first - second;
    if (state.base === undefined) {
      if (difference === 0 || difference === state.latest) {
        state.base = difference;
        state.settled = round;
        this.#compared += 1;
      }
      state.latest = difference;
      return [];
    }
    this.#compared += 1;
    const late = Math.min(state.awaited, Math.max(0, state.base - difference));
    state.awaited -= late;
    state.base -= late;
    const ahead = difference - state.base;
    if (ahead === 0) {
      state.open = [];
      state.settled = round;
      return [];
    }
    const before = state.open[0]?.ahead ?? ahead;
    state.open = before > 0 === ahead > 0
      ? [...state.open, { round, first, ahead }]
      : [{ round, first, ahead }];
    if (pair.canLast && ahead > 0) this.#forgive(state, second);
    if (state.open.length < ROUNDS) return [];
    const oldest = state.open[0]?.first ?? first;
    const amount = pair.canLast && ahead > 0 ? oldest - state.base - second : smallest(state.open);
    return [this.#tell(pair, state, amount)];
  }

  /** Of what had begun at a heartbeat everything has returned by now: nothing was missing there. */
  #forgive(state: PairState, second: number): void {
    while (state.open.length > 1) {
      const [oldest] = state.open;
      if (oldest === undefined || oldest.first - (state.base ?? 0) > second) return;
      state.settled = oldest.round;
      state.open.shift();
    }
  }

  /** Tells of a difference that was there at the first of the open heartbeats, and takes it as known from now on. */
  #tell(pair: Pair, state: PairState, amount: number): Loss {
    const [oldest] = state.open;
    const fromNs = state.settled?.fromNs ?? null;
    const toNs = oldest?.round.toNs ?? null;
    state.base = (state.base ?? 0) + amount;
    if (pair.canLast && amount > 0) state.awaited += amount;
    state.settled = oldest?.round ?? state.settled;
    const rest = state.open.slice(1).map((it) => ({ ...it, ahead: it.ahead - amount }));
    const agreed = rest.findLastIndex((it) => it.ahead === 0);
    state.settled = rest[agreed]?.round ?? state.settled;
    state.open = rest.slice(agreed + 1);
    const events = Math.abs(amount);
    this.#differing += 1;
    this.#missed += events;
    const detail = `${events} ${amount > 0 ? pair.secondMissed : pair.firstMissed}`;
    return { reason: "missed-probe", events, cpu: null, fromNs, toNs, detail };
  }

  #full(unfollowed: number, round: Round): readonly Loss[] {
    const events = unfollowed - this.#unfollowed;
    if (events <= 0) return [];
    this.#unfollowed = unfollowed;
    const detail =
      `${events} pidfds were made of processes for which there was no room among those that are followed`;
    return [{ reason: "map-full", events, cpu: null, fromNs: this.#roundNs, toNs: round.toNs, detail }];
  }
}

/** The sum over all CPUs; `undefined` when it is not counted. */
function sum(rows: readonly WitnessRecord[], count: WitnessCount | "unfollowed"): number | undefined {
  let total = 0;
  for (const row of rows) {
    if (row[count] < 0) return undefined;
    total += row[count];
  }
  return total;
}

/** The difference that all of them have in common; 0 when they do not point the same way. */
function smallest(differences: readonly Pick<Difference, "ahead">[]): number {
  const all = differences.map((it) => it.ahead);
  if (all.every((it) => it > 0)) return Math.min(...all);
  return all.every((it) => it < 0) ? Math.max(...all) : 0;
}
