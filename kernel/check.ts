/**
 * One thing that a machine must have, or should have, to be traced.
 *
 * @module
 */

import type { KernelFacts } from "./discover.ts";
import type { Support } from "./feature.ts";
import type { Known } from "./known.ts";

/** What was found out about one thing. */
export interface Check {
  /** Its name for programs, such as `tracefs`. */
  readonly id: string;
  /** Its name for people. */
  readonly title: string;
  /** Whether the machine has it. */
  readonly answer: "yes" | "no" | "unknown";
  /** Whether there is no plan without it. */
  readonly needed: boolean;
  /** Whether there is no plan because of it: it is needed, and missing or not to be found out. */
  readonly blocks: boolean;
  /** What was found; capital first letter unless it begins with a name, no full stop. */
  readonly says: string;
  /** What to do about it, a sentence or a command to run as root there; null when there is nothing to do. */
  readonly remedy: string | null;
}

/** What a rule makes of the facts. */
export type Judgement =
  & Pick<Check, "answer" | "says">
  & Partial<Pick<Check, "needed" | "remedy">>
  & {
    /** Whether nothing can be done while it is not known. @default {false} */
    readonly stops?: boolean;
  };

/** One thing to look at: the source of the checks and of their documentation. */
export interface CheckRule {
  /** See {@linkcode Check.id}. */
  readonly id: string;
  /** See {@linkcode Check.title}. */
  readonly title: string;
  /** What is looked at on the machine. */
  readonly looksAt: string;
  /** Why it matters. */
  readonly why: string;
  /** See {@linkcode Check.needed}; a judgement can say otherwise. */
  readonly needed: boolean;
  /** What to do when it is missing; a judgement can say it more exactly. */
  readonly remedy: string;
  /** Judges the facts; undefined when another check tells the cause already, so that it is told once. */
  readonly judge: (facts: KernelFacts) => Judgement | undefined;
}

/**
 * Applies a rule.
 *
 * @param rule the rule
 * @param facts what is known of the machine
 * @returns the check; undefined when another one tells the cause
 *
 * @example
 * ```ts
 * import { type CheckRule, applyRule } from "./check.ts";
 * import { discover } from "./discover.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const rule: CheckRule = {
 *   id: "sky",
 *   title: "Sky",
 *   looksAt: "the sky",
 *   why: "It is blue.",
 *   needed: true,
 *   remedy: "Wait",
 *   judge: () => ({ answer: "no", says: "The sky is grey" }),
 * };
 * const facts = await discover(fakeHost({}), { symbols: [], tracepoints: [] });
 * const check = applyRule(rule, facts);
 * assert.deepEqual([check?.blocks, check?.remedy], [true, "Wait"]);
 * ```
 */
export function applyRule(rule: CheckRule, facts: KernelFacts): Check | undefined {
  const found = rule.judge(facts);
  if (found === undefined) return undefined;
  const { answer, says, needed = rule.needed, stops = false } = found;
  const remedy = found.remedy === undefined ? rule.remedy : found.remedy;
  return {
    id: rule.id,
    title: rule.title,
    answer,
    needed,
    blocks: needed && (answer === "no" || (answer === "unknown" && stops)),
    says,
    remedy: answer === "yes" ? null : remedy,
  };
}

/**
 * Whether programs of ours are known to be refused what only root may read. Then that is the cause, told by the check of
 * the rights, and nothing else is to blame.
 *
 * @param facts what is known of the machine
 * @returns false also when it is not known who we are there
 *
 * @example
 * ```ts
 * import { discover } from "./discover.ts";
 * import { isUnprivileged } from "./check.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const files = { "/proc/self/status": "Uid:\t7\t7\t7\t7\nCapEff:\t0\n" };
 * assert.equal(isUnprivileged(await discover(fakeHost({ files }), { symbols: [], tracepoints: [] })), true);
 * ```
 */
export function isUnprivileged(facts: KernelFacts): boolean {
  const { identity } = facts.surroundings.rights;
  return identity.kind === "known" && identity.value.uid !== 0;
}

/**
 * A fact that is there, or why it is not known, as the begin of a judgement.
 *
 * @typeParam T the type of the value
 * @param fact the fact
 * @param says the sentence about its value, with its answer
 * @returns the judgement; unknown with the fact's own reason
 *
 * @example
 * ```ts
 * import { judged } from "./check.ts";
 * import { notKnown } from "./known.ts";
 * import assert from "node:assert/strict";
 *
 * const answer = judged(notKnown<number>("Nobody knows"), (value) => ({ answer: "yes", says: `${value}` }));
 * assert.deepEqual(answer, { answer: "unknown", says: "Nobody knows" });
 * ```
 */
export function judged<T>(fact: Known<T>, says: (value: T) => Judgement): Judgement {
  return fact.kind === "known" ? says(fact.value) : { answer: "unknown", says: fact.reason };
}

/**
 * Whether something can be done, as a judgement.
 *
 * @param support the answer
 * @param sentences what "yes" says, and what "no" says for its reason
 * @returns the judgement; unknown with the answer's own reason
 *
 * @example
 * ```ts
 * import { judgeSupport } from "./check.ts";
 * import { unsupported } from "./feature.ts";
 * import assert from "node:assert/strict";
 *
 * const found = judgeSupport(unsupported("No symbol"), { yes: "There", no: (reason) => `Not there: ${reason}` });
 * assert.deepEqual(found, { answer: "no", says: "Not there: No symbol" });
 * ```
 */
export function judgeSupport(
  support: Support,
  sentences: { readonly yes: string; readonly no: (reason: string) => string },
): Judgement {
  switch (support.kind) {
    case "supported":
      return { answer: "yes", says: sentences.yes };
    case "unsupported":
      return { answer: "no", says: sentences.no(support.reason) };
    case "unknown":
      return { answer: "unknown", says: support.reason };
    default:
      return support satisfies never;
  }
}
