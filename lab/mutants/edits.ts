/**
 * Places of the source that several variants change.
 *
 * @module
 */

import type { SourceEdit } from "./mutant.ts";

/** The file with `copy_process`. */
export const FORK = "kernel/fork.c";
/** The file with `put_pid`, `alloc_pid` and `pidfd_open`. */
export const PID = "kernel/pid.c";

/** Where the integer of the user is written, in 5.10 and 6.12. */
export const PUT_USER = `		retval = put_user(pidfd, args->pidfd);
		if (retval)
			goto bad_fork_put_pidfd;
`;

/** The same, with the number given back and the file kept when it cannot be written. */
export const PUT_USER_FILE_KEPT = `		retval = put_user(pidfd, args->pidfd);
		if (retval) {
			put_unused_fd(pidfd);
			goto bad_fork_free_pid;
		}
`;

/** Where the file and the number of a clone that failed are given back, in 5.10 and 6.12. */
export const CLEANUP = `	if (clone_flags & CLONE_PIDFD) {
		fput(pidfile);
		put_unused_fd(pidfd);
	}
`;

/**
 * A change in `kernel/fork.c`.
 *
 * @param original what stands there
 * @param replacement what is put there
 * @returns the change
 *
 * @example
 * ```ts
 * import { inFork } from "./edits.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(inFork("a", "b").file, "kernel/fork.c");
 * ```
 */
export function inFork(original: string, replacement: string): SourceEdit {
  return { file: FORK, original, replacement };
}

/**
 * A change in `kernel/pid.c`.
 *
 * @param original what stands there
 * @param replacement what is put there
 * @returns the change
 *
 * @example
 * ```ts
 * import { inPid } from "./edits.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(inPid("a", "b").file, "kernel/pid.c");
 * ```
 */
export function inPid(original: string, replacement: string): SourceEdit {
  return { file: PID, original, replacement };
}
