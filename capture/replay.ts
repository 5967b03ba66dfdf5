/**
 * A recording, read again: the same lines in the same order, so that everything after them says the same.
 *
 * @module
 */

import { recordedLines } from "./_recorded_lines.ts";
import type { RecordedLine } from "./_recorded_lines.ts";
import { decodeEntry, decodeHeader } from "./decode_recording.ts";
import type { RecordingEntry, RecordingHeader } from "./recording.ts";
import { RecordingError } from "./recording_error.ts";

/** What comes after the header: entries, and `stopped` where the recording ends before the run did. */
export type ReplayStep =
  | RecordingEntry
  /** `clean`: it ends after a whole line, as a part does that goes on in another one. */
  | { readonly kind: "stopped"; readonly reason: string; readonly clean: boolean };

/** One part of a recording that is being read. */
export interface RecordingPart extends AsyncDisposable {
  /** Its first line. */
  readonly header: RecordingHeader;
  /**
   * The lines after it, once. The last step is `end`, or `stopped` with the reason why there is none.
   *
   * A part that goes on in another one ends with `stopped` too.
   */
  steps(): AsyncGenerator<ReplayStep>;
}

/**
 * Begins to read a part of a recording.
 *
 * @param stream the bytes of the file, plain or packed; which of both they say themselves
 * @returns its header, and then its lines
 * @throws {RecordingError} when it is no recording, or one of another version
 */
export async function openRecording(stream: ReadableStream<Uint8Array>): Promise<RecordingPart> {
  const lines = recordedLines(stream);
  const close = async () => {
    await lines.return(undefined);
    await stream.cancel().catch(() => undefined);
  };
  try {
    const first = await lines.next();
    const header = readHeader(first.done === true ? undefined : first.value);
    return { header, steps: () => readSteps(lines), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function readHeader(line: RecordedLine | undefined): RecordingHeader {
  if (line?.kind === "line") return decodeHeader(line.text);
  const begins = line?.rest.startsWith('{"recording":"trace-clone-recording/') ?? false;
  const what = begins ? "it ends within its header" : line === undefined ? "it is empty" : "it is none";
  throw new RecordingError(`Cannot read the recording: ${what}, so nothing of a run is in it`, {
    problem: "not-a-recording",
    line: 1,
    hint: "A recording is made with: trace-clone record FILE",
  });
}

async function* readSteps(lines: AsyncGenerator<RecordedLine>): AsyncGenerator<ReplayStep> {
  let number = 1;
  for await (const line of lines) {
    number += 1;
    if (line.kind === "broken") return yield { kind: "stopped", reason: line.reason, clean: false };
    let entry: RecordingEntry;
    try {
      entry = decodeEntry(line.text, number);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      return yield { kind: "stopped", reason: `line ${number} is damaged`, clean: false };
    }
    yield entry;
    if (entry.kind === "end") return;
  }
  yield { kind: "stopped", reason: "the end of the run is not in it", clean: true };
}
