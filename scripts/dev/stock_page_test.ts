import assert from "node:assert/strict";
import type { Answer } from "../../schema/mod.ts";
import { RULE_ANSWER } from "../../tests/support/rule_answer.ts";
import { agreedOn, stockPage } from "./stock_page.ts";
import type { ConfirmedKernel } from "./stock_page.ts";

type Run = ConfirmedKernel["answers"][number];
type Rule = Run["rules"][number];

const NO_INTEGER: Rule = {
  ...RULE_ANSWER,
  id: "R4a",
  verdict: "not-exercised",
  checks: 0,
  as_expected: 0,
  reasons: ["this kernel does not look at the integer"],
};

function run(verdict: Rule["verdict"], like: Answer<"confirm">["backport"]["behaves_like"] = "pidfs"): Run {
  return {
    release: "6.12.118",
    rules: [NO_INTEGER, { ...RULE_ANSWER, verdict }],
    backport: { behaves_like: like, because: "", broken: [], missing: [], cannot_tell: [], fixes: [] },
    trust: { records: 10, lost: 0, late: 0, unmatched: 0, losses: [] },
    exit_code: 0,
  };
}

Deno.test("agreedOn() asks for one verdict on each rule, and one generation", () => {
  assert.equal(agreedOn({ kernel: "6.12", answers: [run("holds"), run("holds")] }), true);
  assert.equal(agreedOn({ kernel: "6.12", answers: [run("holds"), run("undetermined")] }), false);
  assert.equal(agreedOn({ kernel: "6.12", answers: [run("holds"), run("holds", "anonymous")] }), false);
});

Deno.test("stockPage() has each rule on each kernel, and each reason once", () => {
  const page = stockPage([
    { kernel: "6.1", answers: [run("holds"), run("undetermined")] },
    { kernel: "6.12", answers: [run("holds"), run("holds")] },
  ]);
  assert.match(page, /confirmed 2 times; the runs of 1 of 2 kernels agree/);
  assert.match(page, /^\| rule \| 6\.1 \| 6\.12 \|$/m);
  assert.match(page, /^\| R4a \| not exercised \| not exercised \|$/m);
  assert.match(page, /^\| R5 \| holds, then undetermined, 4\/4 \| holds, 4\/4 \|$/m);
  assert.match(page, /^\| lost records \| 0, 0 \| 0, 0 \|$/m);
  assert.match(page, /\n- R4a: this kernel does not look at the integer \(6\.1, 6\.12\)\n$/);
});
