/**
 * What becomes of a run of `leaks` that was broken off by an error: what was told until then is reported.
 *
 * @module
 */

import { HostError } from "../../hosts/mod.ts";
import { endingOf } from "./endings.ts";
import { EXIT } from "./exit_code.ts";
import type { Ending } from "./endings.ts";
import { tellError } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** How far a run had come. */
export interface BrokenOff {
  /** Whether anything was told of, that can be reported. */
  readonly isTold: boolean;
  /** Aborted with an {@linkcode Ending} by what ends the run from outside. */
  readonly signal: AbortSignal;
  /** Where it is said. */
  readonly terminal: Pick<Terminal, "note">;
}

/**
 * Says what broke a run off, and returns the ending that this is.
 *
 * @param error what was thrown
 * @param run how far it had come
 * @returns why it ended, and the code that this calls for: a machine that goes in the middle leaves nothing certain but
 *   what was found by then
 * @throws the error itself, when nothing was told that can be reported, and when it is no machine that was lost
 */
export function brokenOff(error: unknown, { isTold, signal, terminal }: BrokenOff): Ending {
  if (signal.aborted) {
    const ending = endingOf(signal);
    if (!isTold) terminal.note(`trace-clone: ${ending.reason} before anything was traced`);
    return ending;
  }
  if (!isTold || !(error instanceof HostError)) throw error;
  tellError(error, terminal);
  return { code: EXIT.undetermined, reason: error.message };
}
