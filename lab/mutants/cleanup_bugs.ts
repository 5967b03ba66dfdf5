/**
 * Bugs in 5.10 about clones that fail, and about when their pidfd is made.
 *
 * @module
 */

import { CLEANUP, inFork, PUT_USER, PUT_USER_FILE_KEPT } from "./edits.ts";
import type { KernelMutant } from "./mutant.ts";

/** What the cleanup of a failed clone does about its pidfd. */
function cleanup(lines: string): string {
  return `	if (clone_flags & CLONE_PIDFD) {\n${lines}	}\n`;
}

const EARLY_INSTALL = `
		fd_install(pidfd, pidfile);
		pidfile = NULL;
`;

/** The bugs. */
export const CLEANUP_BUGS: readonly KernelMutant[] = [
  {
    id: "efault-file-kept",
    base: "5.10",
    class: "file kept when put_user fails",
    wrong: "A clone whose integer cannot be written gives back the number and keeps the file",
    breaks: ["R5", "L"],
    visible: "Each such clone leaks a file (fs/file-nr) and a struct pid",
    harmless: false,
    edits: [inFork(PUT_USER, PUT_USER_FILE_KEPT)],
  },
  {
    id: "efault-number-kept",
    base: "5.10",
    class: "number not given back",
    wrong: "A clone whose integer cannot be written gives back the file and keeps the number",
    breaks: ["R5"],
    visible:
      "The number is never used again in that process: the next open gets a higher one, at last EMFILE",
    harmless: false,
    edits: [inFork(
      PUT_USER,
      `		retval = put_user(pidfd, args->pidfd);
		if (retval) {
			fput(pidfile);
			goto bad_fork_free_pid;
		}
`,
    )],
  },
  {
    id: "cleanup-file-kept",
    base: "5.10",
    class: "cleanup frees too little",
    wrong: "The cleanup of every clone that fails after its pidfd was made keeps the file",
    breaks: ["R5", "R11", "L"],
    mayBreak: ["R15"],
    visible: "Each clone that fails with EFAULT, or with EAGAIN by its cgroup, leaks a file and a struct pid",
    harmless: false,
    edits: [inFork(CLEANUP, cleanup("		put_unused_fd(pidfd);\n"))],
  },
  {
    id: "cleanup-number-kept",
    base: "5.10",
    class: "cleanup frees too little",
    wrong: "The cleanup of every clone that fails after its pidfd was made keeps the number",
    breaks: ["R5", "R11"],
    mayBreak: ["R15"],
    visible: "Numbers are lost to the process with EFAULT, and with EAGAIN by its cgroup",
    harmless: false,
    edits: [inFork(CLEANUP, cleanup("		fput(pidfile);\n"))],
  },
  {
    id: "cgroup-cleanup-too-late",
    base: "5.10",
    class: "cleanup frees too little",
    wrong: "A clone that its cgroup refuses keeps file and number of its pidfd",
    breaks: ["R11", "L"],
    visible: "Each clone that fails by pids.max leaks a file, a number and a struct pid",
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
  {
    id: "emfile-pid-kept",
    base: "5.10",
    class: "cleanup frees too little",
    wrong: "A clone that gets no pidfd keeps the number of its process and its struct pid",
    breaks: ["R12", "L"],
    visible: "Each clone that fails with EMFILE leaks a process number and a struct pid",
    harmless: false,
    danger: "The first process of an inner pid namespace in which that happened never ends",
    edits: [inFork(
      `			goto bad_fork_free_pid;
		pidfd = retval;
`,
      `			goto bad_fork_cleanup_thread;
		pidfd = retval;
`,
    )],
  },
  {
    id: "late-cleanup-too-late",
    base: "5.10",
    class: "cleanup frees too little",
    wrong: "A clone that is killed while it forks keeps file and number of its pidfd",
    breaks: ["R15", "L"],
    onlyWhen: "A fatal signal comes between the check for signals and the end of copy_process",
    visible: "A file and a struct pid are left for ever",
    harmless: false,
    edits: [inFork(
      `	cgroup_cancel_fork(p, args);
bad_fork_put_pidfd:
`,
      `	cgroup_cancel_fork(p, args);
	goto bad_fork_free_pid;
bad_fork_put_pidfd:
`,
    )],
  },
  {
    id: "install-early",
    base: "5.10",
    class: "installed before cgroup_can_fork",
    wrong:
      "The pidfd is in its slot before the clone can no longer fail, and is closed by its number when it does",
    breaks: ["F:6fd2fe494b17"],
    visible: "Another thread can use, close or replace the pidfd of a clone that fails afterwards",
    harmless: false,
    edits: [
      inFork(PUT_USER, `${PUT_USER}${EARLY_INSTALL}`),
      inFork(
        CLEANUP,
        cleanup(`		if (pidfile) {
			fput(pidfile);
			put_unused_fd(pidfd);
		} else {
			close_fd(pidfd);
		}
`),
      ),
    ],
  },
  {
    id: "install-early-left-open",
    base: "5.10",
    class: "installed before cgroup_can_fork",
    wrong:
      "The pidfd is in its slot before the clone can no longer fail, and stays there when its cgroup refuses it",
    breaks: ["R11", "F:6fd2fe494b17"],
    mayBreak: ["R15"],
    visible: "A clone that fails by pids.max leaves an open pidfd of no process",
    harmless: false,
    edits: [
      inFork(PUT_USER, `${PUT_USER}${EARLY_INSTALL}`),
      inFork(
        CLEANUP,
        cleanup(`		if (pidfile) {
			fput(pidfile);
			put_unused_fd(pidfd);
		}
`),
      ),
    ],
  },
  {
    id: "before-copy-files",
    base: "5.10",
    class: "made before copy_files",
    wrong: "The fd table is copied for the child after the pidfd is in it",
    breaks: ["R8", "F:6fd2fe494b17"],
    visible: "The child has its own pidfd open at the number that its parent was told",
    harmless: false,
    edits: [
      inFork(
        `	retval = copy_files(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_semundo;
`,
        "	p->files = NULL;\n",
      ),
      inFork(
        `${PUT_USER}	}
`,
        `${PUT_USER}${EARLY_INSTALL}	}
	p->files = current->files;
	retval = copy_files(clone_flags, p);
	if (retval) {
		p->files = NULL;
		goto bad_fork_put_pidfd;
	}
`,
      ),
      inFork(
        CLEANUP,
        cleanup(`		if (pidfile) {
			fput(pidfile);
			put_unused_fd(pidfd);
		} else {
			close_fd(pidfd);
		}
`),
      ),
    ],
  },
];
