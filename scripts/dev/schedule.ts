/**
 * Runs several things, some of them at once.
 *
 * @module
 */

/** How to run them. */
export interface Schedule<Item, Result> {
  /** How many may run at once. */
  readonly width: number;
  /** Whether two may run at once. */
  readonly canShare: (one: Item, other: Item) => boolean;
  /** Runs one. */
  readonly run: (item: Item) => Promise<Result>;
}

/**
 * Runs each item once. One that may not run yet lets those behind it go first.
 *
 * @param items what to run, in the order of preference
 * @param schedule how
 * @returns the results, in the order of the items
 * @throws what `run` throws, when the others that run have ended
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const run = (item: number) => Promise.resolve(item * 2);
 * assert.deepEqual(await runScheduled([1, 2], { width: 2, canShare: () => true, run }), [2, 4]);
 * ```
 */
export async function runScheduled<Item, Result>(
  items: readonly Item[],
  schedule: Schedule<Item, Result>,
): Promise<readonly Result[]> {
  const waiting = new Map(items.entries());
  const running = new Map<number, Promise<void>>();
  const results: Result[] = [];
  const failures: unknown[] = [];
  while (waiting.size > 0 || running.size > 0) {
    const next = running.size < schedule.width && failures.length === 0
      ? [...waiting].find(([, item]) =>
        [...running.keys()].every((index) => schedule.canShare(item, items[index]!))
      )
      : undefined;
    if (next === undefined) {
      if (running.size === 0) break;
      await Promise.race(running.values());
      continue;
    }
    const [index, item] = next;
    waiting.delete(index);
    const run = schedule.run(item)
      .then((result) => void (results[index] = result), (error) => void failures.push(error))
      .finally(() => running.delete(index));
    running.set(index, run);
  }
  if (failures.length > 0) throw failures[0];
  return results;
}
