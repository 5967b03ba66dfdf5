// A million lines that nobody printed, for the two readers of everything that comes from the traced machine: valid ones,
// damaged ones and noise. A reader gives exactly what stands in the line, or says that it cannot; it never throws
// anything else, and never takes long.
//
// Each run has a seed of its own. A failure tells the command that reads that one line again:
// deno test --allow-read tests/decoder_fuzz_test.ts -- record SEED LINE

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { readMessage } from "../capture/mod.ts";
import { decode, DecodeError } from "../events/mod.ts";
import { fuzz, FuzzError } from "./support/fuzz.ts";
import type { FuzzResult } from "./support/fuzz.ts";
import { messageTrial, recordTrial, TRIALS } from "./support/fuzz_trials.ts";
import type { Trial, TrialName } from "./support/fuzz_trials.ts";
import { readLines } from "./support/fuzz_worker.ts";

/** Lines for each reader. */
const LINES: Readonly<Record<TrialName, number>> = { endless: 20_000, record: 1_000_000, message: 300_000 };

/** CPU time that a line may take on average, from where it is made until it is checked, µs. */
const MEAN_US_MAX = 200;

/** How long the slowest one may take in the reader, ms; none has more than 20 000 characters or so. */
const SLOWEST_MS_MAX = 500;

const [replayed, replayedSeed, replayedLine] = (Deno.args[0] ?? "") in TRIALS ? Deno.args : [];
const seed = replayedSeed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(replayedSeed);

async function run(trial: TrialName): Promise<void> {
  if (replayed !== undefined && replayed !== trial) return;
  const from = Number(replayedLine ?? 0);
  const lines = replayedLine === undefined ? LINES[trial] : 1;
  try {
    const began = process.cpuUsage();
    const result = await fuzz({ trial, seed, from, lines });
    const { user, system } = process.cpuUsage(began);
    look(result, { trial, lines, meanUs: (user + system) / lines });
  } catch (error) {
    if (!(error instanceof FuzzError)) throw error;
    const line = JSON.stringify(TRIALS[trial].line(seed, error.number));
    const again = `deno test --allow-read tests/decoder_fuzz_test.ts -- ${trial} ${seed} ${error.number}`;
    throw new Error(`Line ${error.number} of seed ${seed}: ${error.message}\n${line}\nagain: ${again}`);
  }
}

function look(
  result: FuzzResult,
  what: { readonly trial: TrialName; readonly lines: number; readonly meanUs: number },
): void {
  const { trial, lines, meanUs } = what;
  const { accepted, characters, slowestMs, slowest } = result;
  console.log(
    `${trial}: seed ${seed}: ${lines} lines, ${characters} characters: ${accepted} accepted, ` +
      `${lines - accepted} refused; ${meanUs.toFixed(1)} µs a line, ${
        slowestMs.toFixed(1)
      } ms the slowest (${slowest})`,
  );
  assert.ok(slowestMs < SLOWEST_MS_MAX, `line ${slowest} took ${slowestMs} ms`);
  if (lines === 1) return;
  assert.ok(meanUs < MEAN_US_MAX, `${meanUs} µs a line`);
  assert.ok(accepted > lines / 4, `${accepted} of ${lines} lines were accepted`);
  assert.ok(lines - accepted > lines / 4, `${lines - accepted} of ${lines} lines were refused`);
}

test("decode() gives the fields of a line exactly when the schema of lines has it, and a DecodeError for any other", async () => {
  await run("record");
});

test("readMessage() says what JSON says, of any line whatsoever", async () => {
  await run("message");
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
  const order = { trial: "endless", seed: 1, from: 0, lines: LINES.endless, hangMs: 1000 } as const;
  await assert.rejects(fuzz(order), (error) => {
    assert.ok(error instanceof FuzzError && /no end/.test(error.message), String(error));
    assert.ok(TRIALS.endless.line(1, error.number).includes("\0"), `line ${error.number}`);
    return true;
  });
});
