/**
 * The private folder of one running guest: its key, its console, its record.
 *
 * @module
 */

import { labCacheFolder } from "./cache.ts";
import { acquireLock, tryLock } from "./lock.ts";

/** The folder of a guest that this process runs; it is removed when this is disposed. */
export interface GuestFolder extends AsyncDisposable {
  /** Path of the folder, mode 0700. */
  readonly path: string;
}

/** File in a guest's folder that the process which runs the guest keeps locked. */
const OWNER_LOCK = "owner";

/**
 * Where the folders of running guests are.
 *
 * @param cacheFolder the lab's cache
 * @returns path of the folder
 *
 * @example
 * ```ts
 * import { runFolder } from "./guest_folder.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(runFolder("/c"), "/c/run");
 * ```
 */
export function runFolder(cacheFolder: string = labCacheFolder()): string {
  return `${cacheFolder}/run`;
}

/**
 * Makes the folder of a guest, and removes the folders of guests whose owner died.
 *
 * The folder has a lock in it that dies with this process, so nobody ever has to ask whether a process id still means
 * the same process.
 *
 * @param cacheFolder the lab's cache
 * @returns the folder
 *
 * @example
 * ```ts
 * import { makeGuestFolder } from "./guest_folder.ts";
 * import assert from "node:assert/strict";
 *
 * const cache = await Deno.makeTempDir();
 * {
 *   await using folder = await makeGuestFolder(cache);
 *   assert.equal((await Deno.stat(folder.path)).mode! & 0o777, 0o700);
 * }
 * await Deno.remove(cache, { recursive: true });
 * ```
 */
export async function makeGuestFolder(cacheFolder: string = labCacheFolder()): Promise<GuestFolder> {
  await livingGuestFolders(cacheFolder);
  // Between making a folder and locking it, it looks abandoned.
  using _lock = await acquireLock(`${cacheFolder}/locks/run`);
  await Deno.mkdir(runFolder(cacheFolder), { recursive: true, mode: 0o700 });
  const path = await Deno.makeTempDir({ dir: runFolder(cacheFolder), prefix: "guest-" });
  const owner = await acquireLock(`${path}/${OWNER_LOCK}`);
  let removed = false;
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (removed) return;
      removed = true;
      using _lock = await acquireLock(`${cacheFolder}/locks/run`);
      await Deno.remove(path, { recursive: true });
      owner[Symbol.dispose]();
    },
  };
}

/**
 * Finds the folders of the guests whose owner lives, and removes the others.
 *
 * @param cacheFolder the lab's cache
 * @returns paths, sorted
 *
 * @example
 * ```ts
 * import { livingGuestFolders } from "./guest_folder.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await livingGuestFolders("/tmp/there-is-no-such-folder"), []);
 * ```
 */
export async function livingGuestFolders(cacheFolder: string = labCacheFolder()): Promise<readonly string[]> {
  const run = runFolder(cacheFolder);
  if (await folderNames(run) === undefined) return [];
  using _lock = await acquireLock(`${cacheFolder}/locks/run`);
  const living: string[] = [];
  for (const name of await folderNames(run) ?? []) {
    const path = `${run}/${name}`;
    // The lock is free only when the owner is dead.
    using lock = await tryLock(`${path}/${OWNER_LOCK}`);
    if (lock === undefined) living.push(path);
    else await Deno.remove(path, { recursive: true });
  }
  return living;
}

/** Names in a folder, sorted; `undefined` when it does not exist. */
async function folderNames(folder: string): Promise<readonly string[] | undefined> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
