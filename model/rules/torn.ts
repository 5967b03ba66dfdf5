/**
 * Evidence where some provocations were made again, since the kernel's word on them was lost.
 *
 * @module
 */

import { judgeRule } from "./confirm_rule.ts";
import { CONFIRM_RULES } from "./confirm_rules.ts";
import { Evidence, spanOf } from "./evidence.ts";
import type { Told } from "./evidence.ts";
import type { Fact } from "./facts.ts";

/**
 * What was lost of one try of a provocation that a rule asks for.
 *
 * Much can be lost while a try lasts that no rule asks for, such as of a close: that is no reason to make it again.
 *
 * @param told what both witnesses have told until then, and of the facts those of the try
 * @returns the reason; `undefined` when nothing was lost meanwhile, or no rule needs it
 *
 * @example
 * ```ts
 * import { holeOf } from "./torn.ts";
 * import assert from "node:assert/strict";
 *
 * const truth = { law: "per-inode", isSeedLike: null, watched: new Set<string>() } as const;
 * assert.equal(holeOf({ truth, facts: [], steps: [], updates: [] }), undefined);
 * ```
 */
export function holeOf(told: Told): string | undefined {
  const { facts, updates } = told;
  const hole = new Evidence(told).holeIn(facts);
  // A loss of which it is not known when it was is there in every try.
  const isTimeless = updates.some((it) =>
    it.type === "lost" && (it.body.from_ns === null || it.body.to_ns === null)
  );
  if (hole === undefined || isTimeless) return undefined;
  const [fromNs, toNs] = spanOf(facts);
  const own = updates.filter(({ ktimeNs }) => ktimeNs === null || (ktimeNs >= fromNs && ktimeNs <= toNs));
  const evidence = new Evidence({ ...told, updates: own });
  const isMissed = CONFIRM_RULES.some((rule) =>
    rule.outOfForce?.(evidence) === undefined &&
    rule.checks(evidence).some((it) => it.isAsExpected === null && rule.necessary.includes(it.witness))
  );
  return isMissed ? hole : undefined;
}

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
