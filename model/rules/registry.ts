/**
 * The rules that a live trace can judge.
 *
 * @module
 */

import type { RefcountLaw } from "../state.ts";

/** A rule as it stands under one law. */
export interface Rule {
  /** Its id. */
  readonly id: string;
  /** What must be true, in one sentence. */
  readonly statement: string;
  /** What to do when it is broken. */
  readonly next: string;
}

/** What a rule says, the same by either law or not. */
type Words = Omit<Rule, "id">;

const FAILED_CLONE: Words = {
  statement:
    "A clone that fails after its pidfd was made releases the file and drops the reference that it held",
  next: "Compare the error paths of copy_process() with upstream: a file or a reference stays behind",
};

const NEVER_BELOW: Words = {
  statement: "The count of a struct pid is never below the number of its known holders",
  next:
    "A reference was dropped twice: expect a use after free, and look for the latest put of this struct pid",
};

/** The rules by id, in the words of each law. */
export const RULES = {
  R12: { "per-inode": FAILED_CLONE, "per-file": FAILED_CLONE },
  R13: {
    "per-inode": {
      statement:
        "A process with pidfds has one reference for the pid hash and one for its pidfs inode, however many " +
        "pidfds there are",
      next: "Compare pidfs_alloc_file() and its callers with upstream: a get or a put is missing or doubled",
    },
    "per-file": {
      statement:
        "A process with pidfds has one reference for the pid hash and one for each file of a pidfd, however " +
        "many numbers name that file",
      next:
        "Compare the callers of anon_inode_getfile() for pidfd_fops with upstream: a get or a put is missing " +
        "or doubled",
    },
  },
  R14: {
    "per-inode": {
      statement: "When the last pidfd of a process is released, exactly one reference is dropped",
      next: "Compare pidfs_evict_inode() with upstream: the put is missing or doubled",
    },
    "per-file": {
      statement: "When the file of a pidfd is released, exactly one reference is dropped",
      next: "Compare pidfd_release() with upstream: the put is missing or doubled",
    },
  },
  L1: { "per-inode": NEVER_BELOW, "per-file": NEVER_BELOW },
} as const satisfies { readonly [id: string]: { readonly [law in RefcountLaw]: Words } };

/** The id of a rule. */
export type RuleId = keyof typeof RULES;

/**
 * Returns a rule in the words that are true under a law.
 *
 * @param id the rule
 * @param law what holds one reference of a `struct pid`
 * @returns the rule
 */
export function ruleOf(id: RuleId, law: RefcountLaw): Rule {
  return { id, ...RULES[id][law] };
}
