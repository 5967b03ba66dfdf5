/**
 * How the provocations of the stimulus are made, and which of them are not made on which machine.
 *
 * @module
 */

import type { Provocation } from "./provocations.ts";

/**
 * How a provocation is made. Name and sentence are those that the stimulus itself tells, and so is the risk, but where it
 * lies in the number: thousands of lives on all CPUs are nothing for a machine that has other work.
 */
export interface Attempt extends Provocation {
  /**
   * Whether it makes a pidfd fail. Kernels that behave like the first pidfds can let go of a lock then that they do not
   * hold (commit c3b7112df86b), and hang: there it is dangerous.
   */
  readonly fails: boolean;
  /** Whether no rule rests on it, but what a profile tells does. */
  readonly isForProfiles: boolean;
  /** Whether it takes a number of lives, and not of rounds. */
  readonly isCounted: boolean;
  /** How often it is made at most, where whether it meets what it is for is chance. */
  readonly triesMax: number;
  /** Seconds that a round, or a thousand lives, may take at most. */
  readonly seconds: number;
}

function row(name: string, about: Omit<Provocation, "name">, more: Partial<Attempt> = {}): Attempt {
  return {
    name: `confirm-${name}`,
    ...about,
    seconds: 20,
    fails: false,
    isForProfiles: false,
    isCounted: false,
    triesMax: 1,
    ...more,
  };
}

function harmless(summary: string): Omit<Provocation, "name"> {
  return { risk: "harmless", summary };
}

function scratch(summary: string): Omit<Provocation, "name"> {
  return { risk: "scratch", summary };
}

function dangerous(summary: string): Omit<Provocation, "name"> {
  return { risk: "dangerous", summary };
}

/**
 * All of them, in the order in which they are made. The first one gives time to hear of each step: a kernel that frees
 * what is in use may not live to see the others. That of the user's integer tells whether the kernel behaves like the
 * first pidfds. Those in which the making of a pidfd fails are last: on such a kernel whoever moves a process to another
 * cgroup afterwards waits for good, and everybody who forks with him.
 */
export const EVERY_ATTEMPT: readonly Attempt[] = [
  row("slow", harmless("R13, R14: one process and two pidfds, with time between the steps"), { seconds: 40 }),
  row("integer", harmless("R4b: the user's integer holds 0, or something else")),
  row("conflicts", harmless("R1, R2, R3: CLONE_PIDFD with each flag that conflicts, and each flag alone")),
  row("flags", harmless("R6, R7: the flags of a pidfd after each kind of birth")),
  row(
    "child",
    harmless("R8: a child looks for the pidfd in its own table, apart from its parent's and shared"),
    { seconds: 40 },
  ),
  row("fdinfo", harmless("R9: fdinfo of a process that is alive, a zombie, reaped")),
  row("nested", scratch("R10: the same through the procfs of two nested pid namespaces (root)"), {
    seconds: 60,
  }),
  row("pids-max", scratch("R11: a pids cgroup refuses the child when its pidfd is made (root)"), {
    seconds: 30,
    fails: true,
  }),
  row(
    "into-cgroup",
    scratch("R15: clone3 into cgroups that come and go, by processes that are killed (root)"),
    { seconds: 60, fails: true, triesMax: 12 },
  ),
  row("nproc", harmless("R12: RLIMIT_NPROC refuses the child before anything is made")),
  row("dead-namespace", harmless("R12: a clone into a pid namespace whose first process has ended (root)")),
  row("set-tid", harmless("R12: clone3 asks for a pid that is free, in use, or impossible")),
  row(
    "orders",
    harmless("R13, R14: up to five pidfds of a process closed in every order, reaped before, between, after"),
    { seconds: 120 },
  ),
  row("wait", harmless("R16: waitid of the pidfd names the process that the call returned"), { seconds: 30 }),
  row("poll", harmless("R17: poll before the exit, through it, and after the reap"), { seconds: 30 }),
  row(
    "poll-threads",
    harmless("R17: poll while threads of the process, and its leader, end before the last"),
    { seconds: 40 },
  ),
  row("exec", harmless("execve of the target, of one of its threads, and of the holder"), { seconds: 40 }),
  row("clone3", harmless("what clone3 says about its arguments, and the younger flags"), {
    seconds: 30,
    isForProfiles: true,
  }),
  row("open", harmless("pidfd_open of a process that is alive, a zombie, reaped, and of a thread"), {
    seconds: 30,
    isForProfiles: true,
  }),
  row(
    "uses",
    harmless("signals, pidfd_getfd, ioctl and handles of a process that is alive, a zombie, reaped"),
    { seconds: 30, isForProfiles: true },
  ),
  row("peer", harmless("SO_PEERPIDFD of a process that is alive, and reaped"), {
    seconds: 30,
    isForProfiles: true,
  }),
  row("races", harmless("N times close meets exit, N times pidfd_open meets the reap"), {
    seconds: 60,
    isCounted: true,
  }),
  row("unreadable", harmless("R4a: the user's integer is in a page without rights"), { fails: true }),
  row("page", harmless("R5: the integer is in a read-only page, nowhere, or unmapped"), { fails: true }),
  row("emfile", harmless("R12: no number is free for the pidfd, and exactly one"), { fails: true }),
  row("enfile", dangerous("R12: no file is left for ordinary users of the whole machine (root)"), {
    seconds: 40,
    fails: true,
  }),
  row("stress", dangerous("N lives with up to two pidfds on all CPUs"), {
    seconds: 60,
    isCounted: true,
    fails: true,
  }),
];

/** Those that rules rest on, in the same order. */
export const ATTEMPTS: readonly Attempt[] = EVERY_ATTEMPT.filter((it) => !it.isForProfiles);

/**
 * Why a provocation is not made on a machine.
 *
 * @param attempt how it is made
 * @param where what it risks, whether the machine is a guest of the lab, whether its kernel behaves like the first
 *   pidfds (`null`: not known), and what the user has named as wanted
 * @returns the reason; `undefined` when it is made
 *
 * @example
 * ```ts
 * import { ATTEMPTS, withheld } from "./attempts.ts";
 * import assert from "node:assert/strict";
 *
 * const [integer] = ATTEMPTS;
 * assert.ok(integer !== undefined);
 * const where = { risk: "harmless", isLab: false, isSeedLike: null, wanted: [] } as const;
 * assert.equal(withheld(integer, where), undefined);
 * ```
 */
export function withheld(
  { name, fails }: Attempt,
  where: Pick<Provocation, "risk"> & {
    readonly isLab: boolean;
    readonly isSeedLike: boolean | null;
    readonly wanted: readonly string[];
  },
): string | undefined {
  if (where.isLab || where.wanted.includes(name)) return undefined;
  if (where.risk === "dangerous") {
    return `${name} puts the whole machine at risk: it is made in guests of the lab, or with --dangerous ${name}`;
  }
  if (!fails || where.isSeedLike === false) return undefined;
  const known = where.isSeedLike === true
    ? "behaves like the first pidfds, which can hang when a pidfd cannot be made"
    : "may behave like the first pidfds, which can hang when a pidfd cannot be made: that was not tried";
  return `${name} is not made, for this kernel ${known} (c3b7112df86b); --dangerous ${name} makes it`;
}
