/**
 * Removing folders that a build has made.
 *
 * @module
 */

import { runProgram } from "./program.ts";

/**
 * Removes a folder and all below it, but nothing of another file system that is mounted there.
 *
 * A build of a root file system mounts /proc, /sys and parts of /dev below its folder. It does so in a mount namespace
 * of its own; should one ever be left over all the same, then what is in it belongs to this machine, and has to stay.
 *
 * @param path the folder; it may not be there
 * @throws {HostError} of kind `failed` when something could not be removed
 *
 * @example
 * ```ts
 * import { removeTree } from "./remove_tree.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/a/b`, { recursive: true });
 * await removeTree(folder);
 * await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
 * ```
 */
export async function removeTree(path: string): Promise<void> {
  await runProgram(["rm", "--recursive", "--force", "--one-file-system", "--", path], {
    purpose: `remove "${path}"`,
  });
}
