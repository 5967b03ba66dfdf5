/**
 * All files below a folder.
 *
 * @module
 */

/**
 * Lists the files below a folder. Symbolic links are not followed.
 *
 * @param folder the folder
 * @returns paths of files and links, from the folder on, in no order
 * @throws {Deno.errors.NotFound} when there is no such folder
 *
 * @example
 * ```ts
 * import { listTree } from "./list_tree.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/a`);
 * await Deno.writeTextFile(`${folder}/a/b`, "");
 * assert.deepEqual(await listTree(folder), ["a/b"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function listTree(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const visit = async (below: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
      if (isDirectory) await visit(`${below}${name}/`);
      else paths.push(`${below}${name}`);
    }
  };
  await visit("");
  return paths;
}
