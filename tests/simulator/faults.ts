/**
 * What can go wrong on the way from the kernel to us, by name and rate, done to lines in their order of arrival.
 *
 * @module
 */

import { readMessage } from "../../capture/mod.ts";
import type { CaptureMessage } from "../../capture/mod.ts";
import { ORDER_LIMITS } from "../../events/mod.ts";
import { COUNTERS } from "../../program/mod.ts";
import { counterOf, headOf, shifted, unprinted } from "./lines.ts";
import type { Counted, Line } from "./lines.ts";
import type { Random } from "./random.ts";

/** What goes wrong. */
export type FaultName =
  /** Single lines do not arrive. */
  | "lost"
  /** Many lines of one CPU in a row do not arrive. */
  | "lost-bursts"
  /** Of what is printed in interrupts single lines do not arrive. */
  | "lost-puts"
  /** A line of a CPU comes after some that were printed up to 19 ms later. */
  | "reordered"
  /** A line comes after three more heartbeats of its CPU, or as the very last one. */
  | "late"
  /** A line arrives twice. */
  | "duplicated"
  /** A line breaks off. */
  | "truncated"
  /** A probe at the return of a call does not run: no number is missing. */
  | "missed-returns"
  /** The clock jumps forward while the machine sleeps. */
  | "clock-forward"
  /** The clock jumps back. */
  | "clock-back"
  /** The probes are attached when half of it has happened. */
  | "attached-late"
  /** The stream breaks off, without the totals at its end. */
  | "no-end";

/** A fault. */
export interface Fault {
  /** Which one. */
  readonly name: FaultName;
  /** How many of each hundred lines it strikes; for those that come once, in how many of each hundred histories. */
  readonly rate: number;
}

/** What arrives in the end. */
export interface Damaged {
  /** In their order of arrival. */
  readonly messages: readonly CaptureMessage[];
  /** Numbered records that did not arrive whole; not those that were never printed. */
  readonly lost: number;
  /** The targets whose records were struck. */
  readonly touched: ReadonlySet<string>;
  /** From when on all probes were attached, CLOCK_BOOTTIME in ns. */
  readonly attachedNs: bigint;
  /** Whether the program told its totals at its end. */
  readonly isEnded: boolean;
  /** How many lines were struck, by the name of the fault. */
  readonly struck: ReadonlyMap<FaultName, number>;
}

/** Most lines that one burst takes. */
const BURST_MAX = 40;

/** Within this time in ns a CPU's own lines can change places, and the model still puts them right. */
const SLACK_NS = ORDER_LIMITS.slackNs - 1_000_000n;

/** Heartbeats of its CPU after which a line is late: at the second one its number is given up. */
const LATE_TICKS = 3;

/** How far the clock can jump; back, more than a second, so that the heartbeats of every CPU show it. */
const STEPS_NS = {
  "clock-forward": [1_000_000n, 30_000_000n, 4_000_000_000n, 3_600_000_000_000n],
  "clock-back": [1_200_000_000n, 4_000_000_000n, 3_600_000_000_000n],
} as const;

/** In a pause of so many nanoseconds no call was on its way. */
const PAUSE_NS = 5_000_000n;

/** What is printed when a call returns. */
const RETURNS: readonly string[] = ["clone", "failed", "open"];

/** Does faults to one stream, one after the other. */
class Damage {
  lines: readonly Line[];
  totals: readonly Counted[];
  attachedNs = 0n;
  lost = 0;
  isEnded = true;
  readonly touched = new Set<string>();
  readonly struck = new Map<FaultName, number>();
  readonly #random: Random;

  constructor(lines: readonly Line[], totals: readonly Counted[], random: Random) {
    this.lines = lines;
    this.totals = totals;
    this.#random = random;
  }

  do({ name, rate }: Fault): void {
    switch (name) {
      case "lost":
        return this.#lose(name, () => this.#random.percent(rate) ? 1 : 0);
      case "lost-bursts":
        return this.#lose(name, () => this.#random.percent(rate) ? this.#random.between(5, BURST_MAX) : 0);
      case "lost-puts":
        return this.#lose(
          name,
          ({ text }) => headOf(text).tag === "put" && this.#random.percent(rate) ? 1 : 0,
        );
      case "reordered":
        return this.#move(name, rate, (at) => this.#placeWithin(at));
      case "late":
        return this.#move(name, rate, (at) => this.#placeBeyond(at));
      case "duplicated":
        return this.#duplicate(rate);
      case "truncated":
        return this.#truncate(rate);
      case "missed-returns": {
        const isReturn = (line: Line) => RETURNS.includes(headOf(line.text).tag);
        const missed = this.lines.filter((it) => isReturn(it) && this.#random.percent(rate));
        return this.#unprint(name, new Set(missed));
      }
      case "clock-forward":
      case "clock-back":
        return this.#random.percent(rate) ? this.#step(name) : undefined;
      case "attached-late":
        return this.#random.percent(rate) ? this.#attachLate() : undefined;
      case "no-end":
        return this.#random.percent(rate) ? this.#breakOff() : undefined;
      default:
        return name satisfies never;
    }
  }

  /** Lines go, so many of one CPU from each place on. */
  #lose(name: FaultName, many: (line: Line) => number): void {
    const left = new Map<number, number>();
    this.lines = this.lines.filter((line) => {
      const { cpu } = headOf(line.text);
      const going = (left.get(cpu) ?? 0) || many(line);
      if (going === 0) return true;
      left.set(cpu, going - 1);
      if (counterOf(line.text) !== undefined) this.lost += 1;
      this.#strike(name, line);
      return false;
    });
  }

  #move(name: FaultName, rate: number, placeOf: (at: number) => number): void {
    const moved = new Map<number, Line[]>();
    const rest = new Set(this.lines);
    this.lines.forEach((line, at) => {
      if (counterOf(line.text) === undefined || !this.#random.percent(rate)) return;
      const place = placeOf(at);
      if (place === at) return;
      moved.set(place, [...moved.get(place) ?? [], line]);
      rest.delete(line);
      this.#strike(name, line);
    });
    this.lines = this.lines.flatMap((line, at) => [
      ...(rest.has(line) ? [line] : []),
      ...moved.get(at) ?? [],
    ]);
  }

  #placeWithin(at: number): number {
    const own = headOf(this.lines[at]?.text ?? "");
    let place = at;
    for (let next = at + 1; next < Math.min(this.lines.length, at + 40); next += 1) {
      const { cpu, ktimeNs } = headOf(this.lines[next]?.text ?? "");
      if (cpu !== own.cpu) continue;
      if (ktimeNs > own.ktimeNs + SLACK_NS) break;
      place = next;
      if (this.#random.percent(30)) break;
    }
    return place;
  }

  #placeBeyond(at: number): number {
    const { cpu } = headOf(this.lines[at]?.text ?? "");
    let ticks = 0;
    for (let next = at + 1; next < this.lines.length; next += 1) {
      const head = headOf(this.lines[next]?.text ?? "");
      if (head.tag === "tick" && head.cpu === cpu) ticks += 1;
      if (ticks === LATE_TICKS) return next;
    }
    return this.lines.length - 1;
  }

  #duplicate(rate: number): void {
    const copies = new Map<number, Line[]>();
    this.lines.forEach((line, at) => {
      if (!this.#random.percent(rate)) return;
      const place = Math.min(this.lines.length - 1, at + this.#random.between(0, 5));
      copies.set(place, [...copies.get(place) ?? [], { ...line }]);
      this.#strike("duplicated", line);
    });
    this.lines = this.lines.flatMap((line, at) => [line, ...copies.get(at) ?? []]);
  }

  #truncate(rate: number): void {
    this.lines = this.lines.map((line) => {
      if (line.cut !== undefined || !this.#random.percent(rate)) return line;
      if (counterOf(line.text) !== undefined) this.lost += 1;
      this.#strike("truncated", line);
      const whole = JSON.stringify({ type: "printf", data: `${line.text}\n` });
      return { ...line, cut: whole.slice(0, this.#random.between(1, whole.length - 1)) };
    });
  }

  /** Lines are not printed at all, so the numbers after them are lower. */
  #unprint(name: FaultName, missed: ReadonlySet<Line>): void {
    for (const line of missed) this.#strike(name, line);
    const { lines, totals } = unprinted(this.lines, { totals: this.totals, missed });
    this.lines = lines;
    this.totals = totals;
  }

  #step(name: "clock-forward" | "clock-back"): void {
    const fromNs = name === "clock-forward" ? this.#quietMoment() : this.#momentBetween(10, 90);
    if (fromNs === undefined) return;
    const sizeNs = this.#random.pick(STEPS_NS[name]) ?? 0n;
    const byNs = name === "clock-forward" ? sizeNs : -sizeNs;
    this.lines = this.lines.map((line) => {
      if (headOf(line.text).ktimeNs < fromNs) return line;
      this.#strike(name, line);
      return { ...line, text: shifted(line.text, byNs) };
    });
  }

  #attachLate(): void {
    this.attachedNs = this.#momentBetween(20, 60);
    const before = this.lines.filter((it) => headOf(it.text).ktimeNs < this.attachedNs);
    this.#unprint("attached-late", new Set(before));
  }

  #breakOff(): void {
    const at = Math.floor(this.lines.length * this.#random.between(60, 99) / 100);
    for (const line of this.lines.slice(at)) this.#strike("no-end", line);
    this.lines = this.lines.slice(0, at);
    this.isEnded = false;
  }

  /** The end of a pause, in which nothing was half done: a machine sleeps when all of its tasks are frozen. */
  #quietMoment(): bigint | undefined {
    const moments = this.lines.map((it) => headOf(it.text).ktimeNs).sort((a, b) => a < b ? -1 : 1);
    return this.#random.pick(moments.filter((it, at) => it - (moments[at - 1] ?? it) >= PAUSE_NS));
  }

  #momentBetween(fromPercent: number, toPercent: number): bigint {
    const at = Math.floor(this.lines.length * this.#random.between(fromPercent, toPercent) / 100);
    return headOf(this.lines[at]?.text ?? this.lines[0]?.text ?? "").ktimeNs;
  }

  #strike(name: FaultName, { about }: Line): void {
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
    if (about !== undefined) this.touched.add(about);
  }
}

/**
 * Does faults to a stream.
 *
 * @param lines everything that was printed, in its order of arrival
 * @param options the faults in their order, the counters of the kernel at its end, and where chance comes from
 * @returns what arrives
 */
export function damage(
  lines: readonly Line[],
  options: {
    readonly faults: readonly Fault[];
    readonly totals: readonly Counted[];
    readonly random: Random;
  },
): Damaged {
  const state = new Damage(lines, options.totals, options.random);
  // What was never printed cannot be lost, and what is cut is no line any more.
  const order = (it: Fault) => FAULTS.indexOf(it.name);
  for (const fault of [...options.faults].sort((a, b) => order(a) - order(b))) state.do(fault);
  const { touched, lost, attachedNs, isEnded, struck } = state;
  const messages: CaptureMessage[] = state.lines.map(({ text, cut }) =>
    cut === undefined ? { kind: "record", text } : readMessage(cut)
  );
  if (isEnded) {
    for (const counter of ["task", "softirq"] as const) {
      const byCpu = new Map(state.totals.map((it) => [it.cpu, it[counter]]));
      messages.push({ kind: "totals", map: COUNTERS[counter], byCpu });
    }
  }
  return { messages, touched, lost, attachedNs, isEnded, struck };
}

/** Every fault, in the order in which they are done. */
export const FAULTS: readonly FaultName[] = [
  "attached-late",
  "missed-returns",
  "clock-forward",
  "clock-back",
  "reordered",
  "late",
  "lost",
  "lost-bursts",
  "lost-puts",
  "duplicated",
  "truncated",
  "no-end",
];
