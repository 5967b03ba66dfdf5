/**
 * The lines of a recording's bytes, packed or plain.
 *
 * @module
 */

import { isZstd, unpackFrames } from "./zstd.ts";

/** Longest line that is read, in characters. */
const LINE_LENGTH_MAX = 64 * 1024 * 1024;

/** One line, or why there is no further one. */
export type RecordedLine =
  | { readonly kind: "line"; readonly text: string }
  /** The bytes end, or cannot be read, within a line or a frame. */
  | { readonly kind: "broken"; readonly reason: string; readonly rest: string };

/** Yields the whole lines, and at last what is broken, if anything is. */
export async function* recordedLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<RecordedLine> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  try {
    for await (const bytes of plainBytes(stream)) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) yield { kind: "line", text };
      if (rest.length > LINE_LENGTH_MAX) return yield { kind: "broken", reason: "a line is too long", rest };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return yield { kind: "broken", reason: "its last frame is cut off or damaged", rest };
  }
  if (rest !== "") yield { kind: "broken", reason: "its last line is cut off", rest };
}

/** The bytes as they were before they were packed, if they were. */
async function* plainBytes(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let head = new Uint8Array();
  while (head.length < 4) {
    const next = await chunks.next();
    if (next.done === true) break;
    first.push(next.value);
    head = new Uint8Array([...head, ...next.value.subarray(0, 4)]);
  }
  const all = (async function* () {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  yield* isZstd(head) ? unpackFrames(all) : all;
}
