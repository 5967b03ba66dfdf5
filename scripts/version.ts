/**
 * Name and version of the tool.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** Version of the tool. */
export const VERSION: string = config.version;

/** Name and version, as the `start` event shows them. */
export const TOOL: string = `trace-clone ${VERSION}`;
