/**
 * Whether a measurement keeps its budget.
 *
 * @module
 */

import { type Budget, type BudgetId, BUDGETS } from "./budgets.ts";

/** What became of measuring a budget. */
export type Measurement =
  /** It was measured; `detail` has the numbers behind it and their spread. */
  | { readonly kind: "measured"; readonly value: number; readonly detail: string }
  /** It was not, for this reason. */
  | { readonly kind: "not measured"; readonly reason: string };

/** Measurements by name of the budget. */
export type Measurements = Readonly<Partial<Record<BudgetId, Measurement>>>;

/** What is said of a budget. */
export type Verdict = "met" | "missed" | "not measured";

/**
 * Judges one measurement.
 *
 * @param id name of the budget
 * @param measurement what was measured; a budget that nobody looked at is not measured
 * @returns the verdict; a number that is none is never `met`
 *
 * @example
 * ```ts
 * import { judge } from "./verdict.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(judge("ndjson-rate", { kind: "measured", value: 0.49, detail: "" }), "missed");
 * assert.equal(judge("ndjson-rate", undefined), "not measured");
 * ```
 */
export function judge(id: BudgetId, measurement: Measurement | undefined): Verdict {
  if (measurement?.kind !== "measured") return "not measured";
  const { relation, limit }: Budget = BUDGETS[id];
  const { value } = measurement;
  const isMet = relation === "at most" ? value <= limit : value >= limit;
  return isMet ? "met" : "missed";
}

/**
 * Writes a number of a budget with its unit.
 *
 * @param value the number
 * @param unit what it counts
 * @returns such as `1.051×` or `0 events`
 *
 * @example
 * ```ts
 * import { amount } from "./verdict.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(amount(1.0512, "×"), "1.051×");
 * assert.equal(amount(0, "events"), "0 events");
 * ```
 */
export function amount(value: number, unit: Budget["unit"]): string {
  if (unit !== "×") return `${Number(value.toFixed(3))} ${unit}`;
  return `${value.toFixed(3)}×`;
}
