/**
 * From a comparison to a verdict: equal, explained by unknown holders, broken, or not to be told.
 *
 * @module
 */

import { isDoubtful } from "./_doubts.ts";
import type { Count } from "./ledger.ts";
import { ruleOf } from "./rules/registry.ts";
import type { RuleId } from "./rules/registry.ts";
import type { ModelState, Target } from "./state.ts";
import type { Publisher } from "./update.ts";

/**
 * Judges a comparison and publishes a finding when a rule is broken.
 *
 * @param state the model's state, for its counters and for what was lost
 * @param out where findings go
 * @param what the target, its comparison, and which rule an inequality breaks
 */
export function judge(
  state: ModelState,
  out: Publisher,
  what: {
    readonly target: Target;
    readonly count: Count;
    /** The rule that an inexact count breaks; without it only a count below the known holders is wrong. */
    readonly exact?: RuleId;
    readonly seq: number;
  },
): void {
  const { target, count, exact, seq } = what;
  if (count.after === null || count.expected === null) return;
  state.counts.checked += 1;
  if (count.after === count.expected) {
    state.counts.equal += 1;
    return;
  }
  if (count.after > count.expected) {
    state.counts.above += 1;
    if (exact === undefined) return;
  }
  publishFinding(state, out, {
    rule: count.after < count.expected ? "L1" : exact ?? "L1",
    target,
    expected: `count ${count.expected} (${count.holders.join(", ") || "no holder"})`,
    observed: `count ${count.after}`,
    seq,
  });
}

/** What to do when something was lost that could explain what was seen. */
const AFTER_A_LOSS = "Events were lost or came late: run again with a larger --buffer or a narrower filter";

/**
 * Publishes a finding: broken, or undetermined when something that could explain it was lost.
 *
 * A target from before the probes were attached is not judged at all.
 *
 * @param state the model's state
 * @param out where the finding goes
 * @param what the rule and what was seen
 */
export function publishFinding(
  state: ModelState,
  out: Publisher,
  what: {
    readonly rule: RuleId;
    readonly target: Target;
    readonly expected: string;
    readonly observed: string;
    readonly seq: number;
    /** What to do next, when it cannot be told whether the rule was broken. */
    readonly undetermined?: string;
  },
): void {
  const rule = ruleOf(what.rule, what.target.law);
  const { target, expected, observed, seq } = what;
  if (!target.whole) return;
  const undetermined = isDoubtful(state, target) ? AFTER_A_LOSS : what.undetermined;
  out.publish("finding", {
    rule: rule.id,
    verdict: undetermined === undefined ? "broken" : "undetermined",
    statement: rule.statement,
    expected,
    observed,
    evidence: target.lastSeq === 0 || target.lastSeq === seq ? [seq] : [target.lastSeq, seq],
    next: undetermined ?? rule.next,
  }, { ktimeNs: null, followed: target.followed });
}
