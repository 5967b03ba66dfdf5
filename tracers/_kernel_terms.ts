/** Numbers and names of the kernel that several probes use. */

import { builtin, cast, field, lookup } from "../program/mod.ts";
import type { Expr } from "../program/mod.ts";

/** `CLONE_PIDFD`, include/uapi/linux/sched.h. */
export const CLONE_PIDFD = 0x1000;

/** `CLONE_FILES`, include/uapi/linux/sched.h: the child has the fd table of its parent. */
export const CLONE_FILES = 0x400;

/** `CLONE_THREAD`, include/uapi/linux/sched.h. */
export const CLONE_THREAD = 0x10000;

/** `O_CLOEXEC`, include/uapi/asm-generic/fcntl.h. */
export const O_CLOEXEC = 0x80000;

/** `PF_EXITING`, include/linux/sched.h: the task is on its way out. */
export const PF_EXITING = 0x4;

/**
 * The maps of the program, by what they hold.
 *
 * - `cloning`: thread → 1 while copy_process() runs for CLONE_PIDFD, until kernel_clone() returns.
 * - `opening`: thread → 1 while pidfd_open(2) runs.
 * - `file`: thread → `struct file *` that its present call made.
 * - `given_up`, `given_up_count`: thread → `struct pid *` that its failing clone gave up, and its count.
 * - `before`: thread → count when the function was entered that drops a pidfd's reference.
 * - `let_go`: thread → `struct pid *` whose reference pidfd_release() drops.
 * - `tracked`: `struct pid *` → 1 from its first pidfd until it is freed.
 * - `integer`: thread → user address where its clone or clone3 puts the fd, until the call returns.
 * - `asked`, `asked_flags`: thread → arguments of its pidfd_open.
 * - `tables`: `struct files_struct *` → 1 from its first pidfd, or from when two processes have it, until it is freed.
 * - `who`: process → start and cgroup id, added up, that were told of it, until it ends.
 * - `closed_slot`: place → slot that a pidfd was taken out of, until its number is closed again or who closed it fills it.
 * - `closed_table`: place of such a slot → its `struct files_struct *`.
 * - `closer`, `closer_program`, `closed_at`: place of such a slot → thread that closed it, its program, and when.
 * - `filler`: place of such a slot → thread that has filled it since, 0 for nobody.
 * - `known_stacks`: user stack → its name, when it was met.
 * - `stacks_told`: 0 → how many there are.
 * - `tree`: process → 1 while it belongs to the followed command, or descends from a process that is followed.
 * - `owner`: thread → uid and start, put together, that were told of it, until it ends; where uids are asked for.
 * - `sifting`: 0 → 1 from when the probes were tried: what is left out for a filter is left out from then on.
 * - `shown`: `struct file *` → 1 from when it came to somebody who is asked for until it is released.
 */
export const MAPS = {
  cloning: "cloning",
  opening: "opening",
  file: "file",
  givenUp: "given_up",
  givenUpCount: "given_up_count",
  before: "before",
  letGo: "let_go",
  tracked: "tracked",
  integer: "integer",
  asked: "asked",
  askedFlags: "asked_flags",
  tables: "tables",
  who: "who",
  closedSlot: "closed_slot",
  closedTable: "closed_table",
  closer: "closer",
  closerProgram: "closer_program",
  closedAt: "closed_at",
  filler: "filler",
  knownStacks: "known_stacks",
  stacksTold: "stacks_told",
  tree: "tree",
  owner: "owner",
  shown: "shown",
  sifting: "sifting",
} as const;

/** The key of a map by thread. */
export const THREAD: Expr = cast("uint64", builtin("tid"));

/** The key of a map by process. */
export const PROCESS: Expr = cast("uint64", builtin("pid"));

/** `pid->count` of a `struct pid *`. */
export function countOf(pid: Expr): Expr {
  return field(pid, "->count.refs.counter");
}

/** Whether a `struct pid *` is tracked. */
export function isTracked(pid: Expr): Expr {
  return lookup(MAPS.tracked, cast("uint64", pid));
}
