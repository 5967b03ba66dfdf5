/**
 * Bugs of the seed's patch that it did not have, and the seed with one of its later fixes.
 *
 * @module
 */

import { inFork } from "./edits.ts";
import type { KernelMutant } from "./mutant.ts";

/** How the seed makes a pidfd. */
const CREATE_FAILED = `	if (fd < 0)
		put_pid(pid);

	return fd;
`;
/** The lock that the seed releases without having it, when there is no pidfd. */
const NO_PIDFD = `		if (retval < 0) {
			cgroup_threadgroup_change_end(current);
			goto bad_fork_free_pid;
		}
`;
/** The same, when the integer cannot be written. */
const NOT_WRITTEN = `		if (retval) {
			cgroup_threadgroup_change_end(current);
			goto bad_fork_put_pidfd;
		}
`;
const READ_CHECK = `		if (get_user(reserved, args->pidfd))
			return ERR_PTR(-EFAULT);

`;
const ZERO_CHECK = `		if (reserved != 0)
			return ERR_PTR(-EINVAL);
`;

/** Single bugs on top of the seed. */
const BUGS: readonly KernelMutant[] = [
  {
    id: "seed-emfile-no-put",
    base: "seed",
    class: "count: clone",
    wrong: "A clone that gets no pidfd keeps the reference that was meant for it",
    breaks: ["R12", "L"],
    visible: 'The slab "pid" grows by one with each clone that fails with EMFILE',
    harmless: false,
    edits: [inFork(CREATE_FAILED, "	return fd;\n")],
  },
  {
    id: "seed-emfile-two-puts",
    base: "seed",
    class: "count: clone",
    wrong: "A clone that gets no pidfd gives back two references, and took one",
    breaks: ["R12", "L"],
    visible: "The kernel log tells of a refcount underflow after a clone that failed with EMFILE",
    harmless: false,
    danger: "The struct pid is freed, and used afterwards by the cleanup",
    edits: [inFork(
      CREATE_FAILED,
      `	if (fd < 0) {
		put_pid(pid);
		put_pid(pid);
	}

	return fd;
`,
    )],
  },
  {
    id: "seed-no-read-check",
    base: "seed",
    class: "check lost",
    wrong: "An integer that cannot be read is no error before anything is allocated",
    breaks: ["R4a"],
    visible: "The same EFAULT comes later, and uses up a process number",
    harmless: false,
    edits: [inFork(
      READ_CHECK,
      `		if (get_user(reserved, args->pidfd))
			reserved = 0;

`,
    )],
  },
  {
    id: "seed-no-zero-check",
    base: "seed",
    class: "check lost",
    wrong: "An integer other than 0 is taken",
    breaks: ["R4b"],
    mends: ["F:9014143bab2f"],
    visible: "clone with an integer other than 0 succeeds where EINVAL is due",
    harmless: false,
    edits: [inFork(ZERO_CHECK, "")],
  },
  {
    id: "seed-no-settid-check",
    base: "seed",
    class: "check lost",
    wrong: "CLONE_PARENT_SETTID is taken together with CLONE_PIDFD",
    breaks: ["R2"],
    mayBreak: ["R16"],
    visible: "clone(CLONE_PIDFD | CLONE_PARENT_SETTID) succeeds, and the integer has the process number",
    harmless: false,
    edits: [inFork(
      "		    (CLONE_DETACHED | CLONE_PARENT_SETTID | CLONE_THREAD))\n",
      "		    (CLONE_DETACHED | CLONE_THREAD))\n",
    )],
  },
  {
    id: "seed-efault-left-open",
    base: "seed",
    class: "file kept when put_user fails",
    wrong: "A clone whose integer cannot be written leaves its pidfd open",
    breaks: ["R5"],
    visible: "Each such clone leaves an open pidfd of no process",
    harmless: false,
    edits: [inFork(NOT_WRITTEN, NOT_WRITTEN.replace("bad_fork_put_pidfd", "bad_fork_free_pid"))],
  },
  {
    id: "seed-cgroup-left-open",
    base: "seed",
    class: "cleanup frees too little",
    wrong: "A clone that its cgroup refuses leaves its pidfd open",
    breaks: ["R11"],
    visible: "Each clone that fails by pids.max leaves an open pidfd of no process",
    harmless: false,
    edits: [inFork(
      `	retval = cgroup_can_fork(p, args);
	if (retval)
		goto bad_fork_put_pidfd;
`,
      `	retval = cgroup_can_fork(p, args);
	if (retval)
		goto bad_fork_free_pid;
`,
    )],
  },
];

/** The seed with one of the fixes that came later. */
const FIXED: readonly KernelMutant[] = [
  {
    id: "seed-lock-fixed",
    base: "seed",
    class: "seed with a fix",
    wrong: "The seed with c3b7112df86b: no lock is released that was not taken",
    breaks: [],
    mends: ["F:c3b7112df86b"],
    visible: "Processes can be moved to other cgroups after EMFILE and EFAULT",
    harmless: true,
    edits: [
      inFork(NO_PIDFD, "		if (retval < 0)\n			goto bad_fork_free_pid;\n"),
      inFork(NOT_WRITTEN, "		if (retval)\n			goto bad_fork_put_pidfd;\n"),
    ],
  },
  {
    id: "seed-integer-fixed",
    base: "seed",
    class: "seed with a fix",
    wrong: "The seed with 9014143bab2f: what the integer has before does not matter",
    breaks: [],
    mayBreak: ["R4a", "R4b"],
    mends: ["F:9014143bab2f"],
    visible: "clone with an integer other than 0 succeeds",
    harmless: true,
    edits: [inFork(`${READ_CHECK}${ZERO_CHECK}`, ""), inFork("		int reserved;\n\n", "")],
  },
  {
    id: "seed-install-fixed",
    base: "seed",
    class: "seed with a fix",
    wrong:
      "The seed with 6fd2fe494b17 and 28dd29c06d0d: the pidfd gets its slot when the clone can no longer fail",
    breaks: [],
    mends: ["F:6fd2fe494b17"],
    visible: "No other thread can meet the pidfd of a clone that fails",
    harmless: true,
    edits: [
      inFork("	int pidfd = -1, retval;\n", "	int pidfd = -1, retval;\n	struct file *pidfile = NULL;\n"),
      inFork(
        "		retval = pidfd_create(pid);\n",
        `		retval = get_unused_fd_flags(O_RDWR | O_CLOEXEC);
		if (retval >= 0) {
			pidfd = retval;
			pidfile = anon_inode_getfile("[pidfd]", &pidfd_fops,
						     pid, O_RDWR | O_CLOEXEC);
			if (IS_ERR(pidfile)) {
				put_unused_fd(pidfd);
				retval = PTR_ERR(pidfile);
			} else {
				get_pid(pid);
			}
		}
`,
      ),
      inFork(
        `	if (clone_flags & CLONE_PIDFD)
		close_fd(pidfd);
`,
        `	if (clone_flags & CLONE_PIDFD) {
		fput(pidfile);
		put_unused_fd(pidfd);
	}
`,
      ),
      inFork(
        "	proc_fork_connector(p);\n",
        "	if (pidfile)\n		fd_install(pidfd, pidfile);\n\n	proc_fork_connector(p);\n",
      ),
    ],
  },
];

/** The variants. */
export const SEED_BUGS: readonly KernelMutant[] = [...BUGS, ...FIXED];
