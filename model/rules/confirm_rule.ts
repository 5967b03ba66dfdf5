/**
 * A rule about a running kernel: what must be true, how it is tried, who has to have seen it.
 *
 * @module
 */

import type { Check, Exhibit, Witness } from "./check.ts";
import type { Evidence, Truth } from "./evidence.ts";
import { wayOf } from "./step.ts";

/** What can be said of a rule on a kernel. */
export type Verdict = "holds" | "broken" | "undetermined" | "not-exercised";

/** A rule. */
export interface ConfirmRule {
  /** Its id, such as `R5`. */
  readonly id: string;
  /** What must be true, in one sentence. */
  readonly statement: string;
  /** What goes wrong for people where it is not. */
  readonly why: string;
  /** From which version on it is so, as commits and releases tell; never what a verdict rests on. */
  readonly since: string;
  /** Until when, where it no longer is so. */
  readonly until?: string;
  /** The provocations that it is tried with. */
  readonly stimuli: readonly string[];
  /** What each witness has to have seen. */
  readonly witnesses: Readonly<Partial<Record<Witness, string>>>;
  /** Without which of them it cannot be said to hold. */
  readonly necessary: readonly Witness[];
  /** The smallest thing that shows it broken. */
  readonly counterExample: string;
  /** What makes it undetermined, apart from records that were lost. */
  readonly undetermined: string;
  /**
   * Whether it looks at what user space did with a pidfd. Where the number that a call gives is not that of the pidfd of
   * its child, that was something else. @default {false}
   */
  readonly usesPidfds?: boolean;
  /** Why a kernel is not to be judged by it; `undefined` where it is in force. @default {in force everywhere} */
  outOfForce?(evidence: Evidence): string | undefined;
  /**
   * Whether it stays undetermined on such a kernel, however often it is tried.
   *
   * @default {another try may tell}
   */
  isSettled?(truth: Pick<Truth, "freesUnseen">): boolean;
  /** How often it was tried, where that is not the number of its checks. @default {it is} */
  tried?(evidence: Evidence): string | undefined;
  /**
   * Looks at everything that the rule demands.
   *
   * @param evidence what was told
   * @returns the checks; none where it was not exercised
   */
  checks(evidence: Evidence): readonly Check[];
}

/** What was found about one rule. */
export interface Judgement {
  /** The rule. */
  readonly rule: ConfirmRule;
  /** The verdict. */
  readonly verdict: Verdict;
  /** What a sound kernel gives, where the verdict is not `holds`. */
  readonly expected: string | null;
  /** What was there. */
  readonly observed: string | null;
  /** The function in which it went wrong, as far as that is known. */
  readonly step: string | null;
  /** The way that the call took in which it showed, where the trace has it and the verdict is not `holds`. */
  readonly way: string | null;
  /** How often it was tried, where that is not the number of things that were looked at. */
  readonly tried: string | null;
  /** How many things were looked at. */
  readonly checked: number;
  /** How many of them were as expected. */
  readonly asExpected: number;
  /** What the verdict rests on: all of what is wrong, or of what cannot be told, or of what holds. */
  readonly exhibits: readonly Exhibit[];
  /** How many more exhibits there are than are shown. */
  readonly exhibitsLeftOut: number;
  /** Why it is neither yes nor no, one sentence each. */
  readonly reasons: readonly string[];
}

/** Exhibits that are shown of one verdict. */
const EXHIBITS_MAX = 100;

/** Reasons that are told. */
const REASONS_MAX = 5;

/**
 * Judges one rule.
 *
 * @param rule the rule
 * @param evidence what both witnesses have told, and why provocations told nothing
 * @param options `doubt`: why what user space did was done with something else than it thought, if it was
 * @returns `broken` when one check is not as expected, `holds` when each necessary witness has seen all that it was
 *   asked, otherwise what stands in the way
 */
export function judgeRule(
  rule: ConfirmRule,
  evidence: Evidence,
  { doubt }: { readonly doubt?: string | undefined } = {},
): Judgement {
  const unexercised = evidence.silence(rule.stimuli);
  const outside = rule.outOfForce?.(evidence);
  const told = outside === undefined ? rule.checks(evidence) : [];
  const checks = doubt === undefined || rule.usesPidfds !== true
    ? told
    : told.map((it) => doubted(it, doubt));
  const wrong = checks.filter((it) => it.isAsExpected === false);
  const open = checks.filter((it) => it.isAsExpected === null);
  const counts = {
    checked: checks.length,
    asExpected: checks.filter((it) => it.isAsExpected === true).length,
  };
  const tried = rule.tried?.(evidence) ?? null;
  const nothing = { expected: null, observed: null, step: null, way: null, tried, reasons: [] };
  const base = { rule, ...counts, ...nothing };
  const [first] = wrong;
  if (first !== undefined) {
    const step = wrong.find((it) => it.step !== undefined)?.step ?? null;
    return {
      ...base,
      verdict: "broken",
      expected: `${first.what}: ${first.expected}`,
      observed: first.observed,
      step,
      way: wayIn(first),
      ...exhibitsOf(wrong),
    };
  }
  if (checks.length === 0) {
    const reasons = outside !== undefined
      ? [outside]
      : unexercised.length > 0
      ? unexercised
      : ["Its stimuli told nothing about it"];
    return { ...base, verdict: "not-exercised", ...exhibitsOf([]), reasons };
  }
  const silent = rule.necessary.filter((it) => !checks.some(({ witness }) => witness === it));
  const unsure = open.filter(({ witness }) => rule.necessary.includes(witness));
  if (silent.length > 0 || unsure.length > 0) {
    const reasons = [
      ...silent.map((it) =>
        `${WITNESS_NAMES[it]} has seen nothing of it: ${rule.witnesses[it] ?? "nothing"}`
      ),
      ...unsure.map((it) => `${it.what}: ${it.observed}`),
      ...unexercised,
    ];
    return {
      ...base,
      verdict: "undetermined",
      way: unsure[0] === undefined ? null : wayIn(unsure[0]),
      ...exhibitsOf(unsure),
      reasons: [...new Set(reasons)].slice(0, REASONS_MAX),
    };
  }
  return { ...base, verdict: "holds", ...exhibitsOf(checks.filter((it) => it.isAsExpected === true)) };
}

/** A check that is not as expected and rests on what user space did, which it did with something else. */
function doubted(check: Check, doubt: string): Check {
  const isUsers = check.exhibits.some((it) => it.kind === "fact");
  return check.isAsExpected === false && isUsers ? { ...check, isAsExpected: null, observed: doubt } : check;
}

const WITNESS_NAMES: Readonly<Record<Witness, string>> = { U: "User space", K: "The kernel's trace" };

/** What checks rest on, each thing once, and what the kernel did behind the fact that it came with. */
function exhibitsOf(checks: readonly Check[]): Pick<Judgement, "exhibits" | "exhibitsLeftOut"> {
  const seen = new Set<unknown>();
  const groups = new Map<unknown, Exhibit[]>();
  for (const { exhibits } of checks) {
    let of: unknown = undefined;
    for (const exhibit of exhibits) {
      const thing = thingOf(exhibit);
      if (exhibit.kind === "fact") of = thing;
      if (seen.has(thing)) continue;
      seen.add(thing);
      const group = groups.get(of);
      if (group === undefined) groups.set(of, [exhibit]);
      else group.push(exhibit);
    }
  }
  const exhibits = [...groups.values()].flat().slice(0, EXHIBITS_MAX);
  return { exhibits, exhibitsLeftOut: seen.size - exhibits.length };
}

/** What an exhibit shows; two exhibits of one thing have the same. */
function thingOf(exhibit: Exhibit): unknown {
  switch (exhibit.kind) {
    case "fact":
      return exhibit.fact;
    case "step":
      return exhibit.step;
    case "event":
      return exhibit.seq;
    default:
      return exhibit satisfies never;
  }
}

/** The way of the call that a check is about. */
function wayIn({ exhibits }: Check): string | null {
  const steps = exhibits.flatMap((it) => it.kind === "step" ? [it.step] : []);
  return steps.length === 0 ? null : wayOf(steps);
}
