/**
 * What has to be true of a long run of `leaks` beside a constant load and one slow leak.
 *
 * @module
 */

import type { Answer } from "../../schema/mod.ts";

/** What a program of the load said once. */
export interface LoadTold {
  /** How many pidfds it has left, or how many rounds there were. */
  readonly count: number;
  /** CLOCK_BOOTTIME in ns when it had. */
  readonly ns: bigint;
}

/** The heap of the tool at one moment. */
export interface ToldHeap {
  /** Seconds since the probes were attached. */
  readonly seconds: number;
  /** In use after a forced collection. */
  readonly usedBytes: number;
  /** Resident memory of the whole process. */
  readonly residentBytes: number;
}

/** What such a run told, and what there was. */
export interface LongRun {
  /** A kernel of the lab. */
  readonly kernel: string;
  /** How long was to be watched. */
  readonly seconds: number;
  /** Exit code of the tool. */
  readonly code: number;
  /** What it said to people. */
  readonly stderr: string;
  /** Its groups, in its order. */
  readonly groups: readonly Answer<"leak">[];
  /** Its last line. */
  readonly end: Answer<"leaks">;
  /** The process that leaks. */
  readonly leaker: number;
  /** The process that is the load. */
  readonly loader: number;
  /** What the first one said: each pidfd that it left. */
  readonly left: readonly LoadTold[];
  /** What the second one said: rounds, now and then. */
  readonly rounds: readonly LoadTold[];
  /** Pidfds of the leak as /proc had them when the tool was over. */
  readonly heldLater: number;
  /** Heaps of the tool. */
  readonly heaps: readonly ToldHeap[];
}

/** A claim, and what was measured. */
export interface Claim {
  /** What is claimed. */
  readonly what: string;
  /** Numbers. */
  readonly measured: string;
  /** Whether it is so. */
  readonly kept: boolean;
}

/** How far the rate may be from that of the program itself. */
const RATE_SHARE_MAX = 0.1;
/** How much the heap may differ between a third of the time and its end. */
const HEAP_SHARE_MAX = 1.1;
/** Part of the time from which on the heap is to be flat. */
const SETTLED_PART = 0.3;

const NS = 1e9;

/**
 * Compares what was told with what there was.
 *
 * @param run both
 * @returns the claims; each is kept or not, and nothing that is not known keeps one
 */
export function longClaims(run: LongRun): readonly Claim[] {
  return [loadClaim(run), firstClaim(run), heldClaim(run), rateClaim(run), heapClaim(run), costClaim(run)];
}

function loadClaim({ end, code, rounds, stderr }: LongRun): Claim {
  const [trust = "nothing is said of trust"] = stderr.match(/trust: .*/) ?? [];
  const [slots = ""] = stderr.match(/pidfds: .*/) ?? [];
  const [unrun = "all probes ran"] = stderr.match(/probes that did not run: .*/) ?? [];
  const perSecond = rates(rounds).toSorted((one, other) => one - other);
  const [least, most] = [perSecond[0] ?? NaN, perSecond.at(-1) ?? NaN];
  return {
    what: "the load goes on to the end, and whether all was seen is told",
    measured: [
      `${least.toFixed(1)} to ${most.toFixed(1)} rounds a second`,
      ...[slots, trust, unrun, `complete: ${end.complete}`, `exit code ${code}`, ...end.not_seen],
    ].join("; "),
    // A program that interrupts another one on its CPU is not run now and then: that is told, and is no failure here.
    kept: end.not_seen.length === 0 && code === 1 && least >= most / 2,
  };
}

function firstClaim({ groups, leaker, end }: LongRun): Claim {
  const [first] = groups;
  const isRight = first?.pid === leaker && first.rule === "K1" && first.verdict === "broken";
  return {
    what: "the leak is the first line, and the only one that breaks a rule",
    measured: first === undefined
      ? "no line"
      : `${first.comm}: ${first.rule} ${first.verdict}, family ${first.family}; ${end.broken} of ${end.groups} groups ` +
        `broken, ${end.undetermined} undetermined`,
    kept: isRight && end.broken === 1 && end.undetermined === 0,
  };
}

/** The leak as it is told; the first of its pidfds is the oldest. */
function heldClaim({ groups, leaker, left, heldLater }: LongRun): Claim {
  const own = groups.find((it) => it.pid === leaker);
  const first = left[0]?.ns ?? 0n;
  const judgedNs = first + BigInt(own?.oldest_ns ?? 0);
  const there = left.filter((it) => it.ns <= judgedNs).length;
  const told = own?.pidfds ?? NaN;
  return {
    what: "as many pidfds are told as it has left, all of processes that have ended",
    measured:
      `${told} told at that moment, ${own?.dead} of them dead; ${there} left; ${heldLater} in /proc some seconds later`,
    // At that moment one was on its way, whose process had perhaps not ended.
    kept: Math.abs(told - there) <= 1 && told - (own?.dead ?? 0) <= 1 && heldLater >= told,
  };
}

function rateClaim({ groups, leaker, left }: LongRun): Claim {
  const own = groups.find((it) => it.pid === leaker);
  const [first, last] = [left[0], left.at(-1)];
  const truth = first === undefined || last === undefined
    ? NaN
    : (last.count - first.count) / (Number(last.ns - first.ns) / NS) * 3600;
  const told = own?.per_hour ?? NaN;
  const difference = told / truth - 1;
  return {
    what: `its growth rate is right within ${100 * RATE_SHARE_MAX} %`,
    measured: `${told} an hour told (${own?.growth}), ${truth.toFixed(0)} an hour left: ${
      percent(difference)
    }`,
    kept: Math.abs(difference) <= RATE_SHARE_MAX,
  };
}

function heapClaim({ heaps, seconds }: LongRun): Claim {
  const early = heaps.find((it) => it.seconds >= SETTLED_PART * seconds);
  const late = heaps.findLast((it) => it.seconds <= seconds);
  const share = (late?.usedBytes ?? NaN) / (early?.usedBytes ?? NaN);
  const at = (heap: ToldHeap | undefined) =>
    `${megabytes(heap?.usedBytes)} after ${heap?.seconds} s (resident ${megabytes(heap?.residentBytes)})`;
  return {
    what: "the tool's heap is flat, after a forced collection",
    measured: `${at(early)}, ${at(late)}: ${percent(share - 1)}`,
    kept: early !== late && share <= HEAP_SHARE_MAX,
  };
}

function costClaim({ end: { cost }, seconds }: LongRun): Claim {
  const what = "its overhead is told";
  if (cost === null) return { what, measured: "nothing", kept: false };
  const {
    wall_ms: wall,
    target_cpu_ms: there,
    target_attach_cpu_ms: attach,
    own_cpu_ms: own,
    own_heap_bytes: heap,
  } = cost;
  const share = (usedMs: number | null) =>
    usedMs === null ? "?" : `${(100 * usedMs / wall).toFixed(1)} % of a CPU`;
  return {
    what,
    measured:
      `bpftrace ${share(there)} in the guest, and ${((attach ?? NaN) / 1000).toFixed(1)} s to attach; ` +
      `trace-clone ${share(own)} here, heap ${megabytes(heap)} with its garbage`,
    kept: wall >= 900 * seconds && [there, attach, own].every((it) => it !== null && it > 0),
  };
}

/** Rounds a second between what was told and what was told next. */
function rates(told: readonly LoadTold[]): readonly number[] {
  return told.slice(1).map(({ count, ns }, at) => {
    const before = told[at];
    return before === undefined ? NaN : (count - before.count) / (Number(ns - before.ns) / NS);
  });
}

function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`;
}

function megabytes(bytes: number | undefined): string {
  return `${((bytes ?? NaN) / 1e6).toFixed(1)} MB`;
}
