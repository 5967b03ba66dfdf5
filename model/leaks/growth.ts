/**
 * Whether what somebody holds grows without bound, and how fast.
 *
 * Slow is not leaked: a garbage collector lets pidfds pile up, and closes them together. So what counts is the floor, how
 * few there were at the least, and not the height; and nothing is said for certain before a collector had the time to run.
 *
 * @module
 */

/** How many windows are kept; when there are more, two become one. */
const WINDOWS_MAX = 64;
/** Length of a window at first, ns. */
const WINDOW_NS = 1_000_000_000n;
/** Fewest windows of which something is said. */
const WINDOWS_MIN = 9;
/** By how many it has to grow from one third of the time to the next. */
const STEP_MIN = 2;
/** What the last third has to add at least, of what the second one added: what has levelled off is no growth. */
const LASTING = 0.5;
/** Go runs its collector every two minutes at least (`forcegcperiod`, runtime/proc.go): twice that, and time to spare. */
export const COLLECTOR_NS = 300_000_000_000n;

/** What is said of a series. */
export interface GrowthVerdict {
  /**
   * `bounded`: it does not grow; `growing`: it does, for longer than a collector takes; `young`: it does, but a collector
   * may not have run yet; `unknown`: it was watched for too short a time.
   */
  readonly kind: "bounded" | "growing" | "young" | "unknown";
  /** How many more there are each second; 0 unless it grows. */
  readonly perSecond: number;
}

interface Window {
  readonly fromNs: bigint;
  readonly least: number;
}

/**
 * How many there were at each moment, in little memory.
 *
 * @example
 * ```ts
 * import { Growth } from "./growth.ts";
 * import assert from "node:assert/strict";
 *
 * const growth = new Growth();
 * for (let second = 0n; second < 600n; second += 1n) growth.add(second * 1_000_000_000n, Number(second));
 * const { kind, perSecond } = growth.verdict;
 * assert.deepEqual([kind, perSecond.toFixed(2)], ["growing", "1.00"]);
 * ```
 */
export class Growth {
  #windowNs = WINDOW_NS;
  /** Those that are over, and the one that is not. */
  #windows: Window[] = [];

  /**
   * Takes how many there are now.
   *
   * @param nowNs the moment, CLOCK_BOOTTIME in ns, not before the last one
   * @param count how many
   */
  add(nowNs: bigint, count: number): void {
    const latest = this.#windows.at(-1);
    if (latest !== undefined && nowNs < latest.fromNs + this.#windowNs) {
      if (count < latest.least) this.#windows[this.#windows.length - 1] = { ...latest, least: count };
      return;
    }
    this.#windows.push({ fromNs: nowNs, least: count });
    if (this.#windows.length > WINDOWS_MAX) this.#halve();
  }

  /** What follows from all that was taken. */
  get verdict(): GrowthVerdict {
    const windows = this.#windows;
    const [first] = windows;
    const last = windows.at(-1);
    if (first === undefined || last === undefined || windows.length < WINDOWS_MIN) {
      return { kind: "unknown", perSecond: 0 };
    }
    const floors = floorsOf(windows);
    const third = Math.floor(floors.length / 3);
    const at = (index: number) => floors[index] ?? 0;
    // Of the floor up to here nobody knows yet whether it lasts: the second third and the third one show it.
    const [early, late] = [at(third) - at(0), at(2 * third) - at(third)];
    const end = at(floors.length - 1) - at(2 * third);
    const grows = early >= STEP_MIN && late >= STEP_MIN && late >= LASTING * early &&
      end >= LASTING * late / 2;
    if (!grows) return { kind: "bounded", perSecond: 0 };
    const perSecond = slopeOf(windows, floors);
    const kind = last.fromNs - first.fromNs >= COLLECTOR_NS ? "growing" : "young";
    return { kind, perSecond };
  }

  #halve(): void {
    const halved: Window[] = [];
    for (let at = 0; at < this.#windows.length; at += 2) {
      const [one, two = one] = [this.#windows[at], this.#windows[at + 1]];
      if (one === undefined || two === undefined) continue;
      halved.push({ fromNs: one.fromNs, least: Math.min(one.least, two.least) });
    }
    this.#windows = halved;
    this.#windowNs *= 2n;
  }
}

/** How few there were at the least from each window on: what goes again is left out. */
function floorsOf(windows: readonly Window[]): readonly number[] {
  const floors: number[] = [];
  let least = Infinity;
  for (let at = windows.length - 1; at >= 0; at -= 1) {
    least = Math.min(least, windows[at]?.least ?? Infinity);
    floors.push(least);
  }
  return floors.reverse();
}

/** The slope of the straight line that comes closest to the floors, by the least squares. */
function slopeOf(windows: readonly Window[], floors: readonly number[]): number {
  const beganNs = windows[0]?.fromNs ?? 0n;
  const seconds = windows.map(({ fromNs }) => Number(fromNs - beganNs) / 1e9);
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, it) => sum + it, 0) / numbers.length;
  const [meanSeconds, meanFloor] = [mean(seconds), mean(floors)];
  let above = 0;
  let below = 0;
  for (const [at, second] of seconds.entries()) {
    above += (second - meanSeconds) * ((floors[at] ?? 0) - meanFloor);
    below += (second - meanSeconds) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
