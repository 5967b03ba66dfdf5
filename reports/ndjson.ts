/**
 * Events as newline-delimited JSON.
 *
 * @module
 */

import type { TraceEvent } from "../schema/mod.ts";
import type { Report } from "./report.ts";

/** One JSON object a line, as the published JSON Schema says. */
export class NdjsonReport implements Report {
  /** Nothing stands before the first event. */
  header(): string {
    return "";
  }

  /** Returns one line. */
  event(event: TraceEvent): string {
    return `${JSON.stringify(event)}\n`;
  }
}
