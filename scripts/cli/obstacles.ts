/**
 * Why a target cannot be traced, in the same words wherever the tool refuses.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import { checkup, obstaclesOf } from "../../kernel/mod.ts";
import type { Check, KernelFacts } from "../../kernel/mod.ts";
import type { NoPlan } from "../../tracers/mod.ts";

/** What the plan itself misses: places in the kernel that it would probe or read. */
const PLACES = {
  id: "places",
  title: "Places to probe",
  answer: "no",
  needed: true,
  blocks: true,
  remedy: "Use another kernel; this build of it lacks the place",
} as const;

/**
 * Returns everything that stands in the way of a plan: what the checks tell, and then what the plan itself misses.
 *
 * @param facts what is known of the target
 * @param plan why there is none
 * @returns the obstacles; each cause once
 */
export function obstacles(facts: KernelFacts, plan: NoPlan): readonly Check[] {
  const told = obstaclesOf(checkup(facts));
  const sentences = new Set(told.map((it) => it.says));
  const places = plan.reasons.filter((it) => !sentences.has(it)).map((says) => ({ ...PLACES, says }));
  return [...told, ...places];
}

/**
 * Returns an obstacle as lines below an error message.
 *
 * @param check what stands in the way
 * @returns text that begins with a line end
 */
export function obstacleText(check: Check): string {
  const remedy = check.remedy === null ? "" : `\n    -> ${printableText(check.remedy)}`;
  return `\n  - ${printableText(check.says)}${remedy}`;
}
