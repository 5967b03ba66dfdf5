/**
 * What more than the usual is to be seen.
 *
 * @module
 */

import type { TraceLimits } from "../../tracers/mod.ts";

/** What the user can ask for. */
export interface DepthOptions {
  /** Every slot that holds a pidfd. */
  readonly slots: boolean;
  /** Uses of pidfds. */
  readonly uses: boolean;
  /** Whether pidfds that are opened anew are to be seen too: only their first slot tells of them. */
  readonly births: "usual" | "all";
}

/**
 * Returns what a plan has to watch for what the user asked.
 *
 * @param options what the user asked for
 * @returns limits of a plan
 *
 * @example
 * ```ts
 * import { depthOf } from "./depth.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(depthOf({ slots: false, uses: false, births: "all" }), { slots: true, uses: false });
 * ```
 */
export function depthOf({ slots, uses, births }: DepthOptions): Pick<TraceLimits, "slots" | "uses"> {
  return { slots: slots || births === "all", uses };
}
