/**
 * What must be true of a reader for every line whatsoever.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { readMessage } from "../../capture/mod.ts";
import { decode, DecodeError } from "../../events/mod.ts";
import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireRecord } from "../../schema/mod.ts";
import { fuzzLine } from "./fuzz_lines.ts";
import { fuzzMessage } from "./fuzz_messages.ts";
import { plainMessage } from "./plain_message.ts";
import { wireLineSchema } from "./wire_schema.ts";

/** A reader on trial: lines of a stream, and what is asked about each. */
export interface Trial<Read = unknown> {
  /** Line `number` of the stream that `seed` stands for. */
  line(seed: number, number: number): string;
  /** Reads a line with the reader on trial; an error is returned, not thrown. */
  read(line: string): Read;
  /** Returns whether the line was taken for what it is; throws when what was read is wrong. */
  check(line: string, read: Read): boolean;
}

/** What a reader returned or threw. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

function outcomeOf(read: () => unknown): Outcome {
  try {
    return { value: read() };
  } catch (error) {
    return { error };
  }
}

const isRecord = new Ajv2020({ strict: true, strictTypes: false }).compile(wireLineSchema());

/** The decoder: a line that fits the schema gives its fields, any other one a {@linkcode DecodeError}. */
export function recordTrial(reader: (text: string, line: number) => unknown = decode): Trial<Outcome> {
  return {
    line: fuzzLine,
    read: (line) => outcomeOf(() => reader(line, 7)),
    check(line, outcome) {
      const isValid = isRecord(line);
      if ("error" in outcome) {
        const { error } = outcome;
        assert.ok(error instanceof DecodeError, `an error of another kind: ${error}`);
        assert.equal(isValid, false, `what fits the schema is refused: ${error.message}`);
        assert.ok(error.line === 7 && error.text === line, "the error is of another line");
        // A field that is missing would begin after one more space.
        assert.ok(error.column >= 1 && error.column <= line.length + 2, `column ${error.column}`);
        return false;
      }
      assert.equal(isValid, true, "what does not fit the schema is decoded");
      checkFields(line, outcome.value as Readonly<Record<string, unknown>>);
      return true;
    },
  };
}

const FIELDS: ReadonlyMap<string, WireRecord["fields"]> = new Map(
  Object.entries<WireRecord>(WIRE_TABLE).map(([tag, { fields }]) => [tag, fields]),
);

/** Writes every field again as it was printed, and compares. */
function checkFields(line: string, event: Readonly<Record<string, unknown>>): void {
  const [tag = "", ...words] = line.split(" ");
  const fields = FIELDS.get(tag) ?? [];
  assert.equal(event.kind, tag);
  assert.equal(Object.keys(event).join(), ["kind", ...fields.map((it) => it.name)].join(), "names of fields");
  let at = 0;
  for (const { name, kind } of fields) {
    const value = event[name];
    if (kind === "comm") {
      assert.equal(typeof value, "string", `type of field "${name}"`);
      checkComm(`${words[at]} ${words[at + 1]} ${value}`, name);
      at += 2;
      continue;
    }
    if (kind === "text") {
      assert.equal(value, words.slice(at).join(" "), `field "${name}"`);
      return;
    }
    const type = kind === "u64" ? "bigint" : kind === "i32" || kind === "u32" ? "number" : "string";
    assert.equal(typeof value, type, `type of field "${name}"`);
    assert.equal(String(value), words[at], `field "${name}"`);
    at += 1;
  }
}

/** Words and texts that were compared before; the same ones need not be compared again. */
const compared = new Set<string>();
const COMPARED_MAX = 10_000;

/** Compares the bytes in two words with those that the text after them stands for. */
function checkComm(wordsAndText: string, name: string): void {
  if (compared.has(wordsAndText)) return;
  const [, low = "", high = "", text = ""] = /^([^ ]*) ([^ ]*) (.*)$/s.exec(wordsAndText) ?? [];
  assert.equal(bytesOfText(text), (bytesOf(low) + bytesOf(high)).replace(/\0.*$/s, ""), `field "${name}"`);
  if (compared.size < COMPARED_MAX) compared.add(wordsAndText);
}

/** The eight bytes of a little-endian word, as characters of one byte each. */
function bytesOf(hex: string): string {
  const pairs = hex.padStart(16, "0").match(/../g) ?? [];
  return pairs.reverse().map((pair) => String.fromCharCode(parseInt(pair, 16))).join("");
}

/** The bytes that printable text stands for, in the same form. */
function bytesOfText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return String.fromCharCode(...bytes).replace(
    /\\x([0-9a-f]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/**
 * The reader of bpftrace's lines: it says what JSON says, and never throws.
 *
 * JSON does not have control characters as they are. A line with one may be taken for a record all the same, if that is
 * one that the decoder refuses.
 */
export function messageTrial(reader: (line: string) => unknown = readMessage): Trial<Outcome> {
  return {
    line: fuzzMessage,
    read: (line) => outcomeOf(() => reader(line)),
    check(line, outcome) {
      if ("error" in outcome) throw new Error(`An error: ${outcome.error}`, { cause: outcome.error });
      const expected = plainMessage(line);
      const read = outcome.value as typeof expected;
      if (read.kind === "probe-error" && expected.kind === "probe-error") {
        assert.equal(typeof read.detail, "string");
      } else if (read.kind === "record" && expected.kind === "unreadable") {
        assert.ok(!/["\\]/.test(read.text), `${said(read)} is no JSON`);
        assert.throws(() => decode(read.text, 7), DecodeError, `${said(read)} is no JSON, and is decoded`);
      } else {
        assert.ok(isSame(read, expected), `${said(read)} instead of ${said(expected)}`);
      }
      return expected.kind !== "unreadable";
    },
  };
}

/** Same kind and same text is what nearly all are; the others are looked at one by one. */
function isSame(read: ReturnType<typeof plainMessage>, expected: ReturnType<typeof plainMessage>): boolean {
  if (read.kind === "record" && expected.kind === "record") return read.text === expected.text;
  if (read.kind === "unreadable" && expected.kind === "unreadable") return read.text === expected.text;
  return said(read) === said(expected);
}

function said(message: ReturnType<typeof plainMessage>): string {
  return JSON.stringify(message, (_, value) => value instanceof Map ? [...value] : value);
}

/** A reader that does not come back from a certain line, to see that this is noticed. */
function endless(line: string): unknown {
  for (let at = 0; line.includes("\0"); at += 1);
  return decode(line, 7);
}

/** The trials by name. */
export const TRIALS = {
  record: recordTrial(),
  message: messageTrial(),
  endless: recordTrial(endless),
} as const;

/** The name of a trial. */
export type TrialName = keyof typeof TRIALS;
