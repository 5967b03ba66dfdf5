/**
 * The seed: what its patch does, on top of Debian's 5.10.
 *
 * 5.10 has pidfds already, so its own are made those of the seed: one function makes file, number and slot at once, the
 * two checks of the user's integer are there, nothing can be polled, and `pidfd_open`, `pidfd_getfd` and `clone3` do not
 * exist. What was wrong with the seed stays wrong, for these are what its later fixes mended:
 *
 * - c3b7112df86b: the seed was written for a `copy_process` in which the label that a failing pidfd goes to releases
 *   the lock on thread groups, which is taken only later. In 5.10 that lock is taken and released inside the cgroup
 *   functions, so the release that nothing was taken for is written out at the two places where the seed does it.
 * - 6fd2fe494b17: the pidfd is in its slot before the clone can no longer fail, and is closed again by its number.
 * - 9014143bab2f: the integer must be readable and 0.
 *
 * @module
 */

import type { KernelMutant, SourceEdit } from "./mutant.ts";

/** The file that most of the seed's patch is about. */
const FORK = "kernel/fork.c";
const PID = "kernel/pid.c";
const SYS_NI = "kernel/sys_ni.c";

/** What makes 5.10 the seed. */
export const SEED_EDITS: readonly SourceEdit[] = [
  // 5.10 declares a later function of the same name in a header; to change that would compile the whole kernel anew.
  {
    file: FORK,
    original: "#include <linux/anon_inodes.h>\n",
    replacement: `#define pidfd_create pidfd_create_of_later_kernels
#include <linux/pid.h>
#undef pidfd_create
#include <linux/anon_inodes.h>
`,
  },
  // The old number is told for ever, and there is no NSpid line.
  {
    file: FORK,
    original: `	struct pid_namespace *ns;
	pid_t nr = -1;

	if (likely(pid_has_task(pid, PIDTYPE_PID))) {
		ns = proc_pid_ns(`,
    replacement: `	struct pid_namespace *ns = proc_pid_ns(file_inode(m->file)->i_sb);

	seq_put_decimal_ull(m, "Pid:\\t", pid_nr_ns(pid, ns));
	seq_putc(m, '\\n');
}
#endif

#if 0
{
	{
		ns = proc_pid_ns(`,
  },
  {
    file: FORK,
    original: `	seq_putc(m, '\\n');
}
#endif

/*
 * Poll support`,
    replacement: `	seq_putc(m, '\\n');
}

/*
 * Poll support`,
  },
  {
    file: FORK,
    original: `const struct file_operations pidfd_fops = {
	.release = pidfd_release,
	.poll = pidfd_poll,
`,
    replacement: `#endif

const struct file_operations pidfd_fops = {
	.release = pidfd_release,
`,
  },
  {
    file: FORK,
    original: "static int __pidfd_prepare(struct pid *pid, unsigned int flags, struct file **ret)\n{",
    replacement: `static int pidfd_create(struct pid *pid)
{
	int fd;

	fd = anon_inode_getfd("[pidfd]", &pidfd_fops, get_pid(pid),
			      O_RDWR | O_CLOEXEC);
	if (fd < 0)
		put_pid(pid);

	return fd;
}

#if 0
{`,
  },
  {
    file: FORK,
    original: "static void __delayed_free_task(struct rcu_head *rhp)\n",
    replacement: "#endif\n\nstatic void __delayed_free_task(struct rcu_head *rhp)\n",
  },
  { file: FORK, original: "	struct file *pidfile = NULL;\n", replacement: "" },
  {
    file: FORK,
    original: `		if (clone_flags & (CLONE_DETACHED | CLONE_THREAD))
			return ERR_PTR(-EINVAL);
`,
    replacement: `		int reserved;

		if (clone_flags &
		    (CLONE_DETACHED | CLONE_PARENT_SETTID | CLONE_THREAD))
			return ERR_PTR(-EINVAL);

		if (get_user(reserved, args->pidfd))
			return ERR_PTR(-EFAULT);

		if (reserved != 0)
			return ERR_PTR(-EINVAL);
`,
  },
  {
    file: FORK,
    original: `		retval = __pidfd_prepare(pid, O_RDWR | O_CLOEXEC, &pidfile);
		if (retval < 0)
			goto bad_fork_free_pid;
		pidfd = retval;
`,
    replacement: `		retval = pidfd_create(pid);
		if (retval < 0) {
			cgroup_threadgroup_change_end(current);
			goto bad_fork_free_pid;
		}
		pidfd = retval;
`,
  },
  {
    file: FORK,
    original: `		retval = put_user(pidfd, args->pidfd);
		if (retval)
			goto bad_fork_put_pidfd;
`,
    replacement: `		retval = put_user(pidfd, args->pidfd);
		if (retval) {
			cgroup_threadgroup_change_end(current);
			goto bad_fork_put_pidfd;
		}
`,
  },
  {
    file: FORK,
    original: `	if (pidfile)
		fd_install(pidfd, pidfile);

`,
    replacement: "",
  },
  {
    file: FORK,
    original: `	if (clone_flags & CLONE_PIDFD) {
		fput(pidfile);
		put_unused_fd(pidfd);
	}
`,
    replacement: `	if (clone_flags & CLONE_PIDFD)
		close_fd(pidfd);
`,
  },
  // The seed has this check in copy_process, for every pointer.
  {
    file: FORK,
    original: `	if ((args->flags & CLONE_PIDFD) &&
	    (args->flags & CLONE_PARENT_SETTID) &&
	    (args->pidfd == args->parent_tid))
		return -EINVAL;
`,
    replacement: "",
  },
  { file: FORK, original: "#ifdef __ARCH_WANT_SYS_CLONE3\n", replacement: "#if 0\n" },
  {
    file: PID,
    original: "int pidfd_create(struct pid *pid, unsigned int flags)\n{",
    replacement: "#if 0\nint pidfd_create(struct pid *pid, unsigned int flags)\n{",
  },
  {
    file: PID,
    original: "void __init pid_idr_init(void)\n",
    replacement: "#endif\n\nvoid __init pid_idr_init(void)\n",
  },
  {
    file: PID,
    original: "static struct file *__pidfd_fget(struct task_struct *task, int fd)\n",
    replacement: "#if 0\nstatic struct file *__pidfd_fget(struct task_struct *task, int fd)\n",
  },
  {
    file: PID,
    original: `		ret = pidfd_getfd(pid, fd);

	fdput(f);
	return ret;
}
`,
    replacement: `		ret = pidfd_getfd(pid, fd);

	fdput(f);
	return ret;
}
#endif
`,
  },
  // The calls have no symbol either, as if there had never been any.
  { file: SYS_NI, original: "COND_SYSCALL(clone3);\n", replacement: "" },
  {
    file: "arch/x86/entry/syscall_64.c",
    original: "#define __SYSCALL_X32(nr, sym)\n",
    replacement: `#define __x64_sys_pidfd_open __x64_sys_ni_syscall
#define __x64_sys_clone3 __x64_sys_ni_syscall
#define __x64_sys_pidfd_getfd __x64_sys_ni_syscall
#define __SYSCALL_X32(nr, sym)
`,
  },
];

/** The seed's kernel. It keeps every rule that it states, and lacks what was mended later. */
export const SEED: KernelMutant = {
  id: "seed",
  base: "5.10",
  class: "seed",
  wrong: "The patch that brought CLONE_PIDFD, as it was, without what was mended afterwards",
  breaks: ["F:c3b7112df86b", "F:9014143bab2f", "F:6fd2fe494b17"],
  visible:
    "No pidfd_open, no clone3, nothing to poll; clone needs a readable 0 where the pidfd is to be written",
  harmless: false,
  danger:
    "After a clone that failed with EMFILE or EFAULT, a move to another cgroup waits for ever, and every fork with it",
  edits: SEED_EDITS,
};
