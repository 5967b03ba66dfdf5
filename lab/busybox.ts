/**
 * The one program of an initrd.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { buildOnce, type BuildOptions } from "./build_once.ts";
import { debianTarRecipe, fetchDebianTar } from "./debian_tar.ts";
import { requireFreeSpace } from "./free_space.ts";
import { runProgram } from "./program.ts";
import { recipeHash } from "./recipe.ts";

/** Linked statically, so it runs on every kernel without any other file. */
const SOURCE = {
  kind: "package",
  suite: "trixie",
  pattern: "busybox-static",
  called: "busybox-static",
} as const;
/** Free space that a build needs while it runs. */
const NEEDED_BYTES = 100_000_000;

/**
 * Fetches busybox unless the cache has it.
 *
 * @param options progress, cancelling, and where the cache is
 * @returns path of the program
 * @throws {HostError} when a program, the network or disk space is missing; nothing of the build is left then
 *
 * @example
 * ```ts ignore
 * import { buildBusybox } from "./busybox.ts";
 *
 * const busybox = await Deno.readFile(await buildBusybox({ onProgress: console.error }));
 * ```
 */
export async function buildBusybox(options: BuildOptions = {}): Promise<string> {
  const { signal, onProgress } = options;
  const label = "busybox";
  const build = async (folder: string) => {
    await requireFreeSpace(folder, { purpose: `build ${label}`, bytes: NEEDED_BYTES, signal });
    const tar = `${folder}/busybox.tar`;
    await fetchDebianTar({ source: SOURCE, path: tar, folder, label, signal, onProgress });
    // The program is in /bin or in /usr/bin.
    const unpack = [
      "tar",
      "--extract",
      "--no-same-owner",
      "--wildcards",
      "--no-anchored",
      "--transform=s:.*/::",
    ];
    await runProgram([...unpack, `--file=${tar}`, `--directory=${folder}`, "bin/busybox"], {
      purpose: `unpack ${label}`,
      signal,
    });
    await Deno.remove(tar);
    if ((await Deno.lstat(`${folder}/busybox`)).isFile) return;
    throw new HostError("Cannot build busybox: the package has no such file", {
      host: "lab",
      kind: "failed",
    });
  };
  const hash = await recipeHash(await debianTarRecipe(SOURCE));
  return `${await buildOnce({ ...options, name: "busybox", hash, build })}/busybox`;
}
