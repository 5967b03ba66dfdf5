import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WIRE_TABLE } from "../schema/mod.ts";
import type { WireField, WireKind, WireTag } from "../schema/mod.ts";
import { commWords, encodeRecord } from "../tests/support/wire.ts";
import type { WireValue } from "../tests/support/wire.ts";
import { commText, decode, DecodeError } from "./mod.ts";

const PUT = "put 1 7 5000 ff00 1";
const LAST = "last 0 1 5 1 1 1 61 0 ff00";

/** A line, the column of its first wrong character, and what is said about it. */
const BAD: readonly (readonly [line: string, column: number, said: string])[] = [
  ["", 1, 'unknown tag ""'],
  [" ", 1, 'unknown tag ""'],
  ["hello", 1, 'unknown tag "hello"'],
  ["PUT 1 7 5000 ff00 1", 1, 'unknown tag "PUT"'],
  ["__proto__ 1", 1, 'unknown tag "__proto__"'],
  ["toString", 1, 'unknown tag "toString"'],
  [`${"x".repeat(100)} 1`, 1, `unknown tag "${"x".repeat(40)}"`],
  ["\u001b[2J\u202e\u009b", 1, 'unknown tag "\\x1b[2J\\xe2\\x80\\xae\\xc2\\x9b"'],
  [` ${PUT}`, 1, 'unknown tag ""'],
  ["put", 5, 'field "cpu" must be u32, got the end of the line'],
  ["put 1 7", 9, 'field "ktimeNs" must be u64, got the end of the line'],
  ["put x 7 5000 ff00 1", 5, 'field "cpu" must be u32, got "x"'],
  ["put  1 7 5000 ff00 1", 5, 'field "cpu" must be u32, got ""'],
  ["put -1 7 5000 ff00 1", 5, 'field "cpu" must be u32, got "-1"'],
  ["put +1 7 5000 ff00 1", 5, 'field "cpu" must be u32, got "+1"'],
  ["put 01 7 5000 ff00 1", 5, 'field "cpu" must be u32, got "01"'],
  ["put 4294967296 7 5000 ff00 1", 5, 'field "cpu" must be u32, got "4294967296"'],
  ["put 1 7.5 5000 ff00 1", 7, 'field "number" must be u32, got "7.5"'],
  ["put 1 7 -5 ff00 1", 9, 'field "ktimeNs" must be u64, got "-5"'],
  ["put 1 7 18446744073709551616 ff00 1", 9, 'field "ktimeNs" must be u64, got "18446744073709551616"'],
  ["put 1 7 5000 FF00 1", 14, 'field "pidAddress" must be pointer, got "FF00"'],
  ["put 1 7 5000 0xff00 1", 14, 'field "pidAddress" must be pointer, got "0xff00"'],
  ["put 1 7 5000 00ff 1", 14, 'field "pidAddress" must be pointer, got "00ff"'],
  ["put 1 7 5000 fffffffffffffffff 1", 14, 'field "pidAddress" must be pointer, got "fffffffffffffffff"'],
  ["put 1 7 5000 ff00 2147483648", 19, 'field "count" must be i32, got "2147483648"'],
  ["put 1 7 5000 ff00 -2147483649", 19, 'field "count" must be i32, got "-2147483649"'],
  ["put 1 7 5000 ff00 -0", 19, 'field "count" must be i32, got "-0"'],
  ["put 1 7 5000 ff00 1\u0000", 19, 'field "count" must be i32, got "1\\x00"'],
  [`${PUT} `, 21, "text after its last field"],
  [`${PUT} 2`, 21, "text after its last field"],
  [`${PUT}put 1 8 5001 ff00 1`, 19, 'field "count" must be i32, got "1put"'],
  ["last 0 1 5 1 1 1 6g 0 ff00", 18, 'field "comm" must be comm, got "6g"'],
  ["last 0 1 5 1 1 1 61", 21, 'field "comm" must be comm, got the end of the line'],
  ["last 0 1 5 1 1 1 61  ff00", 21, 'field "comm" must be comm, got ""'],
  ["ready 1 5 \t", 11, 'field "utc" must be word, got "\\x09"'],
  ["ready 1 5 \u009b", 11, 'field "utc" must be word, got "\\xc2\\x9b"'],
  ["ready 1 5 ", 11, 'field "utc" must be word, got ""'],
];

test("decode() says line and column of the first character that does not fit", () => {
  for (const [text, column, said] of BAD) {
    assert.throws(() => decode(text, 9), (error) => {
      assert.ok(error instanceof DecodeError && error instanceof SyntaxError, text);
      assert.deepEqual([error.line, error.column, error.text], [9, column, text]);
      assert.ok(error.message.includes(said), `${error.message} lacks ${said}`);
      assert.ok(error.message.endsWith(` (line 9, column ${error.column})`), error.message);
      assert.match(error.message, /^[\x20-\x7e]*$/, "nothing of the line reaches a terminal as it is");
      return true;
    });
  }
  assert.equal(decode(PUT, 1).kind, "put");
  assert.equal(decode(LAST, 1).kind, "last");
});

const hex = fc.bigInt(0n, 2n ** 64n - 1n).map((it) => it.toString(16));
const VALUES: Readonly<Record<WireKind, fc.Arbitrary<WireValue>>> = {
  i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  u64: fc.bigInt(0n, 2n ** 64n - 1n),
  hex,
  pointer: hex,
  comm: fc.uint8Array({ minLength: 0, maxLength: 16 }),
  word: fc.stringMatching(/^[0-9.]{1,20}$/),
  text: fc.string(),
};

const record = fc.constantFrom(...Object.keys(WIRE_TABLE) as WireTag[]).chain((tag) =>
  fc.record(Object.fromEntries(WIRE_TABLE[tag].fields.map((it) => [it.name, VALUES[it.kind]])))
    .map((values) => ({ tag, values }))
);

test("decode() gives back every record that the table can print", () => {
  fc.assert(fc.property(record, ({ tag, values }) => {
    const expected = Object.entries(values).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? commText(...commWords(value)) : value,
    ]);
    assert.deepEqual(decode(encodeRecord(tag, values), 1), { kind: tag, ...Object.fromEntries(expected) });
  }));
});

test("decode() takes no record that was cut or that something was added to", () => {
  fc.assert(fc.property(record, fc.nat(), ({ tag, values }, where) => {
    const line = encodeRecord(tag, values);
    const words = line.split(" ");
    const fewer = words.slice(0, 1 + where % (words.length - 1));
    // What ends with text is whole with any other text too.
    const fields: readonly WireField[] = WIRE_TABLE[tag].fields;
    if (fields.at(-1)?.kind === "text") return;
    assert.throws(() => decode(fewer.join(" "), 1), DecodeError);
    assert.throws(() => decode(`${line} 0`, 1), DecodeError);
    assert.throws(() => decode(`${line}${line}`, 1), DecodeError);
  }));
});
