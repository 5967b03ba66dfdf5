/**
 * From what was told of a machine to the verdicts on it, and to the exit code.
 *
 * @module
 */

import { ATTEMPTS, backportOf, CONFIRM_RULES, judgeRule } from "../../model/mod.ts";
import type { Backport, ConfirmRule, Evidence, Judgement, Move } from "../../model/mod.ts";
import type { ConfirmedRule } from "../../reports/mod.ts";
import type { Played } from "./confirm_play.ts";
import { EXIT, firstExitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";

/** The provocation that is always made: it tells whether the kernel behaves like the first pidfds. */
const ALWAYS = "confirm-integer";

/**
 * Returns the rules that are asked for.
 *
 * @param only their ids; all rules without it
 * @returns the rules, in their order
 */
export function rulesAsked(only: readonly string[] | undefined): readonly ConfirmRule[] {
  return only === undefined ? CONFIRM_RULES : CONFIRM_RULES.filter((it) => only.includes(it.id));
}

/**
 * Returns what is played for rules.
 *
 * @param only ids of the rules; everything is played without it
 * @returns names of provocations, in the order in which they are made
 *
 * @example
 * ```ts
 * import { namesPlayed } from "./confirm_judge.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(namesPlayed(["R5"]), ["confirm-integer", "confirm-page"]);
 * ```
 */
export function namesPlayed(only: readonly string[] | undefined): readonly string[] {
  const wanted = new Set([ALWAYS, ...rulesAsked(only).flatMap((it) => it.stimuli)]);
  return ATTEMPTS.map((it) => it.name).filter((it) => only === undefined || wanted.has(it));
}

/** The verdicts. */
export interface Verdicts {
  /** On each rule that was asked for, and on others that were seen broken. */
  readonly rules: readonly ConfirmedRule[];
  /** On the kernel as a whole. */
  readonly backport: Backport;
}

/** What was told of a machine. */
export interface Told extends Pick<Played, "unfinished"> {
  /** By both witnesses, and why provocations told nothing. */
  readonly evidence: Evidence;
  /** What a process met that moved to another cgroup at the end. */
  readonly move: Move | undefined;
}

/**
 * Judges a machine.
 *
 * @param told the evidence, and what came of the provocations
 * @param only ids of the rules that were asked for; all without it
 * @returns the verdicts; a rule does not hold when a provocation of it did not come to its end
 */
export function verdictsOf(
  told: Told,
  only: readonly string[] | undefined,
): Verdicts {
  const asked = rulesAsked(only);
  const doubt = doubtOfPidfds(told);
  const all = CONFIRM_RULES.map((rule) => ({ ...judged(rule, told, doubt), asked: asked.includes(rule) }));
  // What is broken is broken, whoever asked for it.
  const rules = all.filter((it) => it.asked || it.verdict === "broken");
  return { rules, backport: backportOf(told.evidence, { ...told, judgements: rules }) };
}

/** The rule that says that the number which a call gives is that of the pidfd of its child. */
const NAMES_ITS_CHILD = "R16";

/** Why what user space did with a number was not done with the pidfd of the child, if it was not. */
function doubtOfPidfds({ evidence }: Told): string | undefined {
  const rule = CONFIRM_RULES.find((it) => it.id === NAMES_ITS_CHILD);
  if (rule === undefined || judgeRule(rule, evidence).verdict !== "broken") return undefined;
  return `${rule.id} is broken, so this was not done with the pidfd of the child`;
}

function judged(rule: ConfirmRule, { evidence, unfinished }: Told, doubt: string | undefined): Judgement {
  const judgement = judgeRule(rule, evidence, { doubt });
  const broken = rule.stimuli.filter((it) => unfinished.has(it));
  const isOpen = judgement.verdict === "holds" || judgement.verdict === "not-exercised";
  const inForce = rule.outOfForce?.(evidence) === undefined;
  if (broken.length > 0 && isOpen && inForce) {
    return { ...judgement, verdict: "undetermined", reasons: evidence.silence(broken) };
  }
  // It holds for what was tried of it; what was not is told.
  return judgement.verdict === "holds"
    ? { ...judgement, reasons: evidence.silence(rule.stimuli) }
    : judgement;
}

/**
 * Returns the exit code of a confirmation.
 *
 * @param rules the verdicts
 * @param run what is known besides: the codes that the end of the run calls for, and what did not come to its end
 * @returns the first code that applies
 *
 * @example
 * ```ts
 * import { confirmCode } from "./confirm_judge.ts";
 * import assert from "node:assert/strict";
 *
 * const rules = [{ verdict: "not-exercised", asked: true }, { verdict: "holds", asked: true }] as const;
 * assert.equal(confirmCode(rules, { codes: [0], unfinished: new Set() }), 0);
 * assert.equal(confirmCode(rules, { codes: [130], unfinished: new Set() }), 130);
 * ```
 */
export function confirmCode(
  rules: readonly Pick<ConfirmedRule, "verdict" | "asked">[],
  run: { readonly codes: readonly ExitCode[]; readonly unfinished: ReadonlySet<string> },
): ExitCode {
  const isUndetermined = run.unfinished.size > 0 ||
    rules.some((it) => it.asked && it.verdict === "undetermined");
  return firstExitCode([
    ...run.codes,
    ...(rules.some((it) => it.verdict === "broken") ? [EXIT.broken] : []),
    ...(isUndetermined ? [EXIT.undetermined] : []),
  ]);
}
