/**
 * What must be said about a history, worked out from what really happened: slowly, and without any state.
 *
 * For every question the whole history is read again from its begin. Nothing of this comes from the model's code; it
 * takes what it says from the kernel:
 *
 * - A pid hash holds one reference from alloc_pid() on, and drops it a grace period after the last link went: free_pid()
 *   hands delayed_put_pid() to call_rcu() (kernel/pid.c, the same from 5.2 on). So holders have a "pid hash" until a
 *   `hash-put`.
 * - Before 6.9 each file of a pidfd holds one reference: get_pid() beside anon_inode_getfile() in copy_process() and
 *   pidfd_create(), __pidfd_prepare() from 6.2 on, and put_pid() in pidfd_release() (kernel/fork.c, kernel/pid.c). So
 *   under the law `per-file` there is one holder for each open file.
 * - From 6.9 on all files of a process share an inode, which holds one reference: path_from_stashed() (fs/libfs.c)
 *   finds the inode that is there, pidfs_alloc_file() gives its own reference to a new one, and pidfs_evict_inode()
 *   (fs/pidfs.c) drops it when the last file goes. So under the law `per-inode` there is one holder for any of them.
 * - dup, fork, SCM_RIGHTS and pidfd_getfd take a reference of the file, never of the struct pid (get_file(), fs/file.c):
 *   the oracle knows files, and no numbers.
 * - A clone that fails puts its file and frees its struct pid (copy_process(), its labels bad_fork_put_pidfd and
 *   bad_fork_free_pid, kernel/fork.c); its child was never attached, so nobody else had a pidfd of it. So no free of a
 *   child is told whose clone failed.
 * - A struct pid is freed by whichever put_pid() brings its count to 0 (kernel/pid.c). So a free leaves no holder.
 *
 * @module
 */

import type { RefcountLaw } from "../model/mod.ts";
import type { Action } from "./simulator/objects.ts";

/** What the model must publish. */
export interface Expected {
  /** Type of the event. */
  readonly type: "pidfd.create" | "pidfd.release" | "pid.free" | "clone.failed";
  /** Its moment. */
  readonly ktimeNs: bigint;
  /** Known holders of the target right after it; `undefined` where there is no target. */
  readonly holders: readonly string[] | undefined;
  /** For a clone that failed: whether its file was made. */
  readonly isMade: boolean;
  /** For a release: the moment of the birth. */
  readonly createdNs: bigint | undefined;
}

/** Everything that must be published under a law, in the order of time. */
export function expectedEvents(truth: readonly Action[], law: RefcountLaw): readonly Expected[] {
  return [...truth].sort((a, b) => a.ktimeNs < b.ktimeNs ? -1 : 1).flatMap((action): Expected[] => {
    const type = typeOf(action, truth);
    if (type === undefined) return [];
    const before = truth.filter((it) => it.ktimeNs <= action.ktimeNs);
    const birth = truth.find((it) => it.kind === "create" && it.file === action.file);
    return [{
      type,
      ktimeNs: action.ktimeNs,
      holders: holdersAfter(action, before, law),
      isMade: action.kind === "made",
      createdNs: action.kind === "release" ? birth?.ktimeNs : undefined,
    }];
  });
}

/** Who holds a target at the end of a history, one reference each. */
export function holdersNow(
  truth: readonly Action[],
  { target, law }: { readonly target: string; readonly law: RefcountLaw },
): readonly string[] {
  return holders(truth, target, law);
}

/** Files that were made and not released. */
export function openFiles(truth: readonly Action[]): readonly string[] {
  return filesOf(truth, "create").filter((file) => !filesOf(truth, "release").includes(file));
}

const FAILED: readonly Action["kind"][] = ["made", "refused"];

function typeOf(action: Action, truth: readonly Action[]): Expected["type"] | undefined {
  switch (action.kind) {
    case "create":
      return "pidfd.create";
    case "release":
      return "pidfd.release";
    case "made":
    case "refused":
      return "clone.failed";
    case "free":
      // Nobody ever had a pidfd of a child that did not come to be.
      return truth.some((it) => FAILED.includes(it.kind) && it.target === action.target)
        ? undefined
        : "pid.free";
    case "unmade":
    case "hash-put":
      return undefined;
    default:
      return action.kind satisfies never;
  }
}

function holdersAfter(
  action: Action,
  before: readonly Action[],
  law: RefcountLaw,
): readonly string[] | undefined {
  if (action.kind === "free") return [];
  return action.target === "" ? undefined : holders(before, action.target, law);
}

/** The laws: one reference of the hash until its put; one of each open file, or one of the inode for any of them. */
function holders(before: readonly Action[], target: string, law: RefcountLaw): readonly string[] {
  const ours = before.filter((it) => it.target === target);
  const open = [...filesOf(ours, "create"), ...filesOf(ours, "made")]
    .filter((file) => ![...filesOf(ours, "release"), ...filesOf(ours, "unmade")].includes(file));
  const inode = open.length > 0 ? ["pidfs inode"] : [];
  return [
    ...(ours.some((it) => it.kind === "hash-put") ? [] : ["pid hash"]),
    ...(law === "per-inode" ? inode : open.map(() => "pidfd file")),
  ];
}

function filesOf(truth: readonly Action[], kind: Action["kind"]): readonly string[] {
  return truth.filter((it) => it.kind === kind).map((it) => it.file ?? "");
}
