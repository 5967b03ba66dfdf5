/** L: what is true of every reference count. */

import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import { madeOf } from "./step.ts";
import type { Update } from "../update.ts";
import { exhibitsOf, givenUp, nameOf } from "./_calls.ts";
import { findingsOf } from "./_findings.ts";

const ALL = [
  "confirm-slow",
  "confirm-orders",
  "confirm-stress",
  "confirm-races",
  "confirm-page",
  "confirm-pids-max",
  // A clone fails in them after it has made a struct pid.
  "confirm-emfile",
  "confirm-enfile",
] as const;

/** L1: no count is below its known holders. */
export const L1: ConfirmRule = {
  id: "L1",
  statement: "The count of a struct pid is never below the number of its known holders",
  why: "It is freed while somebody still uses it",
  since: "5.2 (b3e583825266)",
  stimuli: ALL,
  witnesses: { K: "every count that was read" },
  necessary: ["K"],
  counterExample: "The count is 1 while the process lives and a pidfd of it is open, before pidfs",
  undetermined: "records were lost",
  checks: (evidence) => [...compares(evidence), ...givenUpTwice(evidence), ...findingsOf(evidence, "L1")],
};

/** The struct pids of clones that failed, as they were given up: the hash has its reference until then. */
function givenUpTwice(evidence: Evidence): readonly Check[] {
  return evidence.clones().flatMap((call) => {
    const count = givenUp(call, evidence)?.count ?? null;
    if (count === null) return [];
    return [
      compared(`${nameOf(call.fact)}, the count when it is given up`, {
        witness: "K",
        expected: "no less than the known holders",
        observed: count >= 1 ? "no less than the known holders" : `${count}, and the pid hash holds one`,
        step: "copy_process",
        exhibits: count >= 1 ? [] : exhibitsOf(call),
      }),
    ];
  });
}

/** Counts that were compared with their known holders. */
function compares({ updates }: Evidence): readonly Check[] {
  return updates.filter((it) => it.type === "pidfd.create").flatMap(({ body: { count }, seq }) => {
    if (count === null || count.after === null || count.expected === null) return [];
    const isLow = count.after < count.expected;
    return [
      compared("the count at a birth", {
        witness: "K",
        expected: "no less than the known holders",
        observed: isLow
          ? `${count.after}, with ${count.expected} known holders`
          : "no less than the known holders",
        exhibits: [{ kind: "event", seq }],
      }),
    ];
  });
}

/** L2: what has no holder any more is freed. */
export const L2: ConfirmRule = {
  id: "L2",
  statement:
    "Every struct pid that had a pidfd, or was made for one in vain, is freed after its last holder has gone",
  why: "The kernel's memory runs out, one process at a time, and no return value shows it",
  since: "5.2 (b3e583825266)",
  stimuli: ALL,
  witnesses: {
    K: "every process of the stimuli that was reaped, with all of its pidfds closed, is freed, seen as such or because " +
      "its memory is that of another process; so is what a clone that fails has made",
  },
  necessary: ["K"],
  counterExample: "After a thousand lives whose pidfds are closed a thousand struct pids are left",
  undetermined:
    "frees are not seen on this kernel, or only at a kprobe that is passed over now and then, or records were lost",
  // A kernel that passes frees over without telling does so in every run.
  isSettled: ({ freesUnseen = 0 }) => freesUnseen > 0,
  checks: (evidence) => [...freed(evidence), ...madeInVain(evidence), ...heldInVain(evidence)],
};

/** The struct pids of all clones that failed, in one check. */
function madeInVain(evidence: Evidence): readonly Check[] {
  const made = evidence.clones().filter((it) => givenUp(it, evidence) !== undefined);
  if (made.length === 0) return [];
  const kept = made.filter((it) => isKept(it, evidence));
  return [
    compared(`the struct pids of ${made.length} clones that failed`, {
      witness: "K",
      expected: "all are given up",
      observed: kept.length === 0 ? "all are given up" : `${kept.length} are kept`,
      step: "copy_process",
      exhibits: kept.flatMap(exhibitsOf),
    }),
  ];
}

/** Whether a struct pid outlives the clone that made it: it is not given up, or somebody has more of it than the hash. */
function isKept(call: Call, evidence: Evidence): boolean {
  const fate = givenUp(call, evidence);
  if (fate?.count === null) return true;
  // The file that a call has made drops its reference later.
  return fate !== undefined && fate.count > 1 && madeOf(call.steps ?? []) === undefined;
}

/** The struct pids that a pidfd of a clone that failed had a reference of, in one check: a file that is kept keeps it. */
function heldInVain({ updates }: Evidence): readonly Check[] {
  const failed = updates.filter((it) => it.type === "clone.failed");
  const ended = failed.filter((it) => it.body.file_released !== null);
  if (ended.length === 0) return [];
  // A file that was left open goes with its process.
  const closed = new Set(updates.flatMap((it) => it.type === "pidfd.release" ? [it.body.file] : []));
  const kept = ended.filter(({ body }) =>
    body.file_released === false && body.pid_dropped === false && !closed.has(body.file ?? "")
  );
  return [
    compared(`the struct pids of the pidfds of ${ended.length} clones that failed`, {
      witness: "K",
      expected: "no file holds one",
      observed: kept.length === 0 ? "no file holds one" : `${kept.length} are held by a file that is kept`,
      step: "copy_process",
      exhibits: kept.map(({ seq }) => ({ kind: "event", seq }) as const),
    }),
  ];
}

/** All targets that had a pidfd, in one check for those that are freed and one for each that is not. */
function freed(evidence: Evidence): readonly Check[] {
  const { updates, truth } = evidence;
  if (!truth.watched.has("free")) return [];
  const left = new Map<string, Update<"pidfd.create">>();
  for (const it of updates) {
    if (it.type === "pidfd.create") left.set(it.body.target.id, it);
    if (it.type === "pid.free") left.delete(it.body.target.id);
  }
  const births = updates.filter((it) => it.type === "pidfd.create").length;
  if (births === 0) return [];
  const kept = [...left.values()].filter((it) => !isUsedAgain(it, evidence));
  const reason = whyUnsure(kept.length, births, evidence);
  return [
    compared(`the processes of ${births} pidfds`, {
      witness: "K",
      expected: "all are freed",
      observed: kept.length === 0
        ? "all are freed"
        : reason === undefined
        ? `${kept.length} are not freed`
        : null,
      reason: `${kept.length} were not seen being freed, and ${reason}`,
      step: truth.law === "per-file" ? "pidfd_release" : "pidfs_evict_inode",
      exhibits: kept.map(({ seq }) => ({ kind: "event", seq }) as const),
    }),
  ];
}

/** Whether the memory of the target is that of another process now. */
function isUsedAgain(
  { body: { process, fd }, ktimeNs }: Update<"pidfd.create">,
  evidence: Evidence,
): boolean {
  if (process === null || fd === null || ktimeNs === null) return false;
  return evidence.isUsedAgain({ tid: process.tid, fd, ktimeNs });
}

/**
 * Why so many targets can have been freed without being seen; `undefined` when they cannot. What a kernel does again and
 * again comes before what happened this time.
 */
function whyUnsure(kept: number, births: number, { updates, truth }: Evidence): string | undefined {
  const { freesUnseen = 0 } = truth;
  if (kept <= births * freesUnseen) {
    return "a kprobe tells of that here, which the kernel passes over now and then without telling";
  }
  const lost = lostRecords(updates);
  return lost === null || lost >= kept ? "records were lost" : undefined;
}

/** How many records did not come, or came too late to be read in their place; `null` when that is not known. */
function lostRecords(updates: Evidence["updates"]): number | null {
  let lost = 0;
  for (const { type, body } of updates) {
    if (type !== "lost") continue;
    if (body.events === null) return null;
    lost += body.events;
  }
  return lost;
}
