/**
 * Changes in a source that is compiled again and again: exactly those that are wanted, whatever was there before.
 *
 * @module
 */

import { dirname } from "node:path";
import { applyEdits, type SourceEdit } from "./mutants/mutant.ts";
import { listTree } from "./list_tree.ts";

/**
 * Makes a source have these changes and no others. Files that stay as they are are not touched, so that nothing of them
 * is compiled again.
 *
 * What a file was at first is kept in a folder beside the source before the file is changed for the first time. So it
 * does not matter how the last build ended.
 *
 * @param folder has the source in `tree`, and gets `originals`
 * @param edits the changes
 * @throws {RangeError} when a change does not fit; nothing is changed then
 *
 * @example
 * ```ts
 * import { setChanges } from "./source_changes.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/tree`);
 * await Deno.writeTextFile(`${folder}/tree/a.c`, "one");
 * await setChanges(folder, [{ file: "a.c", original: "one", replacement: "two" }]);
 * await setChanges(folder, []);
 * assert.equal(await Deno.readTextFile(`${folder}/tree/a.c`), "one");
 * ```
 */
export async function setChanges(folder: string, edits: readonly SourceEdit[]): Promise<void> {
  const originals = `${folder}/originals`;
  await Deno.mkdir(originals, { recursive: true });
  const kept = new Set(await listTree(originals));
  const wanted = new Map<string, string>();
  for (const file of new Set([...kept, ...edits.map((edit) => edit.file)])) {
    const text = await Deno.readTextFile(kept.has(file) ? `${originals}/${file}` : `${folder}/tree/${file}`);
    wanted.set(file, applyEdits(text, edits.filter((edit) => edit.file === file)));
  }
  for (const [file, text] of wanted) {
    const path = `${folder}/tree/${file}`;
    if (!kept.has(file)) await keepOriginal(path, { copy: `${originals}/${file}`, draft: `${folder}/draft` });
    if (await Deno.readTextFile(path) !== text) await Deno.writeTextFile(path, text);
  }
}

/** Keeps a copy, which has its name only when it is whole. */
async function keepOriginal(
  path: string,
  { copy, draft }: { readonly copy: string; readonly draft: string },
): Promise<void> {
  await Deno.mkdir(dirname(copy), { recursive: true });
  await Deno.copyFile(path, draft);
  await Deno.rename(draft, copy);
}
