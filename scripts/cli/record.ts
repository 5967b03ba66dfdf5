/**
 * `record`: a trace whose lines are kept, to be replayed elsewhere.
 *
 * @module
 */

import type { RecordOptions } from "./grammar.ts";
import { RecordingFile } from "./recording_file.ts";
import type { Invocation } from "./invocation.ts";
import { trace } from "./trace.ts";

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation CMD, the words of the user, and where text goes
 * @returns the exit code of the process
 * @throws {CliError} when the file cannot be made, or is there
 */
export async function record(options: RecordOptions, invocation: Invocation): Promise<number> {
  await using file = await RecordingFile.create(options.file, { bytesMax: options.bytesMax });
  return await trace({ ...options, command: "trace" }, { ...invocation, recording: file });
}
