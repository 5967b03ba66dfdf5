/**
 * What a backport is: which generation of pidfds the kernel behaves like, and which of the fixes that followed the first
 * pidfds its behaviour has.
 *
 * Told by what the kernel did, never by its version: trees of vendors have fixes without the number, and numbers without
 * the fixes.
 *
 * @module
 */

import { errnoName } from "../errno.ts";
import { resultOf } from "./_calls.ts";
import { madeIn, wordOf } from "./_fixes.ts";
import type { Exhibit } from "./check.ts";
import type { Judgement } from "./confirm_rule.ts";
import type { Call, Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";
import { signsOf } from "./seed_like.ts";
import { errorOf, isError, MAKERS, returnOf } from "./step.ts";

/** Whether a kernel behaves as one with a fix. */
export type FixState = "present" | "missing" | "cannot-tell";

/** A commit that followed the first pidfds. */
export interface Fix {
  /** The begin of its hash. */
  readonly commit: string;
  /** What it mends, in one sentence. */
  readonly mends: string;
}

/** What is known of one fix on a kernel. */
export interface FixVerdict extends Fix {
  /** Whether it is there. */
  readonly state: FixState;
  /** What was seen, or why it cannot be told, in one sentence. */
  readonly says: string;
  /** What that rests on. */
  readonly exhibits: readonly Exhibit[];
}

/** The verdict on a kernel as a whole. */
export interface Backport {
  /** The generation that it behaves like; `null` where that cannot be told. */
  readonly behavesLike: "first" | "anonymous" | "pidfs" | null;
  /** What tells so, or why nothing does, in one sentence. */
  readonly because: string;
  /** Ids of the rules that are broken. */
  readonly broken: readonly string[];
  /** Each fix. */
  readonly fixes: readonly FixVerdict[];
}

/** What a process met that moved to another cgroup after all else. */
export interface Move {
  /** Facts of `confirm-pids-max`, which begins with such a move. */
  readonly facts: readonly Fact[];
  /** Why it did not come to its end, if it did not. */
  readonly reason: string | undefined;
  /** Whether the kernel did not come back. */
  readonly hangs: boolean;
}

/** The fixes, in the order in which they came. */
export const FIXES = {
  lock: {
    commit: "c3b7112df86b",
    mends: "A pidfd that could not be made let go of a lock of the cgroups that was not taken",
  },
  integer: {
    commit: "9014143bab2f",
    mends: "A user's integer that did not hold 0 was refused, so nobody could ask cheaply for CLONE_PIDFD",
  },
  late: {
    commit: "6fd2fe494b17",
    mends: "The pidfd was in the fd table, for all threads to use, while the call could still fail",
  },
  error: {
    commit: "28dd29c06d0d",
    mends: "When the file could not be made, copy_process() returned something that was no error",
  },
} as const satisfies { readonly [name: string]: Fix };

/**
 * Tells what kind of backport a kernel has.
 *
 * @param evidence what both witnesses have told
 * @param found what followed for the rules, and what a process met that moved to another cgroup at the end
 * @returns generation, broken rules and fixes, each with what it rests on
 */
export function backportOf(
  evidence: Evidence,
  found: {
    readonly judgements: readonly Judgement[];
    readonly move: Move | undefined;
  },
): Backport {
  const { judgements } = found;
  const late = lateInstall(evidence);
  return {
    ...generationOf(evidence),
    broken: judgements.filter((it) => it.verdict === "broken").map((it) => it.rule.id),
    fixes: [
      { ...FIXES.lock, ...lock(evidence, found) },
      { ...FIXES.integer, ...integer(evidence) },
      { ...FIXES.late, ...late },
      { ...FIXES.error, ...properError(evidence, late.state) },
    ],
  };
}

/** What is found about one fix. */
type Found = Omit<FixVerdict, keyof Fix>;

function cannotTell(says: string): Found {
  return { state: "cannot-tell", says, exhibits: [] };
}

/** The first pidfds look at the integer, pidfs has an inode for each process, what is between has neither. */
function generationOf(evidence: Evidence): Pick<Backport, "behavesLike" | "because"> {
  const { isSeedLike } = evidence.truth;
  if (isSeedLike === true) {
    return { behavesLike: "first", because: signsOf(evidence.all) };
  }
  const born = evidence.facts("confirm-flags", "clone", "clone3").filter((it) => it.ino !== null);
  const [one, other] = [born[0], born.find((it) => it.targetPid !== born[0]?.targetPid)];
  if (one === undefined || other === undefined) {
    return { behavesLike: null, because: "Pidfds of two processes were not made" };
  }
  if (isSeedLike === null) {
    return {
      behavesLike: null,
      because: "Whether it is like the first pidfds was not tried, or its signs disagree",
    };
  }
  return one.ino === other.ino
    ? { behavesLike: "anonymous", because: "Pidfds of different processes share one inode" }
    : { behavesLike: "pidfs", because: "Pidfds of different processes have different inodes" };
}

/** 9014143bab2f. */
function integer(evidence: Evidence): Found {
  const [call] = evidence.calls("confirm-integer", "holds-12345").filter((it) => it.fact.call === "clone");
  const said = call === undefined ? null : resultOf(call.fact);
  if (call === undefined || (said !== "success" && said !== "EINVAL")) {
    return cannotTell("An integer that does not hold 0 was not tried, or gave neither success nor EINVAL");
  }
  const { exhibits } = wordOf(call);
  return said === "EINVAL"
    ? { state: "missing", says: "clone with an integer that holds 12345 gives EINVAL", exhibits }
    : { state: "present", says: "clone with an integer that holds 12345 makes a child", exhibits };
}

/** 6fd2fe494b17: nothing is installed in a call that fails, and so nothing has to be closed again. */
function lateInstall(evidence: Evidence): Found {
  const calls = madeIn(evidence);
  for (const call of calls) {
    const { installs, way, exhibits } = wordOf(call);
    if (installs === undefined) continue;
    const says = `${call.fact.call}, ${call.fact.fact}, fails, and yet the pidfd was installed: ${installs}`;
    return { state: "missing", says: way === "" ? says : `${says}; ${way}`, exhibits };
  }
  const [first] = calls;
  if (first === undefined) return cannotTell("No call was seen that fails after its pidfd's file was made");
  const unseen = ["fd_install", "close_fd"].filter((it) => !evidence.truth.watched.has(it));
  if (unseen.length > 0) {
    return cannotTell(`${unseen.map((it) => `${it}()`).join(" and ")} cannot be watched on this kernel`);
  }
  return {
    state: "present",
    says:
      `${calls.length} ${
        calls.length === 1 ? "call" : "calls"
      } failed after the file was made, and none of them ` +
      "had it installed or closed a number",
    exhibits: wordOf(first).exhibits,
  };
}

/** 28dd29c06d0d mends what 6fd2fe494b17 brought. */
function properError(evidence: Evidence, late: FixState): Found {
  // Who is given no error and no child may not live to say so.
  const failed = evidence.clones().filter(({ fact }) => fact.ret === -1 || fact.ret === null);
  const nonsense = failed.find(({ steps }) => {
    const back = returnOf(steps ?? [], "copy_process");
    return back !== undefined && back.value <= 0 && !isError(back.pidAddress);
  });
  if (nonsense !== undefined) {
    const { exhibits, way } = wordOf(nonsense);
    const { call, fact } = nonsense.fact;
    return { state: "missing", says: `${call}, ${fact}: no child, and no error either: ${way}`, exhibits };
  }
  if (late === "missing") {
    return cannotTell(`It mends a fault that came with ${FIXES.late.commit}, which is missing here`);
  }
  const refused = failed.find(({ steps }) =>
    steps?.some((it) => MAKERS.includes(it.function) && it.returned && isError(it.file)) === true
  );
  if (refused === undefined) {
    return cannotTell("No call was seen whose pidfd's file could not be made (confirm-enfile)");
  }
  const back = returnOf(refused.steps ?? [], "copy_process");
  if (back === undefined) return cannotTell("The return of copy_process() was not seen");
  return {
    state: "present",
    says: `When the file could not be made, copy_process() returned ${errnoName(errorOf(back.pidAddress))}`,
    exhibits: wordOf(refused).exhibits,
  };
}

/** Whether a call had a struct pid before it failed. */
function hadPid({ steps }: Call): boolean {
  const made = returnOf(steps ?? [], "alloc_pid");
  return made !== undefined && !isError(made.pidAddress);
}

/**
 * c3b7112df86b: a process can be moved to another cgroup after a pidfd could not be made. Without the fix the lock that
 * this takes is never free again.
 */
function lock(
  evidence: Evidence,
  { move }: { readonly move: Move | undefined },
): Found {
  const failed = [
    ...evidence.calls("confirm-unreadable", "unreadable").filter(hadPid).map((it) => it.fact),
    ...evidence.facts("confirm-page", "read-only"),
    ...evidence.facts("confirm-emfile", "emfile"),
  ].filter((it) => it.ret === -1 && it.toNs !== null);
  const [first] = failed;
  if (first === undefined) return cannotTell("No pidfd was refused by EFAULT or EMFILE");
  const isAfter = (it: Fact) => failed.some((fact) => (fact.toNs ?? 0n) < (it.fromNs ?? 0n));
  // Each is the first call of a process that has just been moved.
  const moves = [...evidence.all, ...move?.facts ?? []].filter(({ scenario, fact }) =>
    scenario === "confirm-pids-max" && fact === "pids-max"
  );
  const [before, after] = [moves.find((it) => !isAfter(it)), moves.find(isAfter)];
  const what = `${first.call}, ${first.fact}, had failed`;
  const shown = (...facts: readonly Fact[]) => facts.map((fact) => ({ kind: "fact", fact }) as const);
  if (move?.hangs === true && before !== undefined) {
    const says = `A process moved to another cgroup before, and none could after ${what}: ${move.reason}`;
    return { state: "missing", says, exhibits: shown(before, first) };
  }
  if (after !== undefined) {
    const says = `A process moved to another cgroup after ${what}`;
    return { state: "present", says, exhibits: shown(first, after) };
  }
  const reason = move?.reason === undefined ? "" : `: ${move.reason}`;
  return cannotTell(`No process was moved to another cgroup after ${what}${reason}`);
}
