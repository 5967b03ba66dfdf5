/**
 * The rules that a live trace can judge.
 *
 * @module
 */

/** A rule. */
export interface Rule {
  /** Its id. */
  readonly id: string;
  /** What must be true, in one sentence. */
  readonly statement: string;
  /** What to do when it is broken. */
  readonly next: string;
}

/** The rules by id. */
export const RULES = {
  R12: {
    id: "R12",
    statement:
      "A clone that fails after its pidfd was made releases the file and drops the reference that it held",
    next: "Compare the error paths of copy_process() with upstream: a file or a reference stays behind",
  },
  R13: {
    id: "R13",
    statement:
      "A process with pidfds has one reference for the pid hash and one for its pidfs inode, however many " +
      "pidfds there are",
    next: "Compare pidfs_alloc_file() and its callers with upstream: a get or a put is missing or doubled",
  },
  R14: {
    id: "R14",
    statement: "When the last pidfd of a process is released, exactly one reference is dropped",
    next: "Compare pidfs_evict_inode() with upstream: the put is missing or doubled",
  },
  L1: {
    id: "L1",
    statement: "The count of a struct pid is never below the number of its known holders",
    next:
      "A reference was dropped twice: expect a use after free, and look for the latest put of this struct pid",
  },
} as const satisfies { readonly [id: string]: Rule };

/** The id of a rule. */
export type RuleId = keyof typeof RULES;
