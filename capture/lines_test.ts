import assert from "node:assert/strict";
import fc from "fast-check";
import { LINE_LENGTH_MAX, lineChunks } from "./lines.ts";

async function linesOf(chunks: readonly Uint8Array[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const some of lineChunks(ReadableStream.from(chunks) as ReadableStream<Uint8Array>)) {
    lines.push(...some);
  }
  return lines;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("lineChunks() gives the same lines however the bytes are cut", async () => {
  const text = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }).map((it) => it.replaceAll("\n", " ")));
  await fc.assert(fc.asyncProperty(text, fc.array(fc.nat(40)), async (lines, cuts) => {
    const all = bytes(lines.map((it) => `${it}\n`).join(""));
    const ends = [...new Set(cuts.map((it) => Math.min(it, all.length)))].sort((a, b) => a - b);
    const chunks = [...ends, all.length].map((end, at) => all.subarray(at === 0 ? 0 : ends[at - 1], end));
    assert.deepEqual(await linesOf(chunks), lines);
  }));
});

Deno.test("lineChunks() gives a last line that has no end", async () => {
  assert.deepEqual(await linesOf([bytes("one\ntw"), bytes("o")]), ["one", "two"]);
  assert.deepEqual(await linesOf([]), []);
});

Deno.test("lineChunks() cuts a line that is too long, and keeps the next one", async () => {
  const long = "x".repeat(LINE_LENGTH_MAX);
  assert.deepEqual(await linesOf([bytes(`${long}yz\nnext\n`)]), [long, "next"]);
  const many = Array.from({ length: 40 }, () => bytes("x".repeat(4096)));
  assert.deepEqual(await linesOf([...many, bytes("\nnext\n")]), [long, "next"]);
});

Deno.test("lineChunks() marks bytes that are not UTF-8", async () => {
  assert.deepEqual(await linesOf([Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0xc3)]), ["a\ufffdb", "\ufffd"]);
});
