import assert from "node:assert/strict";
import { test } from "node:test";
import { fact, failedClone } from "../../tests/support/told.ts";
import { hasMetTheMoment } from "./r15_late.ts";

const LOOP = fact("confirm-into-cgroup clone3 loop", { errnos: new Map([[0, 40], [38, 2]]) });
const NO_CLONE3 = fact("confirm-into-cgroup clone3 loop", { errnos: new Map([[38, 42]]) });
const LATE = failedClone({ errno: "EINTR", stage: "after-pidfd" });

test("hasMetTheMoment() when a clone failed after its file was made, or where there is no clone3", () => {
  assert.equal(hasMetTheMoment({ facts: [LOOP], updates: [] }), false);
  assert.equal(hasMetTheMoment({ facts: [LOOP], updates: [failedClone({ errno: "EFAULT" })] }), false);
  assert.equal(hasMetTheMoment({ facts: [LOOP], updates: [LATE] }), true);
  assert.equal(
    hasMetTheMoment({ facts: [{ ...LOOP, fromNs: 1600n }], updates: [LATE] }),
    false,
    "of another try",
  );
  assert.equal(hasMetTheMoment({ facts: [NO_CLONE3], updates: [] }), true);
  assert.equal(hasMetTheMoment({ facts: [], updates: [] }), false);
});
