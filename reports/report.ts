/**
 * How events are shown: values in, text out.
 *
 * @module
 */

import type { TraceEvent } from "../schema/mod.ts";

/** A form of output; it says what to write, somebody else writes it. */
export interface Report {
  /** Text for the begin, if any. */
  header(): string;
  /** Text for one event; empty when this form does not show it. */
  event(event: TraceEvent): string;
}
