/**
 * A kernel with one rule of each verdict, made up for the tests of what is written about it.
 *
 * @module
 */

import { backportOf, CONFIRM_RULES, judgeRule } from "../../model/mod.ts";
import type { ConfirmRule, Evidence, Verdict } from "../../model/mod.ts";
import type { ConfirmedRule, ConfirmResult } from "../../reports/mod.ts";
import { evidenceOf, fact, failed, failedClone, steps } from "./told.ts";

/** Text that no terminal, no TAP, no XML and no JSON should obey. */
export const STRANGE = "\u001b[31m # SKIP <b>&\"'\n1..0\u202e\u0000";

/** A call that leaves what it made behind. */
const KEPT = "kernel_clone > copy_process > alloc_pid = 101 > get_unused_fd_flags = 3 > pidfs_alloc_file > " +
  "pidfs_alloc_file = file > free_pid > copy_process = -14 > kernel_clone = -14";

/** What was told: R5 is broken, R11 was seen by one witness alone, R12 was not tried, R6 holds. */
export function toldOf(silent: ReadonlyMap<string, string> = new Map()): Evidence {
  return evidenceOf({
    silent,
    facts: [
      fact("confirm-page clone read-only", {
        ...failed(14),
        openFdsAfter: 4,
        link: STRANGE,
        fdinfo: `pos:\t0\nPid:\t101${STRANGE}\n`,
        errnos: new Map([[0, 2], [24, 1]]),
        numbers: [3, 4],
      }),
      fact("confirm-pids-max clone pids-max", { ...failed(11), tid: 200, fromNs: 8000n, toNs: 9000n }),
      fact("confirm-flags clone clone", {
        ret: 101,
        fdFlags: 1,
        tid: 300,
        fromNs: 10000n,
        toNs: 11000n,
        ino: "18446744073709551615",
      }),
    ],
    // The hash's reference, and that of the file.
    steps: steps(KEPT).map((it) => it.function === "free_pid" ? { ...it, value: 2 } : it),
    updates: [failedClone({ file_released: false })],
  });
}

function ruleOf(id: string): ConfirmRule {
  const rule = CONFIRM_RULES.find((it) => it.id === id);
  if (rule === undefined) throw new TypeError(`Cannot find the rule "${id}"`);
  return rule;
}

/** Which rule has which verdict in {@linkcode confirmResult}. */
export const VERDICTS_OF: Readonly<Record<string, Verdict>> = {
  R5: "broken",
  R6: "holds",
  R11: "undetermined",
  R12: "not-exercised",
};

/** The result, with strange text in every place where a machine's text can come. */
export function confirmResult(more: Partial<ConfirmResult> = {}): ConfirmResult {
  const evidence = toldOf(new Map([["confirm-emfile", `confirm-emfile: ${STRANGE}`]]));
  const rules = Object.keys(VERDICTS_OF).map((id): ConfirmedRule => {
    const judged = judgeRule(ruleOf(id), evidence);
    const observed = judged.observed === null ? null : `${judged.observed}${STRANGE}`;
    return { ...judged, observed, asked: id !== "R5" };
  });
  return {
    origin: { host: `ssh:${STRANGE}`, utcOffsetNs: 0n },
    tool: "trace-clone 0.0.0",
    seed: 7,
    about: {
      release: `6.12.1${STRANGE}`,
      machine: "x86_64",
      bpftrace: "bpftrace v0.23.2",
      generation: "G3 (pidfs)",
      law: "per-inode",
      cannot_see: [`cgroup_can_fork is not watched: ${STRANGE}`],
      probes: ["BEGIN"],
      trust: { records: 23, lost: null, late: 0, unmatched: 0, losses: [STRANGE] },
    },
    stimuli: [
      { name: "confirm-page", risk: "harmless", summary: "R5: nowhere", facts: 1, silent: null },
      { name: "confirm-exec", risk: "harmless", summary: "execve", facts: 0, silent: `exec: ${STRANGE}` },
    ],
    rules,
    backport: backportOf(evidence, { judgements: rules, move: undefined }),
    updates: evidence.updates,
    reason: `interrupted ${STRANGE}`,
    complete: false,
    exitCode: 1,
    ...more,
  };
}
