/**
 * Evidence where some provocations were made again, since the kernel's word on them was lost.
 *
 * @module
 */

import { judgeRule } from "./confirm_rule.ts";
import { CONFIRM_RULES } from "./confirm_rules.ts";
import { Evidence, spanOf } from "./evidence.ts";
import type { Told } from "./evidence.ts";
import type { Update } from "../update.ts";
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
 * @param torn the facts of each try that was made again
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
export function evidenceOf(told: Told, torn: readonly (readonly Fact[])[]): Evidence {
  if (torn.length === 0) return new Evidence(told);
  const all = new Evidence({ ...told, facts: [...torn.flat(), ...told.facts] });
  if (CONFIRM_RULES.some((it) => judgeRule(it, all).verdict === "broken")) return all;
  const spans = torn.map(spanOf);
  const isTorn = ({ ktimeNs }: Update) =>
    ktimeNs !== null && spans.some(([fromNs, toNs]) => ktimeNs >= fromNs && ktimeNs <= toNs);
  return new Evidence({ ...told, updates: told.updates.filter((it) => !(isWord(it) && isTorn(it))) });
}

/** Whether an update is the model's word on something, and not on what is there from then on. */
function isWord({ type }: Update): boolean {
  return type === "clone.failed" || type === "finding";
}
