/**
 * `deno task bench`: how fast the reading side is and how much memory it takes; needs no guest.
 *
 * @module
 */

import { machineFacts } from "./machine.ts";
import type { Part } from "./page.ts";
import { measureReplayMemory, type ReplaySize } from "./replay_memory.ts";
import type { Spread } from "./statistics.ts";
import { readCount, readWords, runTask, type TaskContext } from "./task.ts";
import { measureThroughput } from "./throughput.ts";

const USAGE = `Usage: deno task bench [--events N] [--rounds N] [--replay-events N] [--replay-rounds N]
  --events         published events of the stream whose rate is measured (200000)
  --rounds         rounds, after one that is dropped (5)
  --replay-events  events of the short recording; the long one has ten times as many (100000; 1000000 for the budget
                   as it is stated, which takes some minutes and 400 MB in /tmp)
  --replay-rounds  replays of each recording (2)`;

const DEFAULTS = { "events": "200000", "rounds": "5", "replay-events": "100000", "replay-rounds": "2" };

async function measure({ signal, onProgress }: TaskContext): Promise<Part> {
  const words = readWords(Deno.args, DEFAULTS);
  const count = (name: keyof typeof DEFAULTS) => readCount(words[name], name);
  const replays = { events: count("replay-events"), rounds: count("replay-rounds") };
  const streams = { events: count("events"), rounds: count("rounds") };
  const [short, long] = await measureReplayMemory({ ...replays, signal, onProgress });
  signal.throwIfAborted();
  const rates = measureThroughput({ ...streams, onProgress });
  const rateDetail = (own: Spread, ratio: Spread) =>
    `${rounded(own.median)} against ${rounded(rates.parse.median)} events a second; ` +
    `ratio by rounds ${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`;
  return {
    task: "bench",
    on: "",
    command: ["deno task bench", ...Deno.args].join(" "),
    facts: [
      ...await machineFacts(),
      `stream: ${rates.records} lines of bpftrace, ${rates.events} events; ${streams.rounds} rounds after the first, ` +
      "which is dropped; processor time of one process, the three ways in turn",
      `replays: ${short.events} and ${long.events} events, ${short.live} live pidfds in both, ` +
      `${replays.rounds} of each in turn, each in a process of its own`,
    ],
    measurements: {
      "correlate-rate": {
        kind: "measured",
        value: rates.correlateRatio.median,
        detail: rateDetail(rates.correlate, rates.correlateRatio),
      },
      "ndjson-rate": {
        kind: "measured",
        value: rates.ndjsonRatio.median,
        detail: rateDetail(rates.ndjson, rates.ndjsonRatio),
      },
      "replay-heap": memory(short, long, "heap"),
      "replay-rss": memory(short, long, "peak"),
    },
    notes: [],
    whole: true,
  };
}

function memory(short: ReplaySize, long: ReplaySize, which: "heap" | "peak") {
  const words = ({ events, [which]: bytes }: ReplaySize) =>
    `${megabytes(bytes.median)} (${megabytes(bytes.min)} to ${megabytes(bytes.max)}) with ${events} events`;
  return {
    kind: "measured",
    value: long[which].median / short[which].median,
    detail: `${words(long)}, ${words(short)}`,
  } as const;
}

function rounded(value: number): string {
  return `${Math.round(value / 1000) * 1000}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

if (import.meta.main) await runTask({ usage: USAGE, limitMinutes: 60 }, measure);
