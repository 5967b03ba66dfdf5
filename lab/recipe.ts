/**
 * The fingerprint of how something is built: another recipe is another build.
 *
 * @module
 */

/**
 * The fingerprint of a recipe.
 *
 * @param parts everything that decides what the build yields: options, package names, texts of scripts, in order
 * @returns 16 hexadecimal digits
 *
 * @example
 * ```ts
 * import { recipeHash } from "./recipe.ts";
 * import assert from "node:assert/strict";
 *
 * assert.notEqual(await recipeHash(["ab", "c"]), await recipeHash(["a", "bc"]));
 * ```
 */
export async function recipeHash(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toHex().slice(0, 16);
}
