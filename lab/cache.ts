/**
 * Where the lab keeps what it has built.
 *
 * ```text
 * .cache/lab/
 *   root-trixie@HASH/      a finished build; HASH is the fingerprint of its recipe
 *   root-trixie.building/  one that is under way, or that broke
 *   mutant-tree-5.10@HASH/ a source that is compiled in again and again
 *   locks/                 one file per thing that can be built
 *   run/                   one folder per running guest
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { acquireLock, tryLock } from "./lock.ts";
import { removeTree } from "./remove_tree.ts";

/** Ending of the folder that a build is made in. */
export const BUILDING = ".building";

/** Something that the lab has built. */
export interface CacheEntry {
  /** What it is, such as `root-trixie`. */
  readonly name: string;
  /** Fingerprint of its recipe. */
  readonly hash: string;
  /** Its folder. */
  readonly path: string;
  /** Disk space it takes, in bytes. */
  readonly sizeBytes: number;
}

/**
 * The folder of everything that the lab builds, in the project's own `.cache`.
 *
 * @returns absolute path without a slash at the end; it may not exist yet
 *
 * @example
 * ```ts
 * import { labCacheFolder } from "./cache.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(labCacheFolder(), /\/\.cache\/lab$/);
 * ```
 */
export function labCacheFolder(): string {
  return fileURLToPath(new URL("../.cache/lab", import.meta.url));
}

/**
 * The lock file that guards the building and the removing of one thing.
 *
 * @param folder the cache
 * @param name what is built, such as `root-trixie`
 * @returns path of the lock file
 *
 * @example
 * ```ts
 * import { lockFile } from "./cache.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(lockFile("/c", "root-trixie"), "/c/locks/root-trixie");
 * ```
 */
export function lockFile(folder: string, name: string): string {
  return `${folder}/locks/${name}`;
}

/**
 * Lists the finished builds with their sizes.
 *
 * @param folder the cache
 * @returns the builds, sorted by name; none when the cache does not exist
 *
 * @example
 * ```ts
 * import { listCache } from "./cache.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await listCache("/tmp/there-is-no-such-folder"), []);
 * ```
 */
export async function listCache(folder: string = labCacheFolder()): Promise<readonly CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const child of await folderNames(folder)) {
    const [, name, hash] = /^([^@]+)@([0-9a-f]+)$/.exec(child) ?? [];
    if (name === undefined || hash === undefined) continue;
    const path = `${folder}/${child}`;
    entries.push({ name, hash, path, sizeBytes: await diskUsage(path) });
  }
  return entries;
}

/**
 * Removes finished builds. A guest that runs keeps what it has open.
 *
 * @param name which thing to remove, such as `root-trixie`; `undefined` removes all of them
 * @param folder the cache
 * @returns what was removed
 *
 * @example
 * ```ts
 * import { removeCached } from "./cache.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await removeCached("root-trixie", "/tmp/there-is-no-such-folder"), []);
 * ```
 */
export async function removeCached(
  name: string | undefined,
  folder: string = labCacheFolder(),
): Promise<readonly CacheEntry[]> {
  const entries = (await listCache(folder)).filter((entry) => name === undefined || entry.name === name);
  for (const entry of entries) {
    using _lock = await acquireLock(lockFile(folder, entry.name));
    await removeTree(entry.path);
  }
  return entries;
}

/**
 * Removes what broken builds left behind; builds that are under way stay.
 *
 * @param folder the cache
 * @returns names of the folders that were removed
 *
 * @example
 * ```ts
 * import { removeLeftovers } from "./cache.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await removeLeftovers("/tmp/there-is-no-such-folder"), []);
 * ```
 */
export async function removeLeftovers(folder: string = labCacheFolder()): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const child of await folderNames(folder)) {
    if (!child.endsWith(BUILDING)) continue;
    using lock = await tryLock(lockFile(folder, child.slice(0, -BUILDING.length)));
    if (lock === undefined) continue;
    await removeTree(`${folder}/${child}`);
    removed.push(child);
  }
  return removed;
}

/** Names in a folder, sorted; none when it does not exist. */
async function folderNames(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Disk space of a folder and all below it, in bytes; holes in sparse files take none. What goes while it is looked at,
 * as in a source that is being compiled, takes none either.
 */
async function diskUsage(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await unlessGone(Array.fromAsync(Deno.readDir(folder))) ?? []) {
    const path = `${folder}/${entry.name}`;
    const info = await unlessGone(Deno.lstat(path));
    bytes += entry.isDirectory ? await diskUsage(path) : (info?.blocks ?? 0) * 512;
  }
  return bytes;
}

/** What was asked for, or `undefined` when it is not there any more. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
