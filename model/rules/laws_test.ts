// The laws on evidence that was made up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BORN, early, kept, MADE, valued } from "../../tests/support/rule_ways.ts";
import { testsOf } from "../../tests/support/rule_cases.ts";
import type { RuleCases } from "../../tests/support/rule_cases.ts";
import {
  createdPidfd,
  evidenceOf,
  fact,
  failed,
  failedClone,
  freedPid,
  LOSS,
  steps,
} from "../../tests/support/told.ts";
import { judgeRule } from "./confirm_rule.ts";
import { CONFIRM_RULES } from "./confirm_rules.ts";
import type { Truth } from "./evidence.ts";

const CASES: RuleCases = {
  L1: {
    holds: [{
      facts: [fact("confirm-emfile clone emfile", failed(24))],
      steps: valued(early(-24), { name: "free_pid", value: 1 }),
    }],
    broken: [{
      facts: [fact("confirm-emfile clone emfile", failed(24))],
      steps: valued(early(-24), { name: "free_pid", value: 0 }),
    }],
  },
  L2: {
    holds: [{
      facts: [fact("confirm-emfile clone emfile", failed(24))],
      steps: valued(early(-24), { name: "free_pid", value: 1 }),
    }, {
      updates: [createdPidfd(1500n), freedPid(2500n)],
    }, {
      // Nobody told that it was freed, but its memory is that of another process.
      updates: [createdPidfd(1500n)],
      steps: [...valued(BORN, { name: "fd_install", value: 3 }), ...steps(BORN, { tid: 200, fromNs: 5000n })],
    }],
    broken: [
      { updates: [createdPidfd(1500n)] },
      { updates: [createdPidfd(1500n)], truth: { freesUnseen: 0.01 } },
      { updates: [createdPidfd(1500n)], steps: valued(BORN, { name: "fd_install", value: 3 }) },
      { facts: [fact("confirm-emfile clone emfile", failed(24))], steps: kept(early(-24)) },
      {
        facts: [fact("confirm-emfile clone emfile", failed(24))],
        steps: valued(early(-24), { name: "free_pid", value: 2 }),
      },
      { updates: [failedClone({ file_released: false, pid_dropped: false })] },
    ],
    undetermined: [
      { updates: [createdPidfd(1500n), LOSS] },
      { updates: [createdPidfd(1500n)], truth: { freesUnseen: 1 } },
    ],
    "not-exercised": [
      { updates: [createdPidfd(1500n)], truth: { watched: new Set() } },
      { updates: [failedClone({ file_released: null })] },
      // Nobody tells of free_pid() at all.
      {
        facts: [fact("confirm-emfile clone emfile", failed(24))],
        steps: steps(early(-24)).filter((it) => it.function !== "free_pid"),
      },
      { facts: [fact("confirm-emfile clone emfile", MADE)], steps: steps(BORN) },
    ],
  },
  L3: {
    holds: [{ complaints: [] }],
    broken: [{ complaints: ["refcount_t: underflow; use-after-free."] }],
    undetermined: [{ complaints: null }],
  },
};

for (const { name, check } of testsOf(CASES)) test(name, check);

test("L2 names what a kernel does in every run before what was lost in this one", () => {
  const rule = CONFIRM_RULES.find((it) => it.id === "L2");
  assert.ok(rule !== undefined);
  const updates = [createdPidfd(1500n), LOSS];
  const reason = (truth: Partial<Truth>) => judgeRule(rule, evidenceOf({ updates, truth })).reasons.join();
  assert.match(reason({ freesUnseen: 1 }), /a kprobe tells of that here/);
  assert.match(reason({}), /records were lost/);
});
