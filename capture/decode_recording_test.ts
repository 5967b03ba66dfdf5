import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RECORDED_END, recordedHeader } from "../tests/support/recording.ts";
import { decodeEntry, decodeHeader } from "./decode_recording.ts";
import { encodeEntry, encodeHeader } from "./recording.ts";
import type { RecordingEntry } from "./recording.ts";
import { RecordingError } from "./recording_error.ts";

test("decodeHeader() gives back what encodeHeader() wrote", () => {
  const resume = {
    ktimeNs: "5000",
    members: [7],
    counters: [{ counter: "task", cpu: 1, seen: 9, seenNs: null, promised: 9 } as const],
  };
  for (const header of [recordedHeader(), recordedHeader({ part: 2, resume })]) {
    assert.deepEqual(decodeHeader(encodeHeader(header).trimEnd()), header);
  }
});

test("decodeEntry() gives back every entry, whatever bytes bpftrace printed", () => {
  const entry: fc.Arbitrary<RecordingEntry> = fc.oneof(
    fc.array(fc.string({ unit: "binary" })).map((lines) => ({ kind: "raw", lines } as const)),
    fc.constant({ kind: "cut" } as const),
    fc.constant({ kind: "silenced", fromNs: "7", toNs: null, detail: "off" } as const),
    fc.constant(
      {
        kind: "silenced",
        fromNs: "7",
        toNs: "9",
        detail: "missed",
        reason: "missed-probe",
        events: 3,
      } as const,
    ),
    fc.constant({ kind: "end", end: RECORDED_END } as const),
    fc.constantFrom("7", null).map((untilNs) => ({ kind: "settled", untilNs } as const)),
    fc.constantFrom({ misses: 3 }, { misses: null, reason: "nobody counts" } as const)
      .map((recursion) => ({ kind: "end", end: { ...RECORDED_END, recursion } } as const)),
  );
  fc.assert(fc.property(entry, (it) => {
    const line = encodeEntry(it);
    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.deepEqual(decodeEntry(line.slice(0, -1), 2), it);
  }));
});

const without = (name: string) => {
  const { [name]: _gone, ...rest } = { ...recordedHeader() } as Readonly<Record<string, unknown>>;
  return JSON.stringify(rest);
};

const HEADERS: readonly (readonly [line: string, problem: string, words: RegExp])[] = [
  ["", "not-a-recording", /not that of a recording/],
  ["TIME EVENT", "not-a-recording", /not that of a recording/],
  ["[]", "not-a-recording", /not that of a recording/],
  ['{"schema":"trace-clone/1","type":"start"}', "not-a-recording", /not that of a recording/],
  [
    JSON.stringify({ ...recordedHeader(), recording: "trace-clone-recording/2" }),
    "other-version",
    /"trace-clone-recording\/1" is required, but it has "trace-clone-recording\/2"/,
  ],
  [JSON.stringify({ ...recordedHeader(), schema: "trace-clone/9" }), "other-version", /trace-clone\/9/],
  [without("run"), "damaged", /line 1 .*"run" must be text/],
  [without("scope"), "damaged", /"scope" must be an object/],
  [JSON.stringify({ ...recordedHeader(), part: 1.5 }), "damaged", /"part" must be a whole number/],
  [
    JSON.stringify({ ...recordedHeader(), attachment: { attachedNs: "1e3" } }),
    "damaged",
    /"attachment.attachedNs" must be a number as text/,
  ],
  [
    JSON.stringify({ ...recordedHeader(), start: { ...recordedHeader().start, probes: [1] } }),
    "damaged",
    /"start.probes\[0\]" must be text/,
  ],
];

for (const [line, problem, words] of HEADERS) {
  test(`decodeHeader() refuses ${line === "" ? "nothing" : line.slice(0, 60)}: ${problem} ${words.source}`, () => {
    assert.throws(
      () => decodeHeader(line),
      (it) =>
        it instanceof RecordingError && it.problem === problem && words.test(it.message) && it.line === 1,
    );
  });
}

for (const line of ["", "{", "null", "[]", "{}", '{"raw":1}', '{"raw":[1]}', '{"cut":false}', '{"end":{}}']) {
  test(`decodeEntry() refuses ${JSON.stringify(line)}`, () => {
    assert.throws(
      () => decodeEntry(line, 9),
      (it) => it instanceof RecordingError && it.problem === "damaged" && it.line === 9,
    );
  });
}

test("decodeHeader() keeps fields of the start event that a later version added, and misses none that it removed", () => {
  const { machine: _machine, ...start } = recordedHeader().start;
  const line = JSON.stringify({ ...recordedHeader(), start: { ...start, colour: "blue" } });
  assert.deepEqual({ ...decodeHeader(line).start }, { ...start, colour: "blue" });
});
