/**
 * A lock between processes, held as long as the process lives and not longer.
 *
 * @module
 */

import { dirname } from "node:path";

/** How often a waiting process looks again, in milliseconds. */
const POLL_MS = 200;

/** A lock that is held until it is disposed, or until this process dies. */
export interface Lock extends Disposable {
  /** The file that is locked. It stays when the lock goes, for removing it would let two owners in. */
  readonly path: string;
}

/** Options of {@linkcode acquireLock}. */
export interface LockOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Called once when somebody else has the lock. */
  readonly onWait?: () => void;
}

/**
 * Takes a lock if it is free.
 *
 * It is the kernel's own flock(2): a process that dies in any way gives it back, so there is no stale lock to detect.
 *
 * @param path the file to lock; it is made when it is not there
 * @returns the lock, or `undefined` when another owner has it
 *
 * @example
 * ```ts
 * import { tryLock } from "./lock.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using first = await tryLock(`${folder}/lock`);
 *   assert.ok(first);
 *   assert.equal(await tryLock(`${folder}/lock`), undefined);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function tryLock(path: string): Promise<Lock | undefined> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  if (await file.tryLock(true)) return { path, [Symbol.dispose]: () => file.close() };
  file.close();
  return undefined;
}

/**
 * Takes a lock, waiting for it as long as another owner has it.
 *
 * @param path the file to lock; it is made when it is not there
 * @param options how to stop waiting
 * @returns the lock
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts
 * import { acquireLock } from "./lock.ts";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using _lock = await acquireLock(`${folder}/lock`);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  for (let round = 0;; round++) {
    options.signal?.throwIfAborted();
    const lock = await tryLock(path);
    if (lock !== undefined) return lock;
    if (round === 0) options.onWait?.();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
