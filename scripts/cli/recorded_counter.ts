/**
 * Where the numbering of records stands, as it is written into a recording.
 *
 * @module
 */

import type { RecordedCounter } from "../../capture/mod.ts";
import type { CounterPoint } from "../../events/mod.ts";

/**
 * Writes a point of the numbering down.
 *
 * @param point a counter of a CPU
 * @returns the same with moments as decimal text
 */
export function recordedCounter({ holes, seenNs, ...point }: CounterPoint): RecordedCounter {
  return {
    ...point,
    seenNs: momentText(seenNs),
    ...(holes.length === 0 ? {} : {
      holes: holes.map((it) => ({ ...it, fromNs: momentText(it.fromNs), toNs: it.toNs.toString() })),
    }),
  };
}

/**
 * Reads what {@linkcode recordedCounter} wrote.
 *
 * @param recorded a counter of a recording
 * @returns the point of the numbering
 */
export function counterPoint({ holes = [], seenNs, ...recorded }: RecordedCounter): CounterPoint {
  return {
    ...recorded,
    seenNs: moment(seenNs),
    holes: holes.map((it) => ({ ...it, fromNs: moment(it.fromNs), toNs: BigInt(it.toNs) })),
  };
}

function momentText(ns: bigint | null): string | null {
  return ns === null ? null : ns.toString();
}

function moment(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}
