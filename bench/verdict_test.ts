import assert from "node:assert/strict";
import { BUDGETS } from "./budgets.ts";
import type { BudgetId } from "./budgets.ts";
import { amount, judge } from "./verdict.ts";

const measured = (value: number) => ({ kind: "measured", value, detail: "" }) as const;

Deno.test("judge() allows the limit itself, on either side", () => {
  for (const id of Object.keys(BUDGETS) as BudgetId[]) {
    assert.equal(judge(id, measured(BUDGETS[id].limit)), "met", id);
  }
});

Deno.test("judge() misses what is beyond the limit, on its own side", () => {
  assert.equal(judge("clone-smallest", measured(1.1001)), "missed");
  assert.equal(judge("clone-smallest", measured(0.5)), "met");
  assert.equal(judge("correlate-rate", measured(1.4999)), "missed");
  assert.equal(judge("correlate-rate", measured(20)), "met");
  assert.equal(judge("lost-burst", measured(1)), "missed");
});

Deno.test("judge() never takes what is no number for met", () => {
  for (const id of Object.keys(BUDGETS) as BudgetId[]) assert.equal(judge(id, measured(NaN)), "missed", id);
});

Deno.test("judge() tells what was not measured from what was missed", () => {
  assert.equal(judge("open-kprobe", { kind: "not measured", reason: "no such plan" }), "not measured");
  assert.equal(judge("open-kprobe", undefined), "not measured");
});

Deno.test("amount() names the unit", () => {
  assert.equal(amount(0.2466, "×"), "0.247×");
  assert.equal(amount(1234, "events"), "1234 events");
  assert.equal(amount(0.25, "MiB"), "0.25 MiB");
});
