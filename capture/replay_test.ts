import assert from "node:assert/strict";
import { test } from "node:test";
import { RECORDED_END, recordedEntries, recordedHeader, recordingText } from "../tests/support/recording.ts";
import { RecordingError } from "./recording_error.ts";
import { openRecording } from "./replay.ts";
import type { ReplayStep } from "./replay.ts";
import { frame } from "./zstd.ts";

const HEADER = recordedHeader();
const ENTRIES = recordedEntries([["a", "b"], ["c"]]);
const TEXT = recordingText(HEADER, ENTRIES);
const HEADER_LENGTH = recordingText(HEADER, []).length;

async function read(bytes: Uint8Array<ArrayBuffer> | string): Promise<readonly ReplayStep[]> {
  await using part = await openRecording(new Blob([bytes]).stream());
  assert.deepEqual(part.header, HEADER);
  const steps: ReplayStep[] = [];
  for await (const step of part.steps()) steps.push(step);
  return steps;
}

function packed(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(texts.flatMap((it) => [...frame(new TextEncoder().encode(it))]));
}

test("openRecording() gives back what was recorded, plain or packed", async () => {
  assert.deepEqual(await read(TEXT), ENTRIES);
  assert.deepEqual(await read(packed([TEXT])), ENTRIES);
  assert.deepEqual(await read(packed([TEXT.slice(0, 500), TEXT.slice(500)])), ENTRIES);
});

test("openRecording() reads a text that was cut anywhere up to its last whole line, and says that it was", async () => {
  for (let length = HEADER_LENGTH; length < TEXT.length; length += 1) {
    const steps = await read(TEXT.slice(0, length));
    const whole = TEXT.slice(HEADER_LENGTH, length).split("\n").length - 1;
    assert.deepEqual(steps.slice(0, -1), ENTRIES.slice(0, whole), `cut at ${length}`);
    assert.equal(steps.at(-1)?.kind, "stopped", `cut at ${length}`);
  }
});

test("openRecording() refuses a file that ends within its header", async () => {
  for (const length of [0, 1, 3, 60, HEADER_LENGTH - 1]) {
    for (const bytes of [TEXT.slice(0, length), packed([TEXT]).subarray(0, Math.floor(length / 20))]) {
      await assert.rejects(
        openRecording(new Blob([bytes]).stream()),
        (it) => it instanceof RecordingError && it.problem === "not-a-recording" && it.hint !== "",
      );
    }
  }
});

test("openRecording() stops at a line that is damaged, and names it", async () => {
  const lines = TEXT.split("\n");
  const broken = [...lines.slice(0, 2), "{]", ...lines.slice(3)].join("\n");
  assert.deepEqual(await read(broken), [ENTRIES[0], {
    kind: "stopped",
    reason: "line 3 is damaged",
    clean: false,
  }]);
});

test("openRecording() reads nothing after the end", async () => {
  assert.deepEqual((await read(`${TEXT}{"raw":["later"]}\n`)).at(-1), { kind: "end", end: RECORDED_END });
});
