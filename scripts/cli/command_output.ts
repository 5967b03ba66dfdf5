/**
 * Where the output of the user's command goes: to our standard error, or to a file.
 *
 * @module
 */

import { CliError, EXIT } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Passes the output of a command on until it ends.
 *
 * @param output what the command writes
 * @param to a file, or else the terminal
 * @returns resolves when the output has ended and was written
 * @throws {CliError} when the file cannot be written
 */
export async function openCommandOutput(
  output: ReadableStream<Uint8Array>,
  to: { readonly file: string | undefined; readonly terminal: Terminal },
): Promise<void> {
  const { file, terminal } = to;
  if (file === undefined) {
    for await (const chunk of output) terminal.raw(chunk);
    return;
  }
  try {
    using sink = await Deno.open(file, { write: true, create: true, truncate: true, mode: 0o600 });
    for await (const chunk of output) {
      for (let at = 0; at < chunk.length;) at += await sink.write(chunk.subarray(at));
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CliError(`Cannot write the command's output to ${JSON.stringify(file)}: ${words}`, {
      code: EXIT.cannotRun,
      hint: "Name a file in a folder that exists and that the tool may write to, such as /tmp",
    });
  }
}
