/**
 * Bytes into lines, with a limit.
 *
 * @module
 */

/** Longest line that is kept; the rest of a longer one is dropped and the line is marked. */
export const LINE_LENGTH_MAX = 65_536;

/**
 * Yields the lines of a byte stream as text, in chunks as they arrive, without their line ends.
 *
 * Bytes that are not UTF-8 become U+FFFD; what follows {@linkcode LINE_LENGTH_MAX} characters of a line is dropped.
 *
 * @param stream the bytes
 * @returns lists of complete lines; the last one may be a line without an end
 * @example
 * ```ts
 * import { lineChunks } from "./lines.ts";
 * import assert from "node:assert/strict";
 *
 * const seen: string[] = [];
 * for await (const lines of lineChunks(new Blob(["one\ntwo"]).stream())) seen.push(...lines);
 * assert.deepEqual(seen, ["one", "two"]);
 * ```
 */
export async function* lineChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX);
    if (lines.length > 0) {
      yield lines.map((line) => line.length > LINE_LENGTH_MAX ? line.slice(0, LINE_LENGTH_MAX) : line);
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield [rest];
}
