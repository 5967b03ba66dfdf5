import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frame, isZstd, unpackFrames } from "./zstd.ts";

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 20_000 }))
    .map(([some, times]) => new Uint8Array(some.length * times).map((_, at) => some[at % some.length] ?? 0)),
);

/** Hands bytes out in pieces. */
async function* pieces(all: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.length; at += size) yield await Promise.resolve(all.subarray(at, at + size));
}

function together(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((it) => [...it]));
}

async function unpacked(all: Uint8Array, size: number): Promise<{ parts: Uint8Array[]; error: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of unpackFrames(pieces(all, size))) parts.push(part);
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}

test("unpackFrames() gives back every frame, in whatever pieces the bytes come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(bytes, { maxLength: 4 }),
      fc.integer({ min: 1, max: 500 }),
      async (all, size) => {
        const { parts, error } = await unpacked(together(all.map(frame)), size);
        assert.equal(error, undefined);
        assert.deepEqual(parts.map((it) => [...it]), all.map((it) => [...it]));
      },
    ),
    { numRuns: 50 },
  );
});

test("unpackFrames() gives the whole frames of a file that was cut anywhere, and then says so", async () => {
  const frames = ["one", "two ".repeat(100), "three"].map((it) => frame(new TextEncoder().encode(it)));
  const all = together(frames);
  const ends = frames.map((_, at) => frames.slice(0, at + 1).reduce((sum, it) => sum + it.length, 0));
  for (let length = 1; length < all.length; length += 1) {
    const { parts, error } = await unpacked(all.subarray(0, length), 11);
    assert.equal(parts.length, ends.filter((it) => it <= length).length, `cut at ${length}`);
    assert.equal(error instanceof SyntaxError, !ends.includes(length), `cut at ${length}`);
  }
});

test("unpackFrames() never gives anything else than what was packed, whatever byte was changed", async () => {
  const text = "every bit of it counts ".repeat(3);
  const all = frame(new TextEncoder().encode(text));
  let refused = 0;
  for (let at = 0; at < all.length; at += 1) {
    const { parts, error } = await unpacked(all.map((it, place) => place === at ? it ^ 0x41 : it), 1000);
    // Another size of the window, for one, changes nothing.
    if (error === undefined) assert.equal(new TextDecoder().decode(parts[0]), text, `byte ${at}`);
    else assert.ok(error instanceof SyntaxError && parts.length === 0, `byte ${at}`);
    if (error !== undefined) refused += 1;
  }
  assert.ok(refused >= all.length - 2, `${refused} of ${all.length}`);
});

test("unpackFrames() passes over a frame that is to be skipped", async () => {
  const skipped = new Uint8Array([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const { parts, error } = await unpacked(together([skipped, frame(new Uint8Array([7])), skipped]), 5);
  assert.equal(error, undefined);
  assert.deepEqual(parts.map((it) => [...it]), [[7]]);
});

test("isZstd() tells frames from text", () => {
  assert.equal(isZstd(frame(new Uint8Array(1))), true);
  assert.equal(isZstd(new TextEncoder().encode('{"recording"')), false);
  assert.equal(isZstd(new Uint8Array(2)), false);
});
