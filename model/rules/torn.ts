/**
 * Evidence where some provocations were made again, since the kernel's word on them was lost.
 *
 * @module
 */

import { judgeRule } from "./confirm_rule.ts";
import { CONFIRM_RULES } from "./confirm_rules.ts";
import { Evidence } from "./evidence.ts";
import type { Told } from "./evidence.ts";
import type { Fact } from "./facts.ts";

/**
 * Returns what rules are judged by: what was told by the tries that were seen whole.
 *
 * What is broken stays broken, however often it is tried: where a torn try shows a rule broken, it is evidence too.
 *
 * @param told what both witnesses have told, and of the facts those of the tries that stand
 * @param torn the facts of tries that were made again
 * @returns the evidence
 *
 * @example
 * ```ts
 * import { evidenceOf } from "./torn.ts";
 * import assert from "node:assert/strict";
 *
 * const truth = { law: "per-inode", isSeedLike: null, watched: new Set<string>() } as const;
 * assert.deepEqual(evidenceOf({ truth, facts: [], steps: [], updates: [] }, []).all, []);
 * ```
 */
export function evidenceOf(told: Told, torn: readonly Fact[]): Evidence {
  const whole = new Evidence(told);
  if (torn.length === 0) return whole;
  const all = new Evidence({ ...told, facts: [...torn, ...told.facts] });
  return CONFIRM_RULES.some((it) => judgeRule(it, all).verdict === "broken") ? all : whole;
}
