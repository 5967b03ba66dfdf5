/**
 * What bpftrace complained about, for people.
 *
 * @module
 */

import type { Diagnostic } from "../../capture/mod.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells people of bpftrace's errors.
 *
 * @param diagnostics all that it complained about
 * @param terminal where to say it
 */
export function tellDiagnostics(diagnostics: readonly Diagnostic[], terminal: Pick<Terminal, "note">): void {
  for (const { level, text, hint } of diagnostics) {
    if (level === "error") terminal.note(`bpftrace: ${text}${hint === undefined ? "" : ` (${hint})`}`);
  }
}
