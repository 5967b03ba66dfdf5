import assert from "node:assert/strict";
import { test } from "node:test";
import { fact, failedClone, LOSS, steps, TRUTH } from "../../tests/support/told.ts";
import { CLONE_WATCH } from "../../tracers/mod.ts";
import { BORN, MADE } from "../../tests/support/rule_ways.ts";
import { Evidence } from "./evidence.ts";
import { evidenceOf, holeOf } from "./torn.ts";

const WHOLE = fact("confirm-wait clone birth", { ...MADE, fromNs: 9000n, toNs: 9900n });
const NOTHING = { truth: TRUTH, facts: [WHOLE], steps: [], updates: [] };

test("evidenceOf() leaves what torn tries told out, unless it shows a rule broken", () => {
  const torn = fact("confirm-wait clone birth", MADE);
  assert.deepEqual(evidenceOf(NOTHING, [[torn]]).all, [WHOLE]);
  // R1: CLONE_DETACHED beside CLONE_PIDFD is not refused.
  const broken = fact("confirm-conflicts clone pidfd-detached", MADE);
  const told = { ...NOTHING, steps: steps(BORN) };
  assert.deepEqual(evidenceOf(told, [[broken]]).all, [broken, WHOLE]);
  assert.deepEqual(evidenceOf(told, []).all, [WHOLE]);
});

test("evidenceOf() leaves the model's word on torn tries out too, and keeps that on others", () => {
  const torn = fact("confirm-into-cgroup clone3 cgroup", { ...MADE, fromNs: 1400n, toNs: 1600n });
  const other = fact("confirm-into-cgroup clone3 cgroup", { ...MADE, fromNs: 3000n, toNs: 3100n });
  const updates = [failedClone({ file_released: null, pid_dropped: null }), LOSS];
  assert.deepEqual(evidenceOf({ ...NOTHING, updates }, [[torn]]).updates, [LOSS]);
  assert.deepEqual(evidenceOf({ ...NOTHING, updates }, [[other], []]).updates, updates);
});

test("Evidence.holeIn() tells what was lost while facts came about, and nothing of other times", () => {
  const evidence = new Evidence({ ...NOTHING, updates: [LOSS] });
  assert.match(evidence.holeIn([fact("confirm-wait clone birth", MADE)]) ?? "", /^Records were lost: /);
  const [from, to] = [
    fact("a clone b", { toNs: 500n, fromNs: 400n }),
    fact("a clone b", { fromNs: 8000n, toNs: null }),
  ];
  assert.match(evidence.holeIn([from, to]) ?? "", /^Records were lost: /, "it was between them");
  assert.equal(evidence.holeIn([WHOLE]), undefined);
  assert.equal(evidence.holeIn([fact("a clone b", { fromNs: null, toNs: null })]), undefined);
  assert.equal(evidence.holeIn([]), undefined);
});

test("Evidence.holeIn() tells of a return that was passed over", () => {
  const whole = steps(BORN, { fromNs: 9000n });
  const passedOver = steps("kernel_clone > copy_process", { fromNs: 9000n });
  const elsewhere = steps(BORN, { fromNs: 1000n });
  const of = (own: typeof whole) =>
    new Evidence({ ...NOTHING, steps: [...elsewhere, ...own] }).holeIn([WHOLE]);
  assert.equal(of(whole), undefined);
  assert.match(of(passedOver) ?? "", /returned was not told: its probe was passed over$/);
});

test("holeOf() tells of a loss only where a rule asks for what was lost", () => {
  const truth = { ...TRUTH, watched: new Set(CLONE_WATCH) };
  const made = fact("confirm-wait clone birth", MADE);
  const told = { truth, facts: [made], steps: steps(BORN), updates: [LOSS] };
  assert.match(holeOf(told) ?? "", /^Records were lost: /);
  assert.equal(holeOf({ ...told, updates: [] }), undefined);
  const timeless = { ...LOSS, body: { ...LOSS.body, to_ns: null } };
  assert.equal(holeOf({ ...told, updates: [timeless] }), undefined, "another try has the same");
  const closed = fact("confirm-orders close 1-reap-before");
  assert.equal(holeOf({ ...told, facts: [closed] }), undefined);
  // The loss was at another time than the call, within the time of the try.
  const later = fact("confirm-orders close 1-reap-before", { fromNs: 4000n, toNs: 4100n });
  const gap = { ...LOSS, body: { ...LOSS.body, from_ns: "3900", to_ns: "4200" } };
  assert.equal(holeOf({ ...told, facts: [made, later], updates: [gap] }), undefined);
  assert.match(
    holeOf({ ...told, facts: [later, { ...made, fromNs: 4050n, toNs: 4060n }], updates: [gap] }) ?? "",
    /lost/,
  );
});
