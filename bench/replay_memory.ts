/**
 * How much memory a replay takes, by the number of its events.
 *
 * @module
 */

import { encodeEntry, encodeHeader, frame } from "../capture/mod.ts";
import { RECORDED_END, recordedHeader } from "../tests/support/recording.ts";
import { type Spread, spread } from "./statistics.ts";
import { wireStream } from "./wire_stream.ts";

/** Processes that live at once, in a short and in a long recording alike. */
const LIVING = 1000;

/** Characters of raw lines that are packed into one frame. */
const FRAME_LENGTH = 256 * 1024;

/** What one replay says at its end. */
export interface ReplayMemory {
  /** Published events. */
  readonly events: number;
  /** Pidfds that are open. */
  readonly live: number;
  /** Bytes of the heap after a forced collection. */
  readonly heapBytes: number;
  /** Most memory that was resident, in bytes. */
  readonly peakBytes: number;
}

/** A size of recording, and what several replays of it took. */
export interface ReplaySize {
  /** Published events. */
  readonly events: number;
  /** Pidfds that are open at the end. */
  readonly live: number;
  /** Bytes of the heap. */
  readonly heap: Spread;
  /** Bytes of peak resident memory. */
  readonly peak: Spread;
}

/** Options of {@linkcode measureReplayMemory}. */
export interface ReplayMemoryOptions {
  /** Published events of the short recording; the long one has ten times as many. */
  readonly events: number;
  /** Replays of each. */
  readonly rounds: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Gets a line for people now and then. */
  readonly onProgress: (line: string) => void;
}

/**
 * Writes a recording of a synthetic stream, frame by frame.
 *
 * @param path the file
 * @param lives processes that are born in it
 */
export function writeRecording(path: string, lives: number): void {
  using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const encoder = new TextEncoder();
  const write = (text: string) => {
    const bytes = frame(encoder.encode(text));
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  };
  write(encodeHeader(recordedHeader({ options: { failedOnly: false, eventsMax: Number.MAX_SAFE_INTEGER } })));
  let batch = "";
  for (const lines of wireStream({ lives, living: LIVING })) {
    batch += encodeEntry({ kind: "raw", lines });
    if (batch.length < FRAME_LENGTH) continue;
    write(batch);
    batch = "";
  }
  write(batch + encodeEntry({ kind: "end", end: RECORDED_END }));
}

/**
 * Replays a short and a long recording in turn, each time in a process of its own.
 *
 * @param options how many events, and how often
 * @returns what each size took
 * @throws {Error} when a replay fails, or both do not end with the same number of live pidfds
 */
export async function measureReplayMemory(
  options: ReplayMemoryOptions,
): Promise<readonly [short: ReplaySize, long: ReplaySize]> {
  const { rounds, signal, onProgress } = options;
  const folder = await Deno.makeTempDir({ prefix: "trace-clone-bench-" });
  try {
    const files = [1, 10].map((times) => {
      const path = `${folder}/${times}.rec.zst`;
      onProgress(`writing a recording of about ${times * options.events} events`);
      writeRecording(path, Math.ceil(times * options.events / 5) + LIVING);
      return path;
    });
    const seen: ReplayMemory[][] = files.map(() => []);
    for (let round = 1; round <= rounds; round += 1) {
      for (const [at, path] of files.entries()) {
        const one = await replayOnce(path, signal);
        const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
        onProgress(
          `replay ${round} of ${rounds}: ${one.events} events, heap ${megabytes(one.heapBytes)}, ` +
            `peak ${megabytes(one.peakBytes)}`,
        );
        seen[at]?.push(one);
      }
    }
    const [short, long] = seen.map(sizeOf);
    if (short === undefined || long === undefined || short.live !== long.live) {
      throw new Error(
        `Cannot compare replays: ${short?.live} and ${long?.live} pidfds are open at their ends`,
      );
    }
    return [short, long];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function sizeOf(replays: readonly ReplayMemory[]): ReplaySize {
  return {
    events: replays[0]?.events ?? 0,
    live: replays[0]?.live ?? 0,
    heap: spread(replays.map((it) => it.heapBytes)),
    peak: spread(replays.map((it) => it.peakBytes)),
  };
}

async function replayOnce(path: string, signal: AbortSignal): Promise<ReplayMemory> {
  signal.throwIfAborted();
  const script = new URL("./replay_once.ts", import.meta.url).pathname;
  const flags = [
    "--quiet",
    "--no-prompt",
    "--no-check",
    "--allow-read",
    "--allow-run=sh",
    "--v8-flags=--expose-gc",
  ];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script, path],
    stdin: "null",
    stderr: "piped",
    signal,
  }).output();
  signal.throwIfAborted();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(
    `Cannot replay "${path}": it said "${new TextDecoder().decode(stderr).trim().slice(-400)}"`,
  );
}
