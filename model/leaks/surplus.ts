/**
 * How many pidfds somebody holds beyond what the processes that live account for.
 *
 * @module
 */

import type { Holding } from "./holdings.ts";

/**
 * Returns how many of some pidfds are more than one for each process that lives. A supervisor that starts more and more
 * children has more and more pidfds, and none of them is left over; what is left over is of the dead, or there twice.
 *
 * @param held pidfds of one holder
 * @returns how many are left over
 *
 * @example
 * ```ts
 * import { surplusOf } from "./surplus.ts";
 * import assert from "node:assert/strict";
 *
 * const to = (id: string, endedNs: bigint | null) => ({ target: { id, pid: 1, endedNs, reaped: false } });
 * assert.equal(surplusOf([to("p1", null), to("p2", null)]), 0);
 * assert.equal(surplusOf([to("p1", null), to("p1", null), to("p3", 5n)]), 2);
 * ```
 */
export function surplusOf(held: readonly Pick<Holding, "target">[]): number {
  const alive = held.filter(({ target }) => target.endedNs === null).map(({ target }) => target.id);
  return held.length - new Set(alive).size;
}
