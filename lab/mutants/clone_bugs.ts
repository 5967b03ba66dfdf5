/**
 * Bugs in 5.10 about what clone checks, makes and tells.
 *
 * @module
 */

import { inFork, inPid, PUT_USER } from "./edits.ts";
import type { KernelMutant } from "./mutant.ts";

/** The check of 5.10 for flags that do not go together. */
const FLAG_CHECK = "		if (clone_flags & (CLONE_DETACHED | CLONE_THREAD))\n";
/** The call that makes file and number. */
const PREPARE = "		retval = __pidfd_prepare(pid, O_RDWR | O_CLOEXEC, &pidfile);\n";
/** What happens when it fails. */
const NOT_PREPARED = `${PREPARE}		if (retval < 0)
			goto bad_fork_free_pid;
`;

/** What is not right about flags of the file and of the call. */
const FLAG_BUGS: readonly KernelMutant[] = [
  {
    id: "clone-no-cloexec",
    base: "5.10",
    class: "O_CLOEXEC lost",
    wrong: "The pidfd of a clone stays open over exec",
    breaks: ["R6"],
    visible: "fcntl(F_GETFD) is 0; a program that is executed has the pidfd",
    harmless: false,
    edits: [inFork(
      "	pidfd = get_unused_fd_flags(O_RDWR | O_CLOEXEC);\n",
      "	pidfd = get_unused_fd_flags(O_RDWR);\n",
    )],
  },
  {
    id: "open-no-cloexec",
    base: "5.10",
    class: "O_CLOEXEC lost",
    wrong: "The pidfd of pidfd_open stays open over exec",
    breaks: ["R6"],
    visible: "fcntl(F_GETFD) is 0; a program that is executed has the pidfd",
    harmless: false,
    edits: [inPid("			      flags | O_RDWR | O_CLOEXEC);\n", "			      flags | O_RDWR);\n")],
  },
  {
    id: "read-only",
    base: "5.10",
    class: "O_RDONLY",
    wrong: "The file of a clone's pidfd is open for reading alone",
    breaks: ["R7"],
    visible: "fcntl(F_GETFL) & O_ACCMODE is O_RDONLY",
    harmless: false,
    edits: [inFork(
      "					flags | O_RDWR | O_CLOEXEC);\n",
      "					(flags & ~O_ACCMODE) | O_RDONLY | O_CLOEXEC);\n",
    )],
  },
  {
    id: "no-detached-check",
    base: "5.10",
    class: "check lost",
    wrong: "CLONE_DETACHED is taken together with CLONE_PIDFD",
    breaks: ["R1"],
    visible: "clone(CLONE_PIDFD | CLONE_DETACHED) succeeds where EINVAL is due",
    harmless: false,
    edits: [inFork(FLAG_CHECK, "		if (clone_flags & CLONE_THREAD)\n")],
  },
  {
    id: "no-settid-check",
    base: "5.10",
    class: "check lost",
    wrong: "CLONE_PARENT_SETTID is taken together with CLONE_PIDFD for the same integer",
    breaks: ["R2"],
    mayBreak: ["R16"],
    visible: "clone(CLONE_PIDFD | CLONE_PARENT_SETTID) succeeds, and the integer has the process number",
    harmless: false,
    edits: [inFork(
      `	if ((args->flags & CLONE_PIDFD) &&
	    (args->flags & CLONE_PARENT_SETTID) &&
	    (args->pidfd == args->parent_tid))
		return -EINVAL;
`,
      "",
    )],
  },
  {
    id: "no-thread-check",
    base: "5.10",
    class: "check lost",
    wrong:
      "CLONE_THREAD is taken together with CLONE_PIDFD, and the pidfd is none that is meant for a thread",
    breaks: ["R3"],
    visible: "clone(CLONE_PIDFD | CLONE_THREAD) succeeds, and the flags of the file lack PIDFD_THREAD",
    harmless: false,
    edits: [inFork(FLAG_CHECK, "		if (clone_flags & CLONE_DETACHED)\n")],
  },
];

/** What is not right about process and integer. */
const ANSWER_BUGS: readonly KernelMutant[] = [
  {
    id: "wrong-process",
    base: "5.10",
    class: "wrong process",
    wrong: "The pidfd of a clone is one of the process that calls it",
    breaks: ["R16"],
    mayBreak: ["R9", "R13", "R17", "L"],
    visible:
      "fdinfo tells the caller's number; signals through the pidfd reach the caller; poll does not wake",
    harmless: false,
    edits: [inFork(
      PREPARE,
      "		retval = __pidfd_prepare(task_tgid(current), O_RDWR | O_CLOEXEC, &pidfile);\n",
    )],
  },
  {
    id: "integer-not-written",
    base: "5.10",
    class: "integer",
    wrong: "The integer of a clone that succeeds is not written",
    breaks: ["R5", "R16"],
    visible: "The pidfd is open, and nobody knows its number; a pointer to nowhere is no error",
    harmless: false,
    edits: [inFork(PUT_USER, "")],
  },
  {
    id: "integer-off-by-one",
    base: "5.10",
    class: "integer",
    wrong: "The integer of a clone that succeeds has the number after that of the pidfd",
    breaks: ["R16"],
    visible: "The number that is told is not open, or is another file",
    harmless: false,
    edits: [inFork(
      "		retval = put_user(pidfd, args->pidfd);\n",
      "		retval = put_user(pidfd + 1, args->pidfd);\n",
    )],
  },
  {
    id: "integer-on-failure",
    base: "5.10",
    class: "integer",
    wrong: "The integer is written although no pidfd could be made",
    breaks: ["R12"],
    visible: "After a clone that failed with EMFILE the integer has a negative number in it",
    harmless: false,
    edits: [inFork(
      NOT_PREPARED,
      `${PREPARE}		if (retval < 0) {
			put_user(retval, args->pidfd);
			goto bad_fork_free_pid;
		}
`,
    )],
  },
];

/** What was mended after the seed, and is broken again. */
const UNDONE_FIXES: readonly KernelMutant[] = [
  {
    id: "undo-lock-fix",
    base: "5.10",
    class: "fix undone",
    wrong:
      "A clone that gets no pidfd, or whose integer cannot be written, releases a lock that it has not taken",
    breaks: ["F:c3b7112df86b"],
    visible: "After EMFILE or EFAULT, a move to another cgroup waits for ever, and every fork with it",
    harmless: false,
    danger: "The guest does not answer any more when a process is moved to another cgroup afterwards",
    edits: [
      inFork(
        NOT_PREPARED,
        `${PREPARE}		if (retval < 0) {
			cgroup_threadgroup_change_end(current);
			goto bad_fork_free_pid;
		}
`,
      ),
      inFork(
        PUT_USER,
        `		retval = put_user(pidfd, args->pidfd);
		if (retval) {
			cgroup_threadgroup_change_end(current);
			goto bad_fork_put_pidfd;
		}
`,
      ),
    ],
  },
  {
    id: "undo-integer-fix",
    base: "5.10",
    class: "fix undone",
    wrong: "The integer must be readable and 0 before a clone",
    breaks: ["F:9014143bab2f"],
    visible: "A clone with an integer other than 0 fails with EINVAL",
    harmless: false,
    edits: [inFork(
      `${FLAG_CHECK}			return ERR_PTR(-EINVAL);
`,
      `		int reserved;

${FLAG_CHECK}			return ERR_PTR(-EINVAL);

		if (get_user(reserved, args->pidfd))
			return ERR_PTR(-EFAULT);

		if (reserved != 0)
			return ERR_PTR(-EINVAL);
`,
    )],
  },
  {
    id: "undo-error-fix",
    base: "5.10",
    class: "fix undone",
    wrong: "A clone that gets a number and no file returns the number as if it were a task",
    breaks: ["F:28dd29c06d0d"],
    mayBreak: ["R12"],
    onlyWhen: "No file is left on the whole machine: ENFILE, which a process without CAP_SYS_ADMIN gets",
    visible: "The calling process dies by an oops instead of getting ENFILE",
    harmless: false,
    danger: "The kernel follows a pointer to nowhere",
    edits: [inFork(
      NOT_PREPARED,
      `${PREPARE}		if (retval == -ENFILE)
			retval = 3;
		if (retval < 0 || !pidfile)
			goto bad_fork_free_pid;
`,
    )],
  },
];

/** The bugs. */
export const CLONE_BUGS: readonly KernelMutant[] = [...FLAG_BUGS, ...ANSWER_BUGS, ...UNDONE_FIXES];
