/**
 * Bugs that a kernel can have, by name, and the rule that each of them breaks.
 *
 * The simulated kernels take one of them and do what it says each time they come to its place. Where the model cannot
 * see a bug by design, its row says why; such rows are tested too, so a model that learns to see one makes them fail.
 *
 * @module
 */

import type { RefcountLaw } from "../../model/mod.ts";
import type { RuleId } from "../../model/rules/registry.ts";

/** Where the kernel of refcounts takes or drops a reference of a `struct pid`. */
export type Place =
  | "clone-get"
  | "open-get"
  | "made-get"
  | "failed-get"
  | "lookup-get"
  | "lookup-put"
  | "close-put"
  | "failed-put"
  | "reap-get"
  | "reap-put"
  | "hash-put";

/** A bug of the kernel of refcounts. */
export type KernelBug =
  | `${Place}-missing`
  | `${Place}-doubled`
  | "constructor-get-kept"
  | "failed-file-kept"
  | "failed-pid-kept"
  | "closed-file-kept"
  | "clone-gets-the-wrong-pid";

/** A bug of the kernel of fd tables. */
export type FdBug =
  | "closed-slot-leaked"
  | "ended-table-leaked"
  | "copy-without-reference"
  | "open-of-the-wrong-pid"
  | "close-on-exec-lost";

/** What the model makes of a bug. */
export type Sight =
  /** It breaks a rule; what it breaks besides, as a consequence, is L1. */
  | { readonly rule: RuleId }
  /** No rule can tell, and why. */
  | { readonly unseen: string };

/** A bug as it is known. */
export type Bug = Sight & {
  /** What is wrong. */
  readonly what: string;
  /** Where, in the words of the kernel. */
  readonly where: string;
  /** What it breaks now and then as a consequence. @default {nothing} */
  readonly mayBreak?: RuleId;
  /** The only law under which there is such a place. @default {both} */
  readonly law?: RefcountLaw;
};

const UNKNOWN_HOLDER =
  "The count is one too high from then on, as it is while somebody else holds the process: an unknown holder " +
  "is counted, and never blamed";

const HASH_MAY_GO =
  "The struct pid of a failed clone is given up already: a count that is one too low is taken for the hash, " +
  "which may drop its reference at any moment";

const NO_SLOT =
  "A file without a slot looks like one that is in a message or in a call; it counts as open at the end";

const BIRTH = "__pidfd_prepare() and copy_process() before 6.9, pidfs_alloc_file() since";
const LOOKUP = "pidfd_open(): find_get_pid() and its put_pid()";
const REAP = "release_task(): thread_pid and its put_pid()";
const FAILED = "copy_process() after bad_fork_put_pidfd";
const CLOSE = "pidfd_release() before 6.9, pidfs_evict_inode() since";

/** Every bug of the kernel of refcounts. */
export const KERNEL_BUGS: Readonly<Record<KernelBug, Bug>> = {
  "clone-get-missing": { what: "clone takes no reference for its pidfd", where: BIRTH, rule: "L1" },
  "clone-get-doubled": { what: "clone takes two references for its pidfd", where: BIRTH, rule: "R13" },
  "open-get-missing": { what: "pidfd_open takes no reference for its pidfd", where: BIRTH, rule: "L1" },
  "open-get-doubled": { what: "pidfd_open takes two references", where: BIRTH, unseen: UNKNOWN_HOLDER },
  "made-get-missing": { what: "SO_PEERPIDFD takes no reference for its pidfd", where: BIRTH, rule: "L1" },
  "made-get-doubled": { what: "SO_PEERPIDFD takes two references", where: BIRTH, unseen: UNKNOWN_HOLDER },
  "failed-get-missing": {
    what: "A clone that fails later takes no reference for its file, and drops one",
    where: BIRTH,
    unseen: HASH_MAY_GO,
  },
  "failed-get-doubled": {
    what: "A clone that fails later takes two references for its file",
    where: BIRTH,
    unseen: UNKNOWN_HOLDER,
  },
  "lookup-get-missing": { what: "pidfd_open drops what it never took", where: LOOKUP, rule: "L1" },
  "lookup-get-doubled": { what: "pidfd_open takes its own twice", where: LOOKUP, unseen: UNKNOWN_HOLDER },
  "lookup-put-missing": { what: "pidfd_open keeps its own", where: LOOKUP, unseen: UNKNOWN_HOLDER },
  "lookup-put-doubled": { what: "pidfd_open drops its own twice", where: LOOKUP, rule: "L1" },
  "close-put-missing": { what: "A release drops nothing", where: CLOSE, unseen: UNKNOWN_HOLDER },
  "close-put-doubled": { what: "A release drops two references", where: CLOSE, rule: "R14" },
  "failed-put-missing": { what: "The file of a failed clone drops nothing", where: CLOSE, rule: "R12" },
  "failed-put-doubled": { what: "The file of a failed clone drops two", where: CLOSE, unseen: HASH_MAY_GO },
  "reap-get-missing": { what: "The reap drops what it never took", where: REAP, rule: "L1" },
  "reap-get-doubled": { what: "The reap takes its own twice", where: REAP, unseen: UNKNOWN_HOLDER },
  "reap-put-missing": { what: "The reap keeps its own", where: REAP, unseen: UNKNOWN_HOLDER },
  "reap-put-doubled": { what: "The reap drops its own twice", where: REAP, rule: "L1" },
  "hash-put-missing": {
    what: "The hash keeps its reference after the grace period",
    where: "delayed_put_pid()",
    unseen: UNKNOWN_HOLDER,
  },
  "hash-put-doubled": { what: "The hash drops two references", where: "delayed_put_pid()", rule: "L1" },
  "constructor-get-kept": {
    what: "A clone whose file cannot be made keeps the reference that was meant for it",
    where:
      "pidfs_alloc_file(), its error path; before 6.9 copy_process() takes nothing until it has the file",
    law: "per-inode",
    rule: "R12",
  },
  "failed-file-kept": { what: "The file of a failed clone is not put", where: FAILED, rule: "R12" },
  "failed-pid-kept": {
    what: "The struct pid of a failed clone stays hashed",
    where: "copy_process(): free_pid() at bad_fork_free_pid",
    unseen: "The hash may hold its reference for as long as a grace period takes, and that has no bound",
  },
  "closed-file-kept": {
    what: "close() empties the slot and does not put the file",
    where: "filp_close()",
    unseen: NO_SLOT,
  },
  "clone-gets-the-wrong-pid": {
    what: "clone takes the reference for its pidfd on another process",
    where: BIRTH,
    rule: "L1",
  },
};

/** Every bug of the kernel of fd tables. */
export const FD_BUGS: Readonly<Record<FdBug, Bug>> = {
  "closed-slot-leaked": {
    what: "close() empties the slot and does not put the file",
    where: "filp_close()",
    unseen: NO_SLOT,
  },
  "ended-table-leaked": {
    what: "The last user of a table goes, and one of its files is not put",
    where: "close_files()",
    unseen: NO_SLOT,
  },
  "copy-without-reference": {
    what: "A copied table holds a file without a reference of its own",
    where: "dup_fd(): get_file()",
    // Where it is released before the call that made it has returned.
    mayBreak: "L1",
    unseen: "No rule is about the references of a file; a release with slots left counts as unmatched",
  },
  "open-of-the-wrong-pid": {
    what: "pidfd_open makes a pidfd of another process than it was asked for",
    where: "pidfd_open(): find_get_pid()",
    unseen: "The number that was asked for belongs to the caller's pid namespace, the other one to the first",
  },
  "close-on-exec-lost": {
    what: "pidfd_open makes a number that exec does not close",
    where: "__pidfd_prepare(): get_unused_fd_flags()",
    unseen: "No rule of a live trace is about the flag; the event of the slot says that it is not set",
  },
};
