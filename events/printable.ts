/**
 * Bytes that the traced machine chose, as text that can stand anywhere.
 *
 * @module
 */

/** Printable: not a control, a format, a surrogate, a private or unassigned character, and not a separator but space. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}\\]$/u;

/**
 * Returns bytes as text: printable UTF-8 as it is, every other byte and the backslash as `\xHH`.
 *
 * The result is safe in a terminal and in JSON, and tells every byte.
 *
 * @param bytes up to and without a first NUL, if there is one
 * @returns printable text
 * @example
 * ```ts
 * import { printable } from "./printable.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(printable(new Uint8Array([97, 10, 0x1b, 0xff, 0xc3, 0xa9])), "a\\x0a\\x1b\\xffé");
 * ```
 */
export function printable(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return escaped(end < 0 ? bytes : bytes.subarray(0, end));
}

/**
 * Returns text of somebody else as {@linkcode printable} text, with every character that it has.
 *
 * @param text any text
 * @returns printable text
 * @example
 * ```ts
 * import { printableText } from "./printable.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(printableText("a\u009b2J\0"), "a\\xc2\\x9b2J\\x00");
 * ```
 */
export function printableText(text: string): string {
  return escaped(new TextEncoder().encode(text));
}

function escaped(used: Uint8Array): string {
  let text = "";
  for (let at = 0; at < used.length;) {
    const byte = used[at] ?? 0;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
    const character = length === 0 || at + length > used.length
      ? undefined
      : decoded(used.subarray(at, at + length));
    if (character === undefined || !PRINTABLE.test(character)) {
      text += `\\x${byte.toString(16).padStart(2, "0")}`;
      at += 1;
    } else {
      text += character;
      at += length;
    }
  }
  return text;
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

const commCache = new Map<string, string>();
const COMM_CACHE_MAX = 4096;

/**
 * Returns the `comm` that two little-endian 64-bit words hold, as {@linkcode printable} text.
 *
 * @param low hex digits of bytes 0 to 7
 * @param high hex digits of bytes 8 to 15
 * @returns printable text of at most 16 bytes
 * @example
 * ```ts
 * import { commText } from "./printable.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(commText("646461657268746b", "0"), "kthreadd");
 * ```
 */
export function commText(low: string, high: string): string {
  const key = `${low} ${high}`;
  const known = commCache.get(key);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(`0x${low}`), true);
  view.setBigUint64(8, BigInt(`0x${high}`), true);
  const text = printable(bytes);
  if (commCache.size >= COMM_CACHE_MAX) commCache.clear();
  commCache.set(key, text);
  return text;
}
