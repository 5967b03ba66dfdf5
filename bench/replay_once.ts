/**
 * Replays one recording as the command does, and prints how much memory that took.
 *
 * Usage: `deno run --allow-read --allow-run=sh --v8-flags=--expose-gc replay_once.ts FILE`. The NDJSON is made, and goes nowhere.
 *
 * @module
 */

import { openRecording, readMessage } from "../capture/mod.ts";
import { NdjsonReport } from "../reports/mod.ts";
import { EventOutput } from "../scripts/cli/event_output.ts";
import { EventWriter } from "../scripts/cli/publisher.ts";
import { requireWhole, streamCorrelator } from "./correlate_stream.ts";
import type { ReplayMemory } from "./replay_memory.ts";

async function replay(path: string): Promise<ReplayMemory> {
  const encoder = new TextEncoder();
  const terminal = {
    write: (text: string) => Promise.resolve(encoder.encode(text).length >= 0),
    note() {},
    status() {},
    raw() {},
  };
  await using part = await openRecording((await Deno.open(path)).readable);
  const correlator = streamCorrelator();
  const events = new EventOutput(terminal, { report: new NdjsonReport() });
  const writer = new EventWriter(events, {
    origin: { host: "synthetic", utcOffsetNs: 0n },
    outcome: "all",
  });
  await writer.start(part.header.start);
  let last = "";
  for await (const step of part.steps()) {
    last = step.kind;
    if (step.kind === "raw") await writer.take(correlator.take(step.lines.map(readMessage)), Infinity);
  }
  await writer.take(correlator.finish(), Infinity);
  if (last !== "end") throw new Error(`Cannot measure: the recording ends with "${last}" instead of "end"`);
  const { tally } = writer;
  const live = tally.summary(correlator.trust).open ?? 0;
  requireWhole({ tally, trust: correlator.trust, live });
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect !== "function") throw new Error("Cannot measure: --v8-flags=--expose-gc is required");
  collect();
  const heapBytes = Deno.memoryUsage().heapUsed;
  const peakBytes = await readPeak();
  // It is still in use here: what was collected is not the model.
  correlator.cut();
  return { events: writer.written, live, heapBytes, peakBytes };
}

/**
 * Most memory of this process that was ever resident, in bytes.
 *
 * getrusage would count what the process was before it became Deno, and Deno may not read /proc/self/status.
 */
async function readPeak(): Promise<number> {
  const read = new Deno.Command("sh", { args: ["-c", 'cat "/proc/$PPID/status"'], stdin: "null" });
  const text = new TextDecoder().decode((await read.output()).stdout);
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined) throw new Error("Cannot measure: /proc has no VmHWM of this process");
  return Number(kilobytes) * 1024;
}

if (import.meta.main) console.log(JSON.stringify(await replay(Deno.args[0] ?? "")));
