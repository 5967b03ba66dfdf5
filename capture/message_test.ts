import assert from "node:assert/strict";
import fc from "fast-check";
import { type CaptureMessage, readMessage } from "./message.ts";

const OTHER: CaptureMessage = { kind: "other" };
const unreadable = (text: string): CaptureMessage => ({ kind: "unreadable", text });
const totals = (map: string, counts: readonly (readonly [number, number])[]): CaptureMessage => {
  return { kind: "totals", map, byCpu: new Map(counts) };
};

/** Lines as bpftrace 0.17, 0.23 and 0.27 print them, and what they say. */
const ROWS: readonly (readonly [line: string, expected: CaptureMessage])[] = [
  // 0.17 and 0.23, then 0.27.
  ['{"type": "attached_probes", "data": {"probes": 3}}', OTHER],
  ['{"type": "attached_probes", "count": 3, "data": {"probes": 3}}', OTHER],
  // Two blank lines stand before the maps of 0.17 and 0.23, and one before the guard's last line.
  ["", OTHER],
  ['{"type": "time", "data": "12:00:00\\n"}', OTHER],

  ['{"type": "printf", "data": "tick 0 1 2 3\\n"}', { kind: "record", text: "tick 0 1 2 3" }],
  ['{"type": "printf", "data": "no line end"}', { kind: "record", text: "no line end" }],
  ['{"type": "printf", "data": "\\n"}', { kind: "record", text: "" }],
  ['{"type": "printf", "data": "a \\"b\\" \\\\ \\t \\u001b[31m c\\n"}', {
    kind: "record",
    text: 'a "b" \\ \t \u001b[31m c',
  }],
  ['{"type": "printf", "data": "two\\nlines\\n"}', { kind: "record", text: "two\nlines" }],
  ['{"type":"printf","data":"tight\\n"}', { kind: "record", text: "tight" }],

  ['{"type": "lost_events", "data": {"events": 4012}}', { kind: "dropped", events: 4012 }],
  ['{"type": "lost_events", "count": 17}', { kind: "dropped", events: 17 }],
  ['{"type": "lost_events"}', { kind: "dropped", events: null }],
  ['{"type": "lost_events", "data": {"events": "many"}}', { kind: "dropped", events: null }],
  ['{"type": "lost_events", "data": {"events": -1}}', { kind: "dropped", events: null }],
  ['{"type": "lost_events", "data": {"events": 1e400}}', { kind: "dropped", events: null }],

  ['{"type": "helper_error", "msg": "Bad address", "helper": "probe_read_kernel", "retcode": -14}', {
    kind: "probe-error",
    detail: "Bad address (probe_read_kernel)",
  }],
  ['{"type": "runtime_error", "msg": {"toString": 1, "valueOf": 2}}', {
    kind: "probe-error",
    detail: "error (unknown helper)",
  }],
  ['{"type": "runtime_error"}', { kind: "probe-error", detail: "error (unknown helper)" }],

  ['{"type": "map", "data": {"@task": {"0": 12, "1": 7}}}', totals("task", [[0, 12], [1, 7]])],
  ['{"type": "map", "data": {"@task": {"0": "12"}}}', totals("task", [[0, 12]])],
  ['{"type": "map", "data": {"@n": 5}}', OTHER],
  ['{"type": "map", "data": {"@stash": {"4711,1": 5}}}', OTHER],
  ['{"type": "map", "data": {"@stash": {"4711": [1, 2]}}}', OTHER],
  ['{"type": "map", "data": {"@stash": {"-64202": 1}}}', OTHER],
  ['{"type": "map", "data": {"@big": {"0": "18446744073709551615"}}}', OTHER],
  ['{"type": "map", "data": {"@odd": {"0": {"toString": 1, "valueOf": 2}}}}', OTHER],
  ['{"type": "map", "data": {"@odd": {"0": [7]}}}', OTHER],
  ['{"type": "map", "data": {}}', OTHER],

  ...[
    '{"type": "map", "data": 3}',
    '{"type": "printf", "data": 3}',
    '{"type": "printf", "data": "cut off in the mid',
    '{"type": "printf", "data": "bad \\x escape\\n"}',
    // A line that begins inside of another one.
    '{"type": "printf", "data": "put 1{"type": "printf", "data": "ready 1 5 "\\n"}',
    '{"type": "hist", "data": {}}',
    '{"no": "type"}',
    "Attaching 3 probes...",
    "null",
    "[1]",
    "42",
    "\u0000",
  ].map((line) => [line, unreadable(line)] as const),
];

Deno.test("readMessage() says what a line of bpftrace means", () => {
  for (const [line, expected] of ROWS) assert.deepEqual(readMessage(line), expected, line);
});

Deno.test("readMessage() gives back every text that was printed", () => {
  const letter = fc.constantFrom("a", " ", '"', "\\", "\n", "\t", "\u0000", "\u001b", "é", "😀", "{", "}");
  fc.assert(fc.property(fc.array(letter), (letters) => {
    const text = letters.join("");
    const line = `{"type": "printf", "data": ${JSON.stringify(`${text}\n`)}}`;
    assert.deepEqual(readMessage(line), { kind: "record", text });
  }));
});

Deno.test("readMessage() never throws and never gives a number that is none", () => {
  const value = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...ROWS.map(([line]) => line)));
  fc.assert(fc.property(value, fc.nat(80), (text, end) => {
    for (const line of [text, text.slice(0, end)]) {
      const message = readMessage(line);
      if (message.kind !== "totals") continue;
      for (const pair of message.byCpu) assert.ok(pair.every(Number.isSafeInteger), line);
    }
  }));
});
