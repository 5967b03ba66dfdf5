/**
 * How many events a second the reading side takes, beside what JSON.parse takes of the same events.
 *
 * @module
 */

import type { Update } from "../model/mod.ts";
import { NdjsonReport, publish } from "../reports/mod.ts";
import { correlateStream, requireWhole } from "./correlate_stream.ts";
import { interleave } from "./interleave.ts";
import { type Spread, warmSpread } from "./statistics.ts";
import { wireStream } from "./wire_stream.ts";

/** Processes of the stream that live at once. */
const LIVING = 1000;

/** Where synthetic events come from. */
const ORIGIN = { host: "synthetic", utcOffsetNs: 1_767_323_045_000_000_006n };

/** Options of {@linkcode measureThroughput}. */
export interface ThroughputOptions {
  /** Published events at least. */
  readonly events: number;
  /** Rounds, without the first, which is dropped. */
  readonly rounds: number;
  /** Gets a line for people after each round. */
  readonly onProgress: (line: string) => void;
}

/** What was measured; all rates are published events in a second of processor time. */
export interface Throughput {
  /** Lines that bpftrace would have printed. */
  readonly records: number;
  /** Events that were published of them. */
  readonly events: number;
  /** JSON.parse alone. */
  readonly parse: Spread;
  /** Decode, order and model. */
  readonly correlate: Spread;
  /** The same, with NDJSON written to /dev/null. */
  readonly ndjson: Spread;
  /** The second as a part of the first, round by round. */
  readonly correlateRatio: Spread;
  /** The third as a part of the first, round by round. */
  readonly ndjsonRatio: Spread;
}

/**
 * Measures three ways through the same events in turn, in this process.
 *
 * @param options how much and how often
 * @returns the rates
 * @throws {Error} when the model does not understand the stream
 */
export function measureThroughput(options: ThroughputOptions): Throughput {
  const { rounds, onProgress } = options;
  // Each life gives six or seven records and five or six events.
  const lives = Math.ceil(options.events / 5) + LIVING;
  const chunks = [...wireStream({ lives, living: LIVING })];
  const report = new NdjsonReport();
  const published: string[] = [];
  const line = (update: Update) => report.event(publish(update, ORIGIN));
  requireWhole(
    correlateStream(chunks, (updates) => published.push(...updates.map((it) => line(it).trimEnd()))),
  );
  using sink = Deno.openSync("/dev/null", { write: true });
  const encoder = new TextEncoder();
  const seconds = interleave({
    parse() {
      let types = 0;
      for (const text of published) if (typeof JSON.parse(text).type === "string") types += 1;
      if (types !== published.length) {
        throw new Error(`Cannot measure: ${types} of ${published.length} are events`);
      }
    },
    correlate: () => requireWhole(correlateStream(chunks)),
    ndjson() {
      requireWhole(correlateStream(chunks, (updates) => {
        let text = "";
        for (const update of updates) text += line(update);
        sink.writeSync(encoder.encode(text));
      }));
    },
  }, { rounds: rounds + 1, onProgress });
  const events = published.length;
  const rate = (times: readonly number[]) => warmSpread(times.map((time) => events / time));
  return {
    records: chunks.reduce((sum, lines) => sum + lines.length, 0),
    events,
    parse: rate(seconds.parse),
    correlate: rate(seconds.correlate),
    ndjson: rate(seconds.ndjson),
    correlateRatio: ratios(seconds.parse, seconds.correlate),
    ndjsonRatio: ratios(seconds.parse, seconds.ndjson),
  };
}

/** How fast one is beside the other in each round. */
function ratios(parse: readonly number[], other: readonly number[]): Spread {
  return warmSpread(parse.map((time, round) => time / (other[round] ?? NaN)));
}
