/**
 * The name and version of the published event format.
 *
 * @module
 */

/**
 * The `schema` value that stands in every published event.
 *
 * The number changes only when a reader of the old form would misread the new one; new fields and new event
 * types keep it.
 *
 * @example
 * ```ts
 * import { EVENT_SCHEMA } from "./version.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(EVENT_SCHEMA, /^trace-clone\/\d+$/);
 * ```
 */
export const EVENT_SCHEMA = "trace-clone/1";
