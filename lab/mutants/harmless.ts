/**
 * Kernels that are built otherwise and do the same: whoever finds something broken in them is wrong.
 *
 * @module
 */

import { CLEANUP, inFork, inPid } from "./edits.ts";
import type { KernelMutant } from "./mutant.ts";

/** The head of the function that makes file and number in 5.10 and 6.12. */
const PREPARE = "static int __pidfd_prepare(struct pid *pid, unsigned int flags, struct file **ret)\n{";

/** The variants. */
export const HARMLESS: readonly KernelMutant[] = [
  {
    id: "rename-prepare",
    base: "5.10",
    class: "harmless: renamed",
    wrong: "The function that makes a pidfd's file and number has another name",
    breaks: [],
    visible: "A symbol __pidfd_prepare is not there",
    harmless: true,
    edits: [
      inFork(PREPARE, PREPARE.replace("__pidfd_prepare", "make_pidfd_file")),
      inFork("	return __pidfd_prepare(pid, flags, ret);\n", "	return make_pidfd_file(pid, flags, ret);\n"),
      inFork(
        "		retval = __pidfd_prepare(pid, O_RDWR | O_CLOEXEC, &pidfile);\n",
        "		retval = make_pidfd_file(pid, O_RDWR | O_CLOEXEC, &pidfile);\n",
      ),
    ],
  },
  {
    id: "rename-release",
    base: "5.10",
    class: "harmless: renamed",
    wrong: "The function that a released pidfd ends in has another name",
    breaks: [],
    visible: "A symbol pidfd_release is not there",
    harmless: true,
    edits: [
      inFork(
        "static int pidfd_release(struct inode *inode, struct file *file)\n",
        "static int end_of_pidfd(struct inode *inode, struct file *file)\n",
      ),
      inFork("	.release = pidfd_release,\n", "	.release = end_of_pidfd,\n"),
    ],
  },
  {
    id: "static-create",
    base: "5.10",
    class: "harmless: static",
    wrong: "pidfd_create is static, so that it becomes a part of pidfd_open",
    breaks: [],
    visible: "A symbol pidfd_create is not there, or not a global one",
    harmless: true,
    edits: [
      // The header's declaration stays, under another name: to change it would compile the whole kernel anew.
      inPid(
        "#include <linux/mm.h>\n",
        `#define pidfd_create pidfd_create_of_the_header
#include <linux/pid.h>
#undef pidfd_create
#include <linux/mm.h>
`,
      ),
      inPid(
        "int pidfd_create(struct pid *pid, unsigned int flags)\n{",
        "static int pidfd_create(struct pid *pid, unsigned int flags)\n{",
      ),
    ],
  },
  {
    id: "inline-prepare",
    base: "5.10",
    class: "harmless: inlined",
    wrong: "The function that makes a pidfd's file and number is a part of those that call it",
    breaks: [],
    visible: "A symbol __pidfd_prepare is not there",
    harmless: true,
    edits: [inFork(PREPARE, PREPARE.replace("static int", "static __always_inline int"))],
  },
  {
    id: "whole-put",
    base: "5.10",
    class: "harmless: not inlined",
    wrong: "put_pid is one function, no part of it is anywhere else",
    breaks: [],
    visible: "A symbol put_pid.part.0 is not there",
    harmless: true,
    edits: [
      inPid(
        "void put_pid(struct pid *pid)\n{",
        "noinline __attribute__((__noclone__)) void put_pid(struct pid *pid)\n{",
      ),
    ],
  },
  {
    id: "pidfs-not-inlined",
    base: "6.12",
    class: "harmless: not inlined",
    wrong: "The functions that make a pidfd are functions of their own, which they are not in Debian's build",
    breaks: [],
    visible: "Symbols __pidfd_prepare and pidfd_create are there",
    harmless: true,
    edits: [
      inFork(PREPARE, PREPARE.replace("static int", "static noinline int")),
      inPid(
        "static int pidfd_create(struct pid *pid, unsigned int flags)\n{",
        "static noinline int pidfd_create(struct pid *pid, unsigned int flags)\n{",
      ),
    ],
  },
  {
    id: "extra-pair",
    base: "5.10",
    class: "harmless: extra get and put",
    wrong: "A further reference is taken when the pidfd of a clone is made, and given back at once",
    breaks: [],
    visible: "Nothing",
    harmless: true,
    edits: [inFork(
      "	get_pid(pid); /* held by pidfd_file now */\n",
      "	get_pid(pid);\n	get_pid(pid); /* held by pidfd_file now */\n	put_pid(pid);\n",
    )],
  },
  {
    id: "moved-fields",
    base: "5.10",
    class: "harmless: fields moved",
    wrong: "The fields of struct pid have other places, and the count is not the first one",
    breaks: [],
    visible: "Other offsets in BTF",
    harmless: true,
    edits: [
      {
        file: "include/linux/pid.h",
        original: `struct pid
{
	refcount_t count;
	unsigned int level;
	spinlock_t lock;
`,
        replacement: `struct pid
{
	struct hlist_head inodes;
	unsigned int level;
	wait_queue_head_t wait_pidfd;
	spinlock_t lock;
	refcount_t count;
`,
      },
      {
        file: "include/linux/pid.h",
        original: `	struct hlist_head inodes;
	/* wait queue for pidfd notifications */
	wait_queue_head_t wait_pidfd;
`,
        replacement: "",
      },
    ],
  },
  {
    id: "open-by-prepare",
    base: "5.10",
    class: "harmless: another path",
    wrong: "pidfd_open makes file and number as clone does, without anon_inode_getfd",
    breaks: [],
    visible: "Nothing",
    harmless: true,
    edits: [
      inPid(
        "	int fd;\n\n	if (!pid || !pid_has_task(pid, PIDTYPE_TGID))\n",
        "	struct file *file;\n	int fd;\n\n	if (!pid || !pid_has_task(pid, PIDTYPE_TGID))\n",
      ),
      inPid(
        `	fd = anon_inode_getfd("[pidfd]", &pidfd_fops, get_pid(pid),
			      flags | O_RDWR | O_CLOEXEC);
	if (fd < 0)
		put_pid(pid);
`,
        `	fd = pidfd_prepare(pid, flags, &file);
	if (fd >= 0)
		fd_install(fd, file);
`,
      ),
    ],
  },
  {
    id: "cleanup-other-order",
    base: "5.10",
    class: "harmless: another path",
    wrong: "A clone that fails gives back the number of its pidfd before the file",
    breaks: [],
    visible: "Nothing",
    harmless: true,
    edits: [inFork(
      CLEANUP,
      `	if (clone_flags & CLONE_PIDFD) {
		put_unused_fd(pidfd);
		fput(pidfile);
	}
`,
    )],
  },
];
