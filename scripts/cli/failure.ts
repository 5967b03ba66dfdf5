/**
 * What is said of an error, and the exit code that it calls for.
 *
 * @module
 */

import { ProgramError, RecordingError } from "../../capture/mod.ts";
import { HostError } from "../../hosts/mod.ts";
import { isEnding } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells people of an error: what was tried, what was found, and what to do next.
 *
 * @param error whatever was thrown
 * @param terminal where to say it
 * @returns the exit code
 */
export function tellError(error: unknown, terminal: Pick<Terminal, "note">): ExitCode {
  if (isEnding(error)) {
    terminal.note(`trace-clone: ${error.reason}`);
    return error.code;
  }
  if (error instanceof CliError || error instanceof HostError || error instanceof ProgramError) {
    const hint = error.hint === undefined ? "" : `\n  hint: ${error.hint}`;
    terminal.note(`trace-clone: ${error.message}${hint}`);
    return error instanceof CliError ? error.code : EXIT.cannotRun;
  }
  if (error instanceof RecordingError) {
    terminal.note(`trace-clone: ${error.message}\n  hint: ${error.hint}`);
    return EXIT.usage;
  }
  terminal.note(`trace-clone: a fault of the tool's own: ${error instanceof Error ? error.stack : error}`);
  return EXIT.cannotRun;
}
