/**
 * The files of a recording, to be read.
 *
 * @module
 */

import { openRecording } from "../../capture/mod.ts";
import type { RecordingPart } from "../../capture/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { olderPart } from "./recording_file.ts";

/** What there is of a recording, the older part first. */
export interface RecordingParts extends AsyncDisposable {
  /** One or two; never none. */
  readonly parts: readonly [RecordingPart, ...RecordingPart[]];
  /** How many parts are missing that came before. */
  readonly gone: number;
}

/**
 * Opens a recording, and the part before it where it is beside it.
 *
 * @param path its file
 * @returns its parts
 * @throws {CliError} with code 3 when the file cannot be read
 * @throws {RecordingError} when it is no recording
 */
export async function openParts(path: string): Promise<RecordingParts> {
  const newer = await openRecording(await open(path));
  const older = newer.header.part > 1 ? await openOlder(path, newer) : undefined;
  const parts: readonly [RecordingPart, ...RecordingPart[]] = older === undefined ? [newer] : [older, newer];
  return {
    parts,
    gone: parts[0].header.part - 1,
    async [Symbol.asyncDispose]() {
      for (const part of parts) await part[Symbol.asyncDispose]();
    },
  };
}

/** The part before, if it is there and of the same run. */
async function openOlder(path: string, newer: RecordingPart): Promise<RecordingPart | undefined> {
  let older: RecordingPart;
  try {
    older = await openRecording(await open(olderPart(path)));
  } catch {
    // It is told that a part is gone, whatever became of it.
    return undefined;
  }
  if (older.header.run === newer.header.run && older.header.part === newer.header.part - 1) return older;
  await older[Symbol.asyncDispose]();
  return undefined;
}

async function open(path: string): Promise<ReadableStream<Uint8Array>> {
  try {
    const { isDirectory } = await Deno.stat(path);
    if (!isDirectory) return (await Deno.open(path, { read: true })).readable;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "this user may not read it"
      : error.message;
    throw new CliError(`Cannot replay ${JSON.stringify(path)}: ${why}`, {
      code: EXIT.cannotRun,
      hint: `A recording is made with trace-clone record FILE; the older part of a long one is FILE.1`,
    });
  }
  throw new CliError(`Cannot replay ${JSON.stringify(path)}: it is a folder`, {
    code: EXIT.cannotRun,
    hint: "Name the file that was given to trace-clone record",
  });
}
