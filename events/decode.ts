/**
 * From a record's text to an event.
 *
 * @module
 */

import { WIRE_TABLE } from "../schema/mod.ts";
import type { WireEvent, WireField, WireKind, WireTag } from "../schema/mod.ts";
import { commText, printableText } from "./printable.ts";

/** Options of {@linkcode DecodeError}. */
export interface DecodeErrorOptions {
  /** Number of the line in its stream, from 1. */
  readonly line: number;
  /** Number of the first character that does not fit, from 1. */
  readonly column: number;
  /** The line. */
  readonly text: string;
}

/**
 * A line that is not a record of the wire table.
 *
 * @example
 * ```ts
 * import { decode, DecodeError } from "./decode.ts";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => decode("put 0 x", 7), (error) => error instanceof DecodeError && error.line === 7 && error.column === 7);
 * ```
 */
export class DecodeError extends SyntaxError {
  /** Number of the line in its stream, from 1. */
  readonly line: number;
  /** Number of the first character that does not fit, from 1. */
  readonly column: number;
  /** The line. */
  readonly text: string;

  /** Creates the error; see {@linkcode DecodeErrorOptions}. */
  constructor(message: string, options: DecodeErrorOptions) {
    super(`${message} (line ${options.line}, column ${options.column})`);
    this.name = "DecodeError";
    this.line = options.line;
    this.column = options.column;
    this.text = options.text;
  }
}

const HEX = /^(?:0|[1-9a-f][0-9a-f]{0,15})$/;
const I32 = /^(?:0|-?[1-9][0-9]{0,9})$/;
const U32 = /^(?:0|[1-9][0-9]{0,9})$/;
const U64 = /^(?:0|[1-9][0-9]{0,19})$/;
const WORD = /^[!-~]+$/;
const U64_MAX = 2n ** 64n - 1n;

/** The value of a word of each kind; `undefined` when it is not the one way in which printf() writes such a value. */
const READERS: Readonly<Record<Exclude<WireKind, "comm" | "text">, (word: string) => unknown>> = {
  i32(word) {
    const value = Number(word);
    return I32.test(word) && value === (value | 0) ? value : undefined;
  },
  u32(word) {
    const value = Number(word);
    return U32.test(word) && value <= 0xffff_ffff ? value : undefined;
  },
  u64(word) {
    if (!U64.test(word)) return undefined;
    const value = BigInt(word);
    return value <= U64_MAX ? value : undefined;
  },
  hex: (word) => HEX.test(word) ? word : undefined,
  pointer: (word) => HEX.test(word) ? word : undefined,
  word: (word) => WORD.test(word) ? word : undefined,
};

const FIELDS: ReadonlyMap<string, readonly WireField[]> = new Map(
  Object.entries(WIRE_TABLE).map(([tag, record]) => [tag, record.fields]),
);

/**
 * Reads one record.
 *
 * @param text the printed line, without its end
 * @param line its number in the stream, from 1, for errors
 * @returns the event
 * @throws {DecodeError} when the line is not exactly a record of the wire table
 * @example
 * ```ts
 * import { decode } from "./decode.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(decode("put 1 7 5000 ff00 1", 1), {
 *   kind: "put",
 *   cpu: 1,
 *   number: 7,
 *   ktimeNs: 5000n,
 *   pidAddress: "ff00",
 *   count: 1,
 * });
 * ```
 */
export function decode(text: string, line: number): WireEvent {
  const words = text.split(" ");
  const tag = words[0] ?? "";
  const fields = FIELDS.get(tag);
  if (fields === undefined) {
    throw new DecodeError(`Cannot decode a record: unknown tag ${quoted(tag)}`, {
      line,
      column: 1,
      text,
    });
  }
  const event: Record<string, unknown> = { kind: tag as WireTag };
  let at = 1;
  for (const field of fields) {
    if (field.kind === "comm") {
      const low = words[at], high = words[at + 1];
      if (low === undefined || !HEX.test(low)) throw misfit(words, at, { field, line, text });
      if (high === undefined || !HEX.test(high)) throw misfit(words, at + 1, { field, line, text });
      event[field.name] = commText(low, high);
      at += 2;
      continue;
    }
    if (field.kind === "text" && at < words.length) {
      event[field.name] = words.slice(at).join(" ");
      at = words.length;
      continue;
    }
    const word = words[at];
    const value = word === undefined || field.kind === "text" ? undefined : READERS[field.kind](word);
    if (value === undefined) throw misfit(words, at, { field, line, text });
    event[field.name] = value;
    at += 1;
  }
  if (at !== words.length) {
    const column = columnOf(words, at);
    throw new DecodeError(`Cannot decode a record "${tag}": text after its last field`, {
      line,
      column,
      text,
    });
  }
  return event as WireEvent;
}

function misfit(
  words: readonly string[],
  at: number,
  options: { readonly field: WireField; readonly line: number; readonly text: string },
): DecodeError {
  const { field, line, text } = options;
  const found = words[at] === undefined ? "the end of the line" : quoted(words[at]);
  return new DecodeError(
    `Cannot decode a record "${words[0]}": field "${field.name}" must be ${field.kind}, got ${found}`,
    { line, column: columnOf(words, at), text },
  );
}

/** The begin of a word for a message; nobody knows what is in it. */
function quoted(word: string): string {
  return `"${printableText(word.slice(0, 40))}"`;
}

function columnOf(words: readonly string[], at: number): number {
  return words.slice(0, at).reduce((sum, word) => sum + word.length + 1, 1);
}
