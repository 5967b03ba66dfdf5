// Lines that nobody printed, for the two readers of everything that comes from the traced machine: valid ones, damaged
// ones and noise. A reader gives exactly what stands in the line, or says that it cannot; it never throws anything else,
// and the time it takes grows with the line. tests/proof/decoder_fuzz_test.ts reads a million.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage } from "../capture/mod.ts";
import { decode, DecodeError } from "../events/mod.ts";
import { fuzz, FuzzError } from "./support/fuzz.ts";
import { fuzzRun } from "./support/fuzz_run.ts";
import { messageTrial, recordTrial, TRIALS } from "./support/fuzz_trials.ts";
import type { Trial } from "./support/fuzz_trials.ts";
import { readLines } from "./support/fuzz_worker.ts";

/** Lines for each reader. */
const LINES = 50_000;

test("decode() gives the fields of a line exactly when the schema of lines has it, and a DecodeError for any other", async () => {
  await fuzzRun("record", LINES);
});

test("readMessage() says what JSON says, of any line whatsoever", async () => {
  await fuzzRun("message", LINES);
});

/** What a line is made longer with: what readers look for, and what looks like it. */
const FILLERS = ["a", " ", "9", '"', "\\\\", "\\n", "{", "[", ",", '{"', "\0", "\ud800", " 1", "1 "];

/** How much longer the long lines are. */
const TIMES = 16;

/** The least time of some readings, ms: others use this machine too. */
function leastMs(read: () => void): number {
  let least = Infinity;
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    read();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** Throws when the time that a reader takes grows faster than a line. */
function assertProportionate(read: (line: string) => unknown, frame: string, filler: string): void {
  // As much to read in both cases, so that a square would take so many times as long.
  const short = frame + filler.repeat(1000);
  const long = frame + filler.repeat(1000 * TIMES);
  const shortMs = leastMs(() => {
    for (let times = 0; times < TIMES; times += 1) read(short);
  });
  const longMs = leastMs(() => read(long));
  // What takes less than a millisecond for so much is no burden to anybody.
  assert.ok(
    longMs < 1 || longMs < shortMs * TIMES / 3,
    `${JSON.stringify(frame + filler)}: ${shortMs} ms, then ${longMs} ms`,
  );
}

test("a line that is longer takes longer in proportion, whatever it is made of", () => {
  for (const frame of ["", "E 1 2 3 ", '{"type": "printf", "data": "', '{"type": "map", "data": ']) {
    for (const filler of FILLERS) {
      for (const { read } of [TRIALS.record, TRIALS.message]) assertProportionate(read, frame, filler);
    }
  }
});

test("a reader that goes through a line again for each of its characters is found out", () => {
  const again = (line: string) => {
    let ones = 0;
    for (let at = 0; at < line.length; at += 1) {
      for (let from = at; from < line.length; from += 1) ones += line.charCodeAt(from) & 1;
    }
    return ones;
  };
  assert.throws(() => assertProportionate(again, "", "a"), /ms, then/);
});

/** A decoder that, before it refuses a line, tries what somebody takes for the same. */
function lenient(same: (text: string) => string): Trial {
  return recordTrial((text) => {
    try {
      return decode(text, 7);
    } catch (error) {
      if (same(text) === text) throw error;
      try {
        return decode(same(text), 7);
      } catch {
        throw error;
      }
    }
  });
}

/** Readers with a mistake, in the order: what it is, the trial, and what is said of it. */
const WRONG: readonly (readonly [mistake: string, trial: Trial, said: RegExp])[] = [
  ["takes leading zeros", lenient((text) => text.replace(/ 0+(?=[1-9])/g, " ")), /is decoded/],
  ["takes capitals", lenient((text) => text.toLowerCase()), /is decoded/],
  ["takes what follows", lenient((text) => text.trimEnd()), /is decoded/],
  [
    "refuses the highest number",
    recordTrial((text) => {
      if (text.includes(" 18446744073709551615")) throw new DecodeError("No", { line: 7, column: 1, text });
      return decode(text, 7);
    }),
    /is refused/,
  ],
  [
    "throws an error of its own",
    recordTrial((text) => {
      if (text.includes("\0")) throw new RangeError("No");
      return decode(text, 7);
    }),
    /another kind/,
  ],
  [
    "rounds",
    recordTrial((text) => {
      const event = decode(text, 7);
      return "ktimeNs" in event ? { ...event, ktimeNs: BigInt(Number(event.ktimeNs)) } : event;
    }),
    /ktimeNs/,
  ],
  [
    "loses a byte of a name",
    recordTrial((text) => {
      const event = decode(text, 7);
      return "comm" in event ? { ...event, comm: event.comm.slice(0, 15) } : event;
    }),
    /"comm"/,
  ],
  [
    "cuts the frame without a look",
    messageTrial((line) => {
      return line.startsWith('{"type": "printf", "data": "') && line.endsWith('\\n"}')
        ? { kind: "record", text: line.slice(28, -4) }
        : readMessage(line);
    }),
    /is no JSON|instead of/,
  ],
  [
    "believes every number",
    messageTrial((line) => {
      const message = readMessage(line);
      return message.kind === "dropped" ? { ...message, events: JSON.parse(line).count } : message;
    }),
    /instead of/,
  ],
  [
    "lets an error of JSON pass",
    messageTrial((line) => {
      if (line.startsWith("{")) JSON.parse(line);
      return readMessage(line);
    }),
    /An error/,
  ],
];

test("a reader with a mistake is found out within twenty thousand lines", () => {
  for (const [mistake, trial, said] of WRONG) {
    const progress = new Int32Array(1);
    const result = readLines(trial, { seed: 1, from: 0, lines: 20_000, progress });
    assert.ok("said" in result, mistake);
    assert.match(result.said, said, mistake);
  }
});

test("a reader that does not come back is found out, with its line", async () => {
  const order = { trial: "endless", seed: 1, from: 0, lines: 20_000, hangMs: 5000 } as const;
  await assert.rejects(fuzz(order), (error) => {
    assert.ok(error instanceof FuzzError && /no end/.test(error.message), String(error));
    assert.ok(TRIALS.endless.line(1, error.number).includes("\0"), `line ${error.number}`);
    return true;
  });
});
