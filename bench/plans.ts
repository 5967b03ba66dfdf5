/**
 * The plans whose cost is measured: the usual one, the one with all slots and that of leaks, each with fentry and
 * without.
 *
 * @module
 */

import type { KernelFacts } from "../kernel/mod.ts";
import { renderProgram } from "../program/mod.ts";
import { LIFECYCLE_SYMBOLS, planLifecycle } from "../tracers/mod.ts";
import type { TraceLimits } from "../tracers/mod.ts";
import { BenchFault } from "./bench_fault.ts";

/** Name of a plan: `ours` is the default one. */
export type PlanName = "ours" | "slots" | "leaks" | "kprobes" | "slots by kprobes" | "leaks by kprobes";

/** The texts of the plans' programs. */
export type PlanSources = Readonly<Record<PlanName, string>>;

/** Why no function is watched by fentry in two of the plans. */
const NO_FENTRY = "What a kernel without fentry pays is measured";

/**
 * Makes the plans for one kernel.
 *
 * A plan without fentry is what a kernel gets whose fentry probes were found silent; everything else is as it is.
 *
 * @param facts what the kernel has
 * @param limits limits of the run
 * @returns the text of each program
 * @throws {BenchFault} when the kernel lacks what one of them needs, or fentry
 */
export function planSources(facts: KernelFacts, limits: TraceLimits): PlanSources {
  const silent = new Map(LIFECYCLE_SYMBOLS.map((it) => [`fentry:${it}`, NO_FENTRY] as const));
  const source = (
    name: PlanName,
    more: { readonly slots: boolean; readonly leaks?: true; readonly hasFentry: boolean },
  ) => {
    const { slots, leaks = false, hasFentry } = more;
    const depth = { slots, uses: leaks, closes: leaks, stacks: leaks };
    const plan = planLifecycle(facts, { ...limits, ...depth, silent: hasFentry ? undefined : silent });
    if ("reasons" in plan) throw new BenchFault(`Cannot measure "${name}": ${plan.reasons.join("; ")}`);
    if (plan.slotsSeen !== slots || plan.ladder.some((it) => it.step === "fentry") !== hasFentry) {
      throw new BenchFault(
        `Cannot measure "${name}": the kernel has another plan, ${plan.probes.join(", ")}`,
      );
    }
    return renderProgram(plan.program);
  };
  return {
    "ours": source("ours", { slots: false, hasFentry: true }),
    "slots": source("slots", { slots: true, hasFentry: true }),
    "leaks": source("leaks", { slots: true, leaks: true, hasFentry: true }),
    "kprobes": source("kprobes", { slots: false, hasFentry: false }),
    "slots by kprobes": source("slots by kprobes", { slots: true, hasFentry: false }),
    "leaks by kprobes": source("leaks by kprobes", { slots: true, leaks: true, hasFentry: false }),
  };
}
