/**
 * From an update of the model to a published event.
 *
 * @module
 */

import type { Update } from "../model/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { TraceEvent } from "../schema/mod.ts";

/** Where events come from, for their common fields. */
export interface Origin {
  /** The target as the user wrote it. */
  readonly host: string;
  /** UTC in ns since 1970 minus CLOCK_BOOTTIME. */
  readonly utcOffsetNs: bigint;
}

/**
 * Returns the event to publish for an update.
 *
 * @param update what the model said
 * @param origin where it comes from
 * @returns the event, with its common fields first
 */
export function publish(update: Update, origin: Origin): TraceEvent {
  const { type, seq, ktimeNs, body } = update;
  const common = {
    schema: EVENT_SCHEMA,
    type,
    seq,
    time: ktimeNs === null ? null : utcText(ktimeNs + origin.utcOffsetNs),
    ktime_ns: ktimeNs === null ? null : ktimeNs.toString(),
    host: origin.host,
  };
  return { ...common, ...body } as TraceEvent;
}

/**
 * Returns a moment as RFC 3339 text in UTC with nine decimals.
 *
 * @param utcNs ns since 1970
 * @returns such as `2026-01-02T03:04:05.000000006Z`
 * @example
 * ```ts
 * import { utcText } from "./publish.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(utcText(1_767_323_045_000_000_006n), "2026-01-02T03:04:05.000000006Z");
 * ```
 */
export function utcText(utcNs: bigint): string {
  const seconds = utcNs / 1_000_000_000n;
  const rest = (utcNs % 1_000_000_000n).toString().padStart(9, "0");
  return new Date(Number(seconds) * 1000).toISOString().replace(/\.\d+Z$/, `.${rest}Z`);
}
