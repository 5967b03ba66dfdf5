/**
 * Numbers about numbers.
 *
 * @module
 */

/** The middle of several values, and how far they lie apart. */
export interface Spread {
  /** The middle value; the mean of the two middle ones when there is an even number. */
  readonly median: number;
  /** The smallest value. */
  readonly min: number;
  /** The largest value. */
  readonly max: number;
  /** How many there are. */
  readonly count: number;
}

/**
 * Returns the spread of some values.
 *
 * @param values at least one finite number
 * @returns their spread
 * @throws {RangeError} when there is none, or one is not finite
 *
 * @example
 * ```ts
 * import { spread } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(spread([3, 1, 2, 10]), { median: 2.5, min: 1, max: 10, count: 4 });
 * ```
 */
export function spread(values: readonly number[]): Spread {
  const bad = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || bad !== undefined) {
    throw new RangeError(`Cannot find a median: finite numbers are required, got ${bad ?? "none"}`);
  }
  const sorted = values.toSorted((one, other) => one - other);
  const at = (index: number) => sorted[index] ?? NaN;
  const half = (sorted.length - 1) / 2;
  const median = (at(Math.floor(half)) + at(Math.ceil(half))) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), count: sorted.length };
}

/**
 * Returns the spread of some values without the first, which warms things up.
 *
 * @param values the first, and at least one more
 * @returns the spread of the others
 * @throws {RangeError} when there is no other
 *
 * @example
 * ```ts
 * import { warmSpread } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(warmSpread([100, 1, 3]).median, 2);
 * ```
 */
export function warmSpread(values: readonly number[]): Spread {
  return spread(values.slice(1));
}

/** Most by which the untraced loop may differ between begin, middle and end of a run, as a part of the smallest. */
export const DRIFT_MAX = 0.02;

/**
 * Says how far repeated measurements of the same thing lie apart.
 *
 * @param values at least one positive number
 * @returns largest minus smallest, as a part of the smallest
 *
 * @example
 * ```ts
 * import { drift } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(drift([200, 203, 201]), 0.015);
 * ```
 */
export function drift(values: readonly number[]): number {
  const { min, max } = spread(values);
  return (max - min) / min;
}

/**
 * Says why a run is void, if it is.
 *
 * A loop that is not traced takes the same at the begin, in the middle and at the end, or what was measured in
 * between cannot be compared with it.
 *
 * @param untraced what the untraced loops took each time, by name of the loop
 * @returns one sentence for each loop that did not stay the same; nothing when the run is good
 *
 * @example
 * ```ts
 * import { voidReasons } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(voidReasons({ clone: [400, 404, 402] }), []);
 * assert.match(voidReasons({ clone: [400, 410, 402] })[0] ?? "", /by 2\.5 %/);
 * ```
 */
export function voidReasons(untraced: Readonly<Record<string, readonly number[]>>): readonly string[] {
  return Object.entries(untraced).flatMap(([loop, values]) => {
    const apart = drift(values);
    if (apart <= DRIFT_MAX) return [];
    const percent = (apart * 100).toFixed(1);
    return [`the untraced loop "${loop}" differs by ${percent} %, at most ${DRIFT_MAX * 100} % is allowed`];
  });
}
