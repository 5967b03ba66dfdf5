import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyText } from "../tests/support/any_text.ts";
import { commWords } from "../tests/support/wire.ts";
import { commText, printable, printableText } from "./mod.ts";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const ROWS: readonly (readonly [what: string, bytes: Uint8Array, text: string])[] = [
  ["plain text", bytesOf("kworker/0:1"), "kworker/0:1"],
  ["nothing", bytesOf(""), ""],
  ["a NUL and what is behind it", bytesOf("ab\0cd"), "ab"],
  ["spaces", bytesOf(" a b "), " a b "],
  ["a line end", bytesOf("a\nb\r"), "a\\x0ab\\x0d"],
  ["an escape sequence", bytesOf("\x1b[31m"), "\\x1b[31m"],
  ["DEL", bytesOf("\x7f"), "\\x7f"],
  ["a C1 control", bytesOf("\u009b2J"), "\\xc2\\x9b2J"],
  ["a backslash", bytesOf("a\\x41"), "a\\x5cx41"],
  ["letters of other scripts", bytesOf("aé中😀"), "aé中😀"],
  ["a bidi override", bytesOf("\u202eabc"), "\\xe2\\x80\\xaeabc"],
  ["a bidi isolate", bytesOf("\u2066"), "\\xe2\\x81\\xa6"],
  ["a zero-width joiner", bytesOf("\u200d"), "\\xe2\\x80\\x8d"],
  ["a byte order mark", bytesOf("\ufeffa"), "\\xef\\xbb\\xbfa"],
  ["a soft hyphen", bytesOf("\u00ad"), "\\xc2\\xad"],
  ["line and paragraph separators", bytesOf("\u2028\u2029"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"],
  ["a private character", bytesOf("\ue000"), "\\xee\\x80\\x80"],
  ["a tag character", bytesOf("\u{e0041}"), "\\xf3\\xa0\\x81\\x81"],
  ["a byte that begins nothing", new Uint8Array([0xff, 0x61, 0x80]), "\\xffa\\x80"],
  ["a sequence that is cut", new Uint8Array([0x61, 0xc3]), "a\\xc3"],
  ["an overlong slash", new Uint8Array([0xc0, 0xaf]), "\\xc0\\xaf"],
  ["an overlong NUL", new Uint8Array([0xc0, 0x80]), "\\xc0\\x80"],
  ["a surrogate", new Uint8Array([0xed, 0xa0, 0x80]), "\\xed\\xa0\\x80"],
  ["beyond Unicode", new Uint8Array([0xf4, 0x90, 0x80, 0x80]), "\\xf4\\x90\\x80\\x80"],
];

test("printable() keeps what can be printed and escapes every other byte", () => {
  for (const [what, bytes, text] of ROWS) assert.equal(printable(bytes), text, what);
});

test("commText() shows the same for a comm", () => {
  for (const [what, bytes, text] of ROWS) {
    assert.ok(bytes.length <= 16, what);
    assert.equal(commText(...commWords(bytes)), text, what);
  }
});

test("commText() shows all of a comm without NUL, and nothing of an empty one", () => {
  assert.equal(commText(...commWords(bytesOf("0123456789abcdef"))), "0123456789abcdef");
  assert.equal(commText("0", "0"), "");
  assert.equal(commText("0", "61"), "", "what is behind a NUL is old");
  assert.equal(commText("ffffffffffffffff", "ffffffffffffffff"), "\\xff".repeat(16));
});

test("commText() says the same again after more names than it remembers", () => {
  for (let at = 0; at < 5000; at += 1) commText((at + 0x41).toString(16), "0");
  assert.equal(commText("41", "0"), "A");
});

/** The bytes that a printable text stands for. */
function bytesBack(text: string): Uint8Array {
  const parts = text.match(/\\x[0-9a-f]{2}|[^\\]/gu) ?? [];
  return new Uint8Array(
    parts.flatMap((it) => it.startsWith("\\") ? [Number.parseInt(it.slice(2), 16)] : [...bytesOf(it)]),
  );
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  anyText(12).map(bytesOf),
);

test("printable() never lets a control character through and tells every byte", () => {
  fc.assert(fc.property(anyBytes, (bytes) => {
    const text = printable(bytes);
    assert.doesNotMatch(text, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.ok(text.isWellFormed());
    const end = bytes.indexOf(0);
    assert.deepEqual(bytesBack(text), new Uint8Array(end < 0 ? bytes : bytes.subarray(0, end)));
  }));
});

test("printableText() tells every character, also what is behind a NUL", () => {
  assert.equal(printableText("a\0b\u202e"), "a\\x00b\\xe2\\x80\\xae");
  fc.assert(fc.property(anyText(20), (text) => {
    assert.doesNotMatch(printableText(text), /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.deepEqual(bytesBack(printableText(text)), bytesOf(text));
  }));
});
