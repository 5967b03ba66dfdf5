/**
 * Text from a guest or a helper, made safe to show.
 *
 * @module
 */

/**
 * Replaces everything that could move a terminal's cursor or change its state; line feeds and tabs stay.
 *
 * @param text text that something else chose
 * @returns the same text, with a question mark in place of each control character
 *
 * @example
 * ```ts
 * import { printable } from "./printable.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(printable("a\x1b[2Jb\r\n"), "a?[2Jb\n");
 * ```
 */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/[^\P{C}\n\t]/gu, "?");
}

/**
 * The last lines of a text, made safe to show.
 *
 * @param text text that something else chose
 * @param linesMax how many lines to keep
 * @returns at most so many lines, without empty ones at the end
 *
 * @example
 * ```ts
 * import { lastLines } from "./printable.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(lastLines("a\nb\nc\n\n", 2), "b\nc");
 * ```
 */
export function lastLines(text: string, linesMax: number): string {
  return printable(text).trimEnd().split("\n").slice(-linesMax).join("\n");
}
