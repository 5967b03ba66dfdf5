/**
 * One call of the tool.
 *
 * @module
 */

import type { RecordingFile } from "./recording_file.ts";
import type { Terminal } from "./terminal.ts";

/** How the tool was called. */
export interface Invocation {
  /** All words of the user. */
  readonly args: readonly string[];
  /** CMD and its arguments, empty for none. */
  readonly argv: readonly string[];
  /** Where text goes. */
  readonly terminal: Terminal;
  /** Where what bpftrace prints is kept, if anywhere. */
  readonly recording?: RecordingFile | undefined;
}
