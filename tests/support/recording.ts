/**
 * Recordings that no kernel made: of the simulator's histories, and their bytes.
 *
 * @module
 */

import { encodeEntry, encodeHeader, RECORDING_FORMAT } from "../../capture/mod.ts";
import type { CaptureMessage, RecordingEnd, RecordingEntry, RecordingHeader } from "../../capture/mod.ts";
import { EVENT_SCHEMA } from "../../schema/mod.ts";
import { generationOf } from "../simulator/generations.ts";
import { simulate } from "../simulator/history.ts";
import { CPUS } from "../simulator/printer.ts";
import { Random } from "../simulator/random.ts";

/** A header of a run on a simulated machine. */
export function recordedHeader(options: Partial<RecordingHeader> = {}): RecordingHeader {
  const plan = {
    generation: "G3 (pidfs)",
    law: "per-inode",
    probes: ["fexit:vmlinux:copy_process"],
    cannotSee: [],
    trackedMax: 8192,
    bufferPages: 4096,
    program: "BEGIN {}\n",
  } as const;
  return {
    recording: RECORDING_FORMAT,
    run: "5f1c0a52-7a43-4a2e-9d0d-2f6f5d1f9a10",
    part: 1,
    tool: "trace-clone 0.1.0",
    schema: EVENT_SCHEMA,
    target: "lab:6.12",
    description: {
      name: "lab:6.12",
      release: "6.12.0-simulated",
      machine: "x86_64",
      bootId: "00000000-0000-4000-8000-000000000000",
      cpus: CPUS,
      uid: 0,
    },
    facts: {},
    plan,
    attachment: { attachedNs: "0", utcOffsetNs: "1767323045000000006", bpftracePid: 77 },
    scope: { pids: null, comm: null, descendants: false },
    options: { failedOnly: false, eventsMax: 1_000_000 },
    redacted: [],
    start: {
      tool: "trace-clone 0.1.0",
      targets: ["lab:6.12"],
      boot_id: "00000000-0000-4000-8000-000000000000",
      release: "6.12.0-simulated",
      machine: "x86_64",
      cpus: CPUS,
      clock: "boottime",
      utc_offset_ns: "1767323045000000006",
      generation: plan.generation,
      law: plan.law,
      bpftrace: "bpftrace v0.23.2",
      buffer_pages: plan.bufferPages,
      probes: plan.probes,
      cannot_see: plan.cannotSee,
      command: null,
      command_pid: null,
      deadline_s: 600,
      events_max: 1_000_000,
    },
    resume: null,
    ...options,
  };
}

/** How such a run ended: well, when nothing was lost. */
export const RECORDED_END: RecordingEnd = {
  body: { reason: "the time of 10 s was over", complete: true, exit_code: 0, command_status: null },
  outside: { complete: true, codes: [0] },
  diagnostics: [],
};

/** What bpftrace prints in a simulated history, in chunks. */
export function simulatedChunks(
  options: { readonly seed: number; readonly calls: number; readonly dropPercent?: number },
): readonly (readonly string[])[] {
  const { seed, calls, dropPercent = 0 } = options;
  const kernel = simulate({ generation: generationOf("G3"), seed, calls, interleaved: false });
  const delivery = { dropPercent, chunkMax: 20, delayNsMax: 0n };
  const lines = kernel.printer.deliver(new Random(seed), delivery).messages.map(rawLine);
  const chunks: string[][] = [];
  for (let at = 0; at < lines.length; at += 7) chunks.push(lines.slice(at, at + 7));
  return chunks;
}

/** A message as bpftrace prints it. */
export function rawLine(message: CaptureMessage): string {
  switch (message.kind) {
    case "record":
      return `{"type": "printf", "data": "${message.text}\\n"}`;
    case "totals": {
      const counts = [...message.byCpu].map(([cpu, count]) => `"${cpu}": ${count}`).join(", ");
      return `{"type": "map", "data": {"@${message.map}": {${counts}}}}`;
    }
    default:
      throw new TypeError(`Cannot print a message of kind "${message.kind}"`);
  }
}

/** The entries of a whole run. */
export function recordedEntries(
  chunks: readonly (readonly string[])[],
  end: RecordingEnd = RECORDED_END,
): readonly RecordingEntry[] {
  return [...chunks.map((lines): RecordingEntry => ({ kind: "raw", lines })), { kind: "end", end }];
}

/** The text of a plain recording. */
export function recordingText(header: RecordingHeader, entries: readonly RecordingEntry[]): string {
  return encodeHeader(header) + entries.map(encodeEntry).join("");
}
