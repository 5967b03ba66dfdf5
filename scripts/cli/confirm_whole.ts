/**
 * One machine, confirmed again where the trace had holes.
 *
 * @module
 */

import type { ConfirmRule, Truth, Verdict } from "../../model/mod.ts";
import type { ConfirmedRule } from "../../reports/mod.ts";
import { verdictsOf } from "./confirm_judge.ts";
import { confirmRun } from "./confirm_run.ts";
import type { Confirmed, ConfirmRunOptions } from "./confirm_run.ts";

/** Runs at most: on a busy machine a kernel that can be preempted passes a program over in most of them. */
const RUNS_MAX = 5;

/**
 * Confirms a machine, and again while something of the trace was lost that a verdict needs.
 *
 * Each run stands for itself: what is told is that of the last one alone.
 *
 * @param options see {@linkcode ConfirmRunOptions}
 * @returns what the last run told
 * @throws {CliError} when it cannot be traced
 * @throws {HostError} when it is lost before anything was traced
 * @throws {ProgramError} when bpftrace refuses the program
 */
export async function confirmWhole(options: ConfirmRunOptions): Promise<Confirmed> {
  for (let run = 1;; run += 1) {
    const told = await confirmRun(options);
    const verdicts = changeable(verdictsOf(told, undefined).rules, told.evidence.truth);
    const isLast = run >= RUNS_MAX || options.signal.aborted;
    const hole = told.evidence.hole ?? (told.result.complete ? undefined : told.result.reason);
    if (isLast || !isWorthAnother({ ...told, isWhole: hole === undefined }, verdicts)) return told;
    const another = `run ${run + 1} of ${RUNS_MAX} at most`;
    options.terminal.note(
      `trace-clone: ${options.host.name}: something of the trace was lost, playing all again (${another}): ${hole}`,
    );
  }
}

/**
 * The verdicts that another run can change.
 *
 * @param rules the rules of one run with their verdicts
 * @param truth what is known of the kernel
 * @returns all verdicts but those that stay undetermined on such a kernel
 *
 * @example
 * ```ts
 * import { changeable } from "./confirm_whole.ts";
 * import assert from "node:assert/strict";
 *
 * const rules = [{ rule: { isSettled: () => true }, verdict: "undetermined" }, { rule: {}, verdict: "holds" }] as const;
 * assert.deepEqual(changeable(rules, {}), ["holds"]);
 * ```
 */
export function changeable(
  rules: readonly (Pick<ConfirmedRule, "verdict"> & { readonly rule: Pick<ConfirmRule, "isSettled"> })[],
  truth: Pick<Truth, "freesUnseen">,
): readonly Verdict[] {
  return rules
    .filter(({ rule, verdict }) => verdict !== "undetermined" || rule.isSettled?.(truth) !== true)
    .map((it) => it.verdict);
}

/**
 * Whether another run can tell more.
 *
 * @param told how a run ended, and whether nothing of its trace was lost
 * @param verdicts what follows from it, as far as another run can change it
 * @returns false where all is told, where something is broken, and where the machine may have suffered
 *
 * @example
 * ```ts
 * import { isWorthAnother } from "./confirm_whole.ts";
 * import assert from "node:assert/strict";
 *
 * const told = { isWhole: false, unfinished: new Set<string>(), move: undefined };
 * assert.equal(isWorthAnother(told, ["holds", "undetermined"]), true);
 * assert.equal(isWorthAnother(told, ["broken", "undetermined"]), false);
 * ```
 */
export function isWorthAnother(
  told: Pick<Confirmed, "unfinished" | "move"> & { readonly isWhole: boolean },
  verdicts: readonly Verdict[],
): boolean {
  return !told.isWhole && told.unfinished.size === 0 && told.move?.hangs !== true &&
    verdicts.includes("undetermined") && !verdicts.includes("broken");
}
