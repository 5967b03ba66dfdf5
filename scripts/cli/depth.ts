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
  /** Numbers of pidfds that are closed twice. */
  readonly closes: boolean;
  /** The user stack from which each slot gets its pidfd. */
  readonly ustack: boolean;
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
 * const depth = depthOf({ slots: false, uses: false, births: "all", closes: false, ustack: false });
 * assert.deepEqual(depth, { slots: true, uses: false, closes: false, stacks: false });
 * ```
 */
export function depthOf(
  { slots, uses, births, closes, ustack }: DepthOptions,
): Pick<TraceLimits, "slots" | "uses" | "closes" | "stacks"> {
  return { slots: slots || closes || ustack || births === "all", uses, closes, stacks: ustack };
}
