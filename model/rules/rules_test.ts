// Each rule on evidence that was made up: what it takes to hold, what breaks it, and what it cannot tell.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BORN,
  early,
  EINVAL,
  kept,
  late,
  MADE,
  nested,
  polled,
  REFUSED,
  UNDONE,
  valued,
} from "../../tests/support/rule_ways.ts";
import { testsOf } from "../../tests/support/rule_cases.ts";
import type { RuleCases } from "../../tests/support/rule_cases.ts";
import { evidenceOf, fact, failed, failedClone, LOSS, steps } from "../../tests/support/told.ts";
import { judgeRule } from "./confirm_rule.ts";
import { CONFIRM_RULES } from "./confirm_rules.ts";

/** Two calls of one thread, one after the other. */
const TWO_BIRTHS = {
  facts: [
    fact("confirm-wait clone birth", MADE),
    fact("confirm-wait clone3 birth", { ...MADE, fromNs: 3000n, toNs: 4000n }),
  ],
};
const SECOND_BORN = steps(BORN, { fromNs: 3000n });

/** What is told, one or more cases for each verdict. */
const CASES: RuleCases = {
  R1: {
    holds: [{ facts: [fact("confirm-conflicts clone pidfd-detached", EINVAL)], steps: steps(REFUSED) }],
    broken: [
      { facts: [fact("confirm-conflicts clone pidfd-detached", MADE)], steps: steps(BORN) },
      // It is refused, but only after a struct pid was made.
      {
        facts: [fact("confirm-conflicts clone pidfd-detached", EINVAL)],
        steps: steps(
          "kernel_clone > copy_process > alloc_pid = 101 > free_pid > copy_process = -22 > kernel_clone = -22",
        ),
      },
    ],
    undetermined: [
      { facts: [fact("confirm-conflicts clone pidfd-detached", EINVAL)] },
      {
        facts: [fact("confirm-conflicts clone pidfd-detached", EINVAL)],
        steps: steps(REFUSED),
        updates: [LOSS],
      },
    ],
  },
  R2: {
    holds: [{
      facts: [fact("confirm-conflicts clone pidfd-parent-settid", EINVAL)],
      steps: steps("kernel_clone > kernel_clone = -22"),
    }, {
      truth: { isSeedLike: true },
      facts: [fact("confirm-conflicts clone pidfd-parent-settid", EINVAL)],
      steps: steps(REFUSED),
    }],
    broken: [{ facts: [fact("confirm-conflicts clone pidfd-parent-settid", MADE)], steps: steps(BORN) }],
    undetermined: [{ facts: [fact("confirm-conflicts clone pidfd-parent-settid", EINVAL)] }],
  },
  R3: {
    holds: [
      {
        truth: { law: "per-file" },
        facts: [fact("confirm-conflicts clone pidfd-thread", EINVAL)],
        steps: steps(REFUSED),
      },
      {
        facts: [fact("confirm-conflicts clone pidfd-thread", { ...MADE, flFlags: 0x82 })],
        steps: steps(BORN),
      },
    ],
    broken: [
      {
        truth: { law: "per-file" },
        facts: [fact("confirm-conflicts clone pidfd-thread", MADE)],
        steps: steps(BORN),
      },
      {
        facts: [fact("confirm-conflicts clone pidfd-thread", { ...MADE, flFlags: 2 })],
        steps: steps(BORN),
      },
    ],
    undetermined: [{ facts: [fact("confirm-conflicts clone pidfd-thread", { ...MADE, flFlags: 0x82 })] }],
  },
  R4a: {
    holds: [{
      truth: { isSeedLike: true },
      facts: [fact("confirm-unreadable clone unreadable", failed(14))],
      steps: steps("kernel_clone > copy_process > copy_process = -14 > kernel_clone = -14"),
    }],
    broken: [{
      truth: { isSeedLike: true },
      facts: [fact("confirm-unreadable clone unreadable", failed(14))],
      steps: steps(UNDONE),
    }],
    undetermined: [{
      truth: { isSeedLike: true },
      facts: [fact("confirm-unreadable clone unreadable", failed(14))],
    }],
    "not-exercised": [{ facts: [fact("confirm-unreadable clone unreadable", failed(14))] }],
  },
  R4b: {
    holds: [{
      truth: { isSeedLike: true },
      facts: [fact("confirm-integer clone holds-1", EINVAL)],
      steps: steps(REFUSED),
    }],
    broken: [{
      truth: { isSeedLike: true },
      facts: [fact("confirm-integer clone holds-1", MADE)],
      steps: steps(BORN),
    }],
    undetermined: [{
      truth: { isSeedLike: true },
      facts: [fact("confirm-integer clone holds-1", EINVAL)],
    }],
    "not-exercised": [{ truth: { isSeedLike: null } }],
  },
  R5: {
    holds: [{
      facts: [fact("confirm-page clone read-only", failed(14))],
      steps: valued(UNDONE, { name: "put_unused_fd", value: 3 }),
      updates: [failedClone({})],
    }],
    broken: [
      // The file stays.
      {
        facts: [fact("confirm-page clone read-only", failed(14))],
        steps: valued(UNDONE, { name: "put_unused_fd", value: 3 }),
        updates: [failedClone({ file_released: false, pid_dropped: false })],
      },
      // The number stays reserved.
      {
        facts: [fact("confirm-page clone read-only", failed(14))],
        steps: steps(UNDONE.replace("put_unused_fd = 3 > ", "")),
        updates: [failedClone({})],
      },
      // A descriptor stays open.
      {
        facts: [fact("confirm-page clone read-only", { ...failed(14), openFdsAfter: 4 })],
        steps: valued(UNDONE, { name: "put_unused_fd", value: 3 }),
        updates: [failedClone({})],
      },
    ],
    undetermined: [{
      facts: [fact("confirm-page clone read-only", failed(14))],
      steps: valued(UNDONE, { name: "put_unused_fd", value: 3 }),
      updates: [failedClone({ file_released: null, pid_dropped: null })],
    }],
  },
  R6: {
    holds: [{ facts: [fact("confirm-flags clone clone", { ...MADE, fdFlags: 1 })] }],
    broken: [{ facts: [fact("confirm-flags clone clone", { ...MADE, fdFlags: 0 })] }],
    undetermined: [{ facts: [fact("confirm-flags clone clone", MADE)] }],
  },
  R7: {
    broken: [{ facts: [fact("confirm-flags clone clone", { ...MADE, flFlags: 0 })] }],
    undetermined: [{ facts: [fact("confirm-flags clone clone", { ...MADE, flFlags: 2 })] }],
  },
  R8: {
    holds: [{
      facts: [
        fact("confirm-child clone apart", MADE),
        fact("confirm-child walk apart-walk", { numbers: [] }),
      ],
      steps: steps(BORN),
    }],
    broken: [
      {
        facts: [
          fact("confirm-child clone apart", MADE),
          fact("confirm-child walk apart-walk", { numbers: [3] }),
        ],
        steps: steps(BORN),
      },
      // The table is copied when the pidfd is there already.
      {
        facts: [
          fact("confirm-child clone apart", MADE),
          fact("confirm-child walk apart-walk", { numbers: [] }),
        ],
        steps: steps(
          "kernel_clone > copy_process > pidfs_alloc_file > pidfs_alloc_file = file > dup_fd = 0 > " +
            "copy_process = 101 > kernel_clone = 101",
        ),
      },
    ],
    undetermined: [{ facts: [fact("confirm-child walk apart-walk", { numbers: [] })] }],
  },
  R9: {
    holds: [{
      facts: [
        fact("confirm-fdinfo clone clone", MADE),
        fact("confirm-fdinfo fdinfo alive", { targetPid: 101, fdinfo: "pos:\t0\nPid:\t101\n" }),
        fact("confirm-fdinfo fdinfo reaped", { targetPid: 101, fdinfo: "pos:\t0\nPid:\t-1\n" }),
      ],
      steps: steps(BORN),
    }],
    broken: [{
      facts: [
        fact("confirm-fdinfo clone clone", MADE),
        fact("confirm-fdinfo fdinfo reaped", { targetPid: 101, fdinfo: "pos:\t0\nPid:\t101\n" }),
      ],
      steps: steps(BORN),
    }],
    undetermined: [{
      facts: [fact("confirm-fdinfo fdinfo alive", { targetPid: 101, fdinfo: "pos:\t0\nPid:\t101\n" })],
    }],
  },
  R10: {
    holds: [
      nested("inner-inner", "Pid:\t1"),
      nested("host-inner", "Pid:\t101"),
      nested("deeper-inner", "Pid:\t0"),
      nested("inner-inner-from-host", "Pid:\t1"),
    ],
    broken: [
      nested("inner-inner-from-host", "Pid:\t101"),
      nested("inner-inner", "Pid:\t101"),
      nested("deeper-inner", "Pid:\t1"),
    ],
    undetermined: [{ ...nested("inner-inner", "Pid:\t1"), steps: [] }],
  },
  R11: {
    holds: [{
      facts: [fact("confirm-pids-max clone pids-max", failed(11))],
      steps: valued(late(-11), { name: "put_unused_fd", value: 3 }),
      updates: [failedClone({ errno: "EAGAIN", stage: "after-pidfd" })],
    }],
    broken: [{
      facts: [fact("confirm-pids-max clone pids-max", failed(11))],
      steps: valued(late(-11), { name: "put_unused_fd", value: 3 }),
      updates: [failedClone({ errno: "EAGAIN", stage: "after-pidfd", file_released: false })],
    }],
    undetermined: [{
      facts: [fact("confirm-pids-max clone pids-max", failed(11))],
      steps: valued(late(-11), { name: "put_unused_fd", value: 3 }),
    }],
  },
  R12: {
    holds: [{
      facts: [fact("confirm-emfile clone emfile", { ...failed(24), integerBefore: 0, integerAfter: 0 })],
      steps: valued(early(-24), { name: "free_pid", value: 1 }),
    }],
    broken: [
      {
        facts: [fact("confirm-emfile clone emfile", { ...failed(24), integerBefore: 0, integerAfter: 0 })],
        steps: valued(early(-24), { name: "free_pid", value: 2 }),
      },
      {
        facts: [fact("confirm-emfile clone emfile", { ...failed(24), integerBefore: 0, integerAfter: 9 })],
        steps: valued(early(-24), { name: "free_pid", value: 1 }),
      },
      {
        facts: [fact("confirm-emfile clone emfile", { ...failed(24), integerBefore: 0, integerAfter: 0 })],
        steps: kept(early(-24)),
      },
    ],
    undetermined: [{
      facts: [fact("confirm-emfile clone emfile", { ...failed(24), integerBefore: 0, integerAfter: 0 })],
    }],
  },
  R14: {
    holds: [{ updates: [failedClone({})] }],
    broken: [{ updates: [1, 2, 3].map((seq) => ({ ...failedClone({ pid_dropped: false }), seq })) }],
    // One alone can be chance: somebody took a reference at that moment.
    "not-exercised": [{ updates: [failedClone({ pid_dropped: false })] }],
  },
  R15: {
    holds: [{ updates: [failedClone({ errno: "EINTR", stage: "after-pidfd" })] }],
    broken: [{ updates: [failedClone({ errno: "EINTR", stage: "after-pidfd", file_released: false })] }],
    undetermined: [{ updates: [failedClone({ errno: "EINTR", stage: "after-pidfd", file_released: null })] }],
    "not-exercised": [{ updates: [failedClone({ errno: "EAGAIN", stage: "after-pidfd" })] }],
  },
  R16: {
    holds: [
      { facts: [fact("confirm-wait clone birth", MADE)], steps: steps(BORN) },
      {
        facts: [fact("confirm-wait clone birth", { ...MADE, integerAfter: 3 })],
        steps: valued(BORN, { name: "fd_install", value: 3 }),
      },
    ],
    broken: [
      {
        facts: [
          fact("confirm-wait clone birth", MADE),
          fact("confirm-wait waitid reap", { targetPid: 101, siPid: 102 }),
        ],
        steps: steps(BORN),
      },
      {
        facts: [fact("confirm-wait clone birth", { ...MADE, integerAfter: 0 })],
        steps: valued(BORN, { name: "fd_install", value: 3 }),
      },
      {
        facts: [fact("confirm-wait clone birth", MADE)],
        steps: steps(BORN).map((it) =>
          it.function === "copy_process" ? { ...it, pidAddress: "ffff888000009000" } : it
        ),
      },
    ],
    undetermined: [{ facts: [fact("confirm-wait waitid reap", { targetPid: 101, siPid: 101 })] }],
  },
  R17: {
    holds: [polled({ alive: 0, zombie: 1 }), {
      ...polled({ alive: 0x145, zombie: 0x145 }),
      truth: { isSeedLike: true },
    }],
    broken: [
      polled({ alive: 1, zombie: 1 }),
      polled({ alive: 0, zombie: 0 }),
      // It was readable, but nobody woke the poller: its time was over.
      {
        facts: [
          fact("confirm-poll poll woken", {
            ret: 1,
            revents: 1,
            timeoutMs: 10,
            fromNs: 1000n,
            toNs: 10_001_000n,
          }),
          fact("confirm-poll end end", { ret: 0, fromNs: 2000n, toNs: 3000n }),
        ],
      },
    ],
    undetermined: [{ facts: [fact("confirm-poll poll alive", { ret: -1, errno: 22 })] }],
  },
  T1: {
    holds: [{ facts: [fact("confirm-wait clone birth", MADE)], steps: steps(BORN) }],
    broken: [{ facts: [fact("confirm-page clone read-only", failed(14))], steps: steps(BORN) }],
    undetermined: [
      { facts: [fact("confirm-wait clone birth", MADE)], steps: steps(BORN), updates: [LOSS] },
      // One return was passed over.
      { ...TWO_BIRTHS, steps: [...steps(BORN.replace(" > kernel_clone = 101", "")), ...SECOND_BORN] },
    ],
  },
};

test("what is told of a call in which a return was passed over is no reason to call a rule broken", () => {
  // Without the return of alloc_pid() it would look as if the call had failed before there was a struct pid.
  const passedOver = late(-11).replace("alloc_pid = 101", "alloc_pid");
  const facts = [fact("confirm-pids-max clone3 pids-max", failed(11)), ...TWO_BIRTHS.facts.slice(1)];
  const evidence = evidenceOf({ facts, steps: [...steps(passedOver), ...SECOND_BORN] });
  assert.deepEqual(
    CONFIRM_RULES.filter((it) => judgeRule(it, evidence).verdict === "broken").map((it) => it.id),
    [],
  );
  const [call] = evidence.clones();
  assert.deepEqual([call?.steps, call?.way], [null, ""]);
  assert.match(call?.reason ?? "", /^That alloc_pid\(\) returned was not told/);
  assert.equal(evidence.hole, call?.reason);
});

test("evidence has no hole where all that was entered has returned, and where a call did not come back", () => {
  const cut = BORN.replace(" > copy_process = 101 > kernel_clone = 101", "");
  for (
    const [toNs, way, expected] of [[2000n, BORN, true], [2000n, cut, false], [null, cut, true]] as const
  ) {
    const [first, second] = TWO_BIRTHS.facts;
    assert.ok(first !== undefined && second !== undefined);
    const evidence = evidenceOf({
      facts: [{ ...first, toNs }, second],
      steps: [...steps(way), ...SECOND_BORN],
    });
    assert.equal(evidence.hole === undefined, expected, `${toNs} ${way}`);
  }
});

for (const { name, check } of testsOf(CASES)) test(name, check);

test("no rule says anything where nothing was told", () => {
  for (const rule of CONFIRM_RULES) {
    assert.equal(judgeRule(rule, evidenceOf({})).verdict, "not-exercised", rule.id);
  }
});
