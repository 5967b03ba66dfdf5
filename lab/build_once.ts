/**
 * A build that is either finished or not there, whoever dies in between.
 *
 * @module
 */

import { acquireLock } from "./lock.ts";
import { BUILDING, labCacheFolder, lockFile } from "./cache.ts";
import { removeTree } from "./remove_tree.ts";

/** What a build may use and has to obey. */
export interface BuildOptions {
  /** Ends the build. */
  readonly signal?: AbortSignal | undefined;
  /** Gets a line for people now and then. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Where finished builds are. @default {labCacheFolder()} */
  readonly cacheFolder?: string | undefined;
}

/** Options of {@linkcode buildOnce}. */
export interface BuildOnceOptions extends BuildOptions {
  /** What is built, such as `root-trixie`: lower-case letters, digits, dots, dashes and underscores. */
  readonly name: string;
  /** Fingerprint of the recipe; another one is built anew. */
  readonly hash: string;
  /** Fills the folder; it may leave nothing elsewhere. */
  readonly build: (folder: string) => Promise<void>;
}

/**
 * Builds something into the cache unless it is there already.
 *
 * The build happens in a sibling folder that gets its final name at the end, so a folder of that name is always
 * complete. One process builds at a time; the others wait and use its result. Builds by older recipes are removed.
 *
 * @param options what to build, and how
 * @returns the folder with the finished build
 * @throws what `build` throws; nothing of the build is left then
 *
 * @example
 * ```ts
 * import { buildOnce } from "./build_once.ts";
 * import assert from "node:assert/strict";
 *
 * const cacheFolder = await Deno.makeTempDir();
 * const build = (folder: string) => Deno.writeTextFile(`${folder}/text`, "hello");
 * const folder = await buildOnce({ name: "greeting", hash: "ab12", build, cacheFolder });
 * assert.equal(await Deno.readTextFile(`${folder}/text`), "hello");
 * await Deno.remove(cacheFolder, { recursive: true });
 * ```
 */
export async function buildOnce(options: BuildOnceOptions): Promise<string> {
  const { name, hash, onProgress, signal } = options;
  const cache = options.cacheFolder ?? labCacheFolder();
  if (!/^[a-z0-9._-]+$/.test(name)) {
    throw new TypeError(`Cannot build "${name}": the name is not a plain word`);
  }
  const finished = `${cache}/${name}@${hash}`;
  if (await exists(finished)) return finished;

  using _lock = await acquireLock(lockFile(cache, name), {
    signal,
    onWait: () => onProgress?.(`${name}: waiting for another process that is building it`),
  });
  if (await exists(finished)) return finished;
  const building = `${cache}/${name}${BUILDING}`;
  // Whoever made this folder does not hold the lock any more, so it is dead.
  await removeTree(building);
  await Deno.mkdir(building, { mode: 0o755 });
  try {
    await options.build(building);
    signal?.throwIfAborted();
    await Deno.rename(building, finished);
  } catch (error) {
    await removeTree(building);
    throw error;
  }
  for (const child of await Array.fromAsync(Deno.readDir(cache))) {
    const isOlder = child.name.startsWith(`${name}@`) && child.name !== `${name}@${hash}`;
    if (isOlder) await removeTree(`${cache}/${child.name}`);
  }
  return finished;
}

/** Whether a path is there. */
async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
