/**
 * Text that a machine chose, made safe to put into a message.
 *
 * @module
 */

/** Longest text that is put into a message, in characters. */
const LENGTH_MAX = 400;

/**
 * Replaces everything that could move a terminal's cursor or change its state; line feeds and tabs stay.
 *
 * @param text any text
 * @returns the same text, with a question mark in place of each control or format character
 *
 * @example
 * ```ts
 * import { printable } from "./_text.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(printable("a\x1b[2Jb\r\n"), "a?[2Jb\n");
 * ```
 */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/[^\P{C}\n\t]/gu, "?");
}

/**
 * Puts a text between quotes, on one line.
 *
 * @param text any text
 * @returns the text between double quotes, shortened and made safe to show
 *
 * @example
 * ```ts
 * import { quote } from "./_text.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(quote("/proc/1\n"), '"/proc/1?"');
 * ```
 */
export function quote(text: string): string {
  const line = printable(text).replaceAll(/[\n\t]/g, "?");
  return `"${line.length > LENGTH_MAX ? `${line.slice(0, LENGTH_MAX)}…` : line}"`;
}

/**
 * The last line of a program's messages that says something.
 *
 * @param text a program's standard error
 * @returns the line, shortened and made safe to show; empty when nothing was said
 *
 * @example
 * ```ts
 * import { lastLine } from "./_text.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(lastLine("cat: one\ncat: two\n\n"), "cat: two");
 * ```
 */
export function lastLine(text: string): string {
  return printable(text).trimEnd().split("\n").at(-1)?.trim().slice(-LENGTH_MAX) ?? "";
}
