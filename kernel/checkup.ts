/**
 * What a machine has of all that tracing it needs: one sentence and one remedy each.
 *
 * @module
 */

import { ACCESS_RULES } from "./_checks_access.ts";
import { BPFTRACE_RULES } from "./_checks_bpftrace.ts";
import { KERNEL_RULES } from "./_checks_kernel.ts";
import { applyRule, type Check, type CheckRule } from "./check.ts";
import type { KernelFacts } from "./discover.ts";

/** Everything that is looked at, in the order in which it is told. */
export const CHECK_RULES: readonly CheckRule[] = [
  ...ACCESS_RULES,
  ...KERNEL_RULES,
  ...BPFTRACE_RULES,
];

/**
 * Judges what is known of a machine.
 *
 * A cause is told once: what follows from another check's "no" has no row of its own.
 *
 * @param facts what is known of it
 * @returns the checks: those that are needed first
 *
 * @example A machine that shows nothing
 * ```ts
 * import { checkup, discover } from "./mod.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const facts = await discover(fakeHost({}), { symbols: [], tracepoints: [] });
 * const bpftrace = checkup(facts).find((it) => it.id === "bpftrace");
 * assert.deepEqual([bpftrace?.answer, bpftrace?.blocks], ["no", true]);
 * ```
 */
export function checkup(facts: KernelFacts): readonly Check[] {
  const checks = CHECK_RULES.flatMap((rule) => applyRule(rule, facts) ?? []);
  return [...checks.filter((it) => it.needed), ...checks.filter((it) => !it.needed)];
}

/**
 * Why a machine cannot be traced, as far as its checks tell.
 *
 * @param checks what {@linkcode checkup} gave
 * @returns the checks that stand in the way
 *
 * @example
 * ```ts
 * import { checkup, discover, obstaclesOf } from "./mod.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const facts = await discover(fakeHost({}), { symbols: [], tracepoints: [] });
 * assert.ok(obstaclesOf(checkup(facts)).some((it) => it.id === "bpftrace"));
 * ```
 */
export function obstaclesOf(checks: readonly Check[]): readonly Check[] {
  return checks.filter((it) => it.blocks);
}
