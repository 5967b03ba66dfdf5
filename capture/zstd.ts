/**
 * Zstandard as a sequence of whole frames, so that a file that was cut can be read up to its last whole one.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Longest frame that is unpacked, in bytes before and after. */
const FRAME_BYTES_MAX = 1024 * 1024 * 1024;

/** Longest begin of a frame that is looked at again with each chunk. */
const REREAD_BYTES_MAX = 1024 * 1024;

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * Packs bytes into one frame with a checksum.
 *
 * @param bytes what is packed
 * @returns the frame
 * @example
 * ```ts
 * import { frame, isZstd } from "./zstd.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(isZstd(frame(new Uint8Array(5))));
 * ```
 */
export function frame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  return new Uint8Array(packed);
}

/**
 * Whether bytes begin as a frame does.
 *
 * @param bytes the first bytes of a file, at least four
 * @returns whether they are the magic number of Zstandard
 */
export function isZstd(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && wordAt(bytes, 0) === MAGIC;
}

/**
 * Unpacks frame after frame.
 *
 * @param chunks the bytes of a file
 * @returns the unpacked bytes of each frame
 * @throws {SyntaxError} when the bytes end within a frame, or are none
 */
export async function* unpackFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  let needed = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < needed) continue;
    const rest = yield* wholeFrames(Buffer.concat(waiting));
    waiting = [rest.bytes];
    length = rest.bytes.length;
    // A long frame is not looked at again for each of its blocks, but each time that it has doubled.
    needed = Math.max(rest.needed, length > REREAD_BYTES_MAX ? 2 * length : 0);
    if (rest.needed > FRAME_BYTES_MAX) throw new SyntaxError("Cannot unpack a frame of more than 1 GiB");
  }
  const { bytes } = yield* wholeFrames(Buffer.concat(waiting));
  if (bytes.length > 0) throw new SyntaxError("Cannot unpack the last frame: it is cut off");
}

interface Rest {
  /** The bytes after the last whole frame. */
  readonly bytes: Uint8Array;
  /** How many there must be to know more. */
  readonly needed: number;
}

function* wholeFrames(all: Uint8Array): Generator<Uint8Array, Rest> {
  let bytes = all;
  for (;;) {
    if (bytes.length === 0) return { bytes, needed: 0 };
    const extent = frameExtent(bytes);
    if (extent.length === undefined) return { bytes, needed: extent.needed };
    if (extent.holdsData) yield unpack(bytes.subarray(0, extent.length));
    bytes = bytes.subarray(extent.length);
  }
}

function unpack(bytes: Uint8Array): Uint8Array {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: FRAME_BYTES_MAX });
  } catch (error) {
    throw new SyntaxError("Cannot unpack a frame: its content is damaged", { cause: error });
  }
}

interface Extent {
  /** Bytes of the frame, when all of them are there. */
  readonly length: number | undefined;
  /** Bytes that must be there to know more. */
  readonly needed: number;
  /** A skippable frame holds none. */
  readonly holdsData: boolean;
}

/** Finds the end of the first frame from its headers, as RFC 8878 section 3 lays them out. */
function frameExtent(bytes: Uint8Array): Extent {
  const more = (needed: number): Extent => ({ length: undefined, needed, holdsData: true });
  if (bytes.length < 8) return more(8);
  const magic = wordAt(bytes, 0);
  // Sixteen numbers stand for frames that a reader skips.
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
    const end = 8 + wordAt(bytes, 4);
    return end > bytes.length ? more(end) : { length: end, needed: end, holdsData: false };
  }
  if (magic !== MAGIC) throw new SyntaxError("Cannot unpack a frame: it does not begin as one");
  const descriptor = bytes[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let at = 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast;) {
    if (bytes.length < at + 3) return more(at + 3);
    const block = (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16;
    isLast = (block & 1) === 1;
    // A block of one repeated byte holds just that byte, whatever its size says.
    at += 3 + ((block >> 1 & 3) === 1 ? 1 : block >> 3);
  }
  if ((descriptor & 4) !== 0) at += 4;
  return at > bytes.length ? more(at) : { length: at, needed: at, holdsData: true };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
