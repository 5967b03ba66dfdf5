/**
 * One step of a plan's ladder, in the same words wherever it is told.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import type { Rung } from "../../tracers/mod.ts";

/**
 * Says what is seen, by which step and where, and why by no better one; what that loses stands beside it in the plan.
 *
 * @param rung the step
 * @returns one line
 *
 * @example
 * ```ts
 * import { rungText } from "./rung_text.ts";
 * import assert from "node:assert/strict";
 *
 * const seen = { functions: [], doors: [], loses: [], instead: ["BTF cannot be read"] };
 * assert.equal(rungText({ what: "reaps", step: "none", ...seen }), "reaps: none, for BTF cannot be read");
 * ```
 */
export function rungText({ what, step, doors, instead }: Rung): string {
  const where = doors.length === 0 ? "" : ` (${doors.map((it) => it.replace(/^.*?:/, "")).join(", ")})`;
  const why = instead.length === 0 ? "" : `, for ${instead.join("; ")}`;
  return printableText(`${what}: ${step}${where}${why}`);
}
