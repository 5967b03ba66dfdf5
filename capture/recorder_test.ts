import assert from "node:assert/strict";
import { test } from "node:test";
import { RECORDED_END, recordedEntries, recordedHeader, recordingText } from "../tests/support/recording.ts";
import { Recorder } from "./recorder.ts";
import type { RecordingSink } from "./recorder.ts";
import type { ResumePoint } from "./recording.ts";
import { openRecording } from "./replay.ts";
import { unpackFrames } from "./zstd.ts";

const POINT: ResumePoint = { ktimeNs: "5", members: [], counters: [] };

/** Keeps everything; the parts that were rotated away too. */
class KeptSink implements RecordingSink {
  parts: Uint8Array[][] = [[]];
  closed = 0;

  write(bytes: Uint8Array): Promise<void> {
    this.parts.at(-1)?.push(bytes);
    return Promise.resolve();
  }

  rotate(): Promise<void> {
    this.parts.push([]);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }

  text(part = 0): string {
    return new TextDecoder().decode(new Uint8Array((this.parts[part] ?? []).flatMap((it) => [...it])));
  }
}

const plain = { header: recordedHeader(), compressed: false, partBytesMax: undefined, resume: () => POINT };

test("Recorder hands every chunk over before the next one is read", async () => {
  const sink = new KeptSink();
  const recorder = new Recorder(sink, plain);
  await recorder.raw(["a", "b"]);
  assert.equal(sink.text(), recordingText(plain.header, [{ kind: "raw", lines: ["a", "b"] }]));
  recorder.cut();
  assert.equal(await recorder.end(RECORDED_END), undefined);
  const [raw, end] = recordedEntries([["a", "b"]]);
  assert.ok(raw !== undefined && end !== undefined);
  assert.equal(sink.text(), recordingText(plain.header, [raw, { kind: "cut" }, end]));
  assert.equal(sink.closed, 1);
});

test("Recorder packs what came within a second into one frame", async () => {
  const sink = new KeptSink();
  const recorder = new Recorder(sink, { ...plain, compressed: true });
  await recorder.raw(["a"]);
  await recorder.raw(["b"]);
  assert.equal(sink.parts[0]?.length, 1, "the header alone");
  const begun = performance.now();
  while (sink.parts[0]?.length === 1 && performance.now() - begun < 10_000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(sink.parts[0]?.length, 2);
  await recorder.raw(["c".repeat(300_000)]);
  assert.equal(sink.parts[0]?.length, 3, "so much is not held back");
  await recorder.end(RECORDED_END);
  let text = "";
  const frames = (async function* () {
    yield* sink.parts[0] ?? [];
  })();
  for await (const bytes of unpackFrames(frames)) text += new TextDecoder().decode(bytes);
  assert.equal(text, recordingText(plain.header, recordedEntries([["a"], ["b"], ["c".repeat(300_000)]])));
});

for (const compressed of [false, true]) {
  test(`Recorder begins a new part before one is too long (${compressed ? "packed" : "plain"})`, async () => {
    const sink = new KeptSink();
    const partBytesMax = compressed ? 40_000 : 10_000;
    let taken = 0;
    const resume = () => ({ ...POINT, ktimeNs: `${taken}` });
    const recorder = new Recorder(sink, { header: recordedHeader(), compressed, partBytesMax, resume });
    const random = () => Math.random().toString(36);
    const lines = Array.from({ length: 500 }, () => Array.from({ length: 100 }, random).join(" "));
    for (const line of lines) {
      await recorder.raw([line]);
      taken += 1;
    }
    assert.equal(await recorder.end(RECORDED_END), undefined);
    assert.ok(sink.parts.length > 3, `${sink.parts.length} parts`);
    const found: string[] = [];
    for (const [at, part] of sink.parts.entries()) {
      assert.ok(part.reduce((sum, it) => sum + it.length, 0) <= partBytesMax);
      await using read = await openRecording(new Blob(part.map((it) => new Uint8Array(it))).stream());
      assert.equal(read.header.part, at + 1);
      assert.equal(read.header.run, recordedHeader().run);
      if (at > 0) {
        assert.equal(read.header.resume?.ktimeNs, `${found.length}`, "what came before it, no more");
      }
      for await (const step of read.steps()) if (step.kind === "raw") found.push(...step.lines);
    }
    assert.deepEqual(found, lines);
  });
}

test("Recorder tells of the first failure once, and goes on without writing", async () => {
  const sink = new KeptSink();
  let writes = 0;
  const full = new Error("No space left on device");
  sink.write = () => ++writes === 2 ? Promise.reject(full) : Promise.resolve();
  const recorder = new Recorder(sink, plain);
  await recorder.raw(["a"]);
  assert.equal(await recorder.failed, full);
  await recorder.raw(["b"]);
  recorder.cut();
  assert.equal(await recorder.end(RECORDED_END), full);
  assert.equal(writes, 2);
});
