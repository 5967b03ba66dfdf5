/**
 * Waiting, with a limit.
 *
 * @module
 */

/**
 * Waits for a promise, but not longer than so long.
 *
 * @param promise what to wait for
 * @param limitMs how long, in milliseconds
 * @returns its value, or `undefined` when the time is up
 * @throws what the promise rejects with
 *
 * @example
 * ```ts
 * import { within } from "./_within.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await within(Promise.resolve(1), 1000), 1);
 * assert.equal(await within(new Promise(() => {}), 10), undefined);
 * ```
 */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  const { promise: timeUp, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, limitMs, undefined);
  try {
    return await Promise.race([promise, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
