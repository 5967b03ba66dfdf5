/**
 * The rules about single pidfds: what programs do wrong with them, as far as time alone tells it.
 *
 * @module
 */

import { isCredential } from "./holdings.ts";
import type { Holding } from "./holdings.ts";

/** Ids of the rules. */
export type LeakRuleId = "K1" | "K4" | "K5";

/** A rule about one slot. */
export interface LeakRule {
  /** Its id. */
  readonly id: LeakRuleId;
  /** The rule in one sentence. */
  readonly statement: string;
  /** Since when the slot breaks it, CLOCK_BOOTTIME in ns; `null` when it does not. */
  readonly since: (holding: Holding) => bigint | null;
  /** Whether it rests on uses, which are told of only where they were asked for. */
  readonly needsUses: boolean;
}

/** The rules, the sharpest first. */
export const LEAK_RULES: readonly LeakRule[] = [
  {
    id: "K1",
    statement: "A pidfd of a process that has ended is closed soon",
    since: ({ target, sinceNs }) =>
      target.endedNs === null ? null : target.endedNs > sinceNs ? target.endedNs : sinceNs,
    needsUses: false,
  },
  {
    id: "K4",
    statement: "A pidfd that a process inherited is used by it, or closed",
    since: ({ way, ownUses, sinceNs }) => way === "inherited" && ownUses === 0 ? sinceNs : null,
    needsUses: true,
  },
  {
    id: "K5",
    statement: "A pidfd that was opened is used, or closed",
    since: (it) => it.way === "opened" && it.uses.size === 0 && !isOfUseUnseen(it) ? it.sinceNs : null,
    needsUses: true,
  },
];

/**
 * Whether a pidfd serves without being used: to be sent to others, as by a broker, or to say who is at the other end of
 * a connection, for as long as that one lives. Who keeps that for too long breaks K1 in the end.
 */
function isOfUseUnseen(holding: Holding): boolean {
  return holding.sent || isCredential(holding);
}

/** A slot that breaks a rule. */
export interface Suspect {
  /** The first rule that it breaks. */
  readonly rule: LeakRule;
  /** The slot. */
  readonly holding: Holding;
  /** For how long, ns. */
  readonly ageNs: bigint;
  /** `undetermined` where something was lost that can have been about the slot. */
  readonly verdict: "broken" | "undetermined";
}

/** What is asked. */
export interface SuspectOptions {
  /** The moment, CLOCK_BOOTTIME in ns. */
  readonly nowNs: bigint;
  /** How long a rule may be broken before it counts, ns. */
  readonly olderNs: bigint;
  /** Whether uses are told of. */
  readonly usesSeen: boolean;
}

/**
 * Returns the slots that break a rule for longer than is allowed, each once.
 *
 * @param held all slots
 * @param options the moment, and how long is too long
 * @returns them in the order of the slots
 *
 * @example
 * ```ts
 * import { suspectsOf } from "./suspects.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(suspectsOf([], { nowNs: 0n, olderNs: 1n, usesSeen: true }), []);
 * ```
 */
export function suspectsOf(held: Iterable<Holding>, options: SuspectOptions): readonly Suspect[] {
  const rules = LEAK_RULES.filter((it) => options.usesSeen || !it.needsUses);
  return [...held].flatMap((holding) => rules.flatMap((it) => suspectOf(it, holding, options)).slice(0, 1));
}

function suspectOf(
  rule: LeakRule,
  holding: Holding,
  { nowNs, olderNs }: SuspectOptions,
): readonly Suspect[] {
  const sinceNs = rule.since(holding);
  if (sinceNs === null || nowNs - sinceNs <= olderNs) return [];
  return [{
    rule,
    holding,
    ageNs: nowNs - sinceNs,
    verdict: holding.doubtful ? "undetermined" : "broken",
  }];
}
