/**
 * Bugs in 6.12, where the reference of a `struct pid` is held by an inode of pidfs that all its pidfds share.
 *
 * @module
 */

import { inFork, PUT_USER, PUT_USER_FILE_KEPT } from "./edits.ts";
import type { KernelMutant, SourceEdit } from "./mutant.ts";

/** A change in `fs/pidfs.c`. */
function inPidfs(original: string, replacement: string): SourceEdit {
  return { file: "fs/pidfs.c", original, replacement };
}

/** The bugs. */
export const PIDFS_BUGS: readonly KernelMutant[] = [
  {
    id: "pidfs-no-get",
    base: "6.12",
    class: "count: clone",
    wrong: "No reference is taken for the inode",
    breaks: ["R13", "L"],
    visible:
      "Closing the last pidfd of a live child frees its struct pid; the log tells of a refcount underflow",
    harmless: false,
    danger: "The memory of a live process's struct pid is given away: anything may follow, also a crash",
    edits: [inPidfs(
      "	ret = path_from_stashed(&pid->stashed, pidfs_mnt, get_pid(pid), &path);\n",
      "	ret = path_from_stashed(&pid->stashed, pidfs_mnt, pid, &path);\n",
    )],
  },
  {
    id: "pidfs-evict-no-put",
    base: "6.12",
    class: "count: release",
    wrong: "The inode keeps its reference when the last pidfd goes",
    breaks: ["R14", "L"],
    visible: 'The slab "pid" grows by one with each process that had a pidfd',
    harmless: false,
    edits: [inPidfs("	clear_inode(inode);\n	put_pid(pid);\n", "	clear_inode(inode);\n	(void)pid;\n")],
  },
  {
    id: "pidfs-evict-two-puts",
    base: "6.12",
    class: "count: release",
    wrong: "The inode gives back two references when the last pidfd goes, and had one",
    breaks: ["R14", "L"],
    mayBreak: ["R13"],
    visible:
      "Closing the last pidfd of a live child frees its struct pid; the log tells of a refcount underflow",
    harmless: false,
    danger: "The memory of a live process's struct pid is given away: anything may follow, also a crash",
    edits: [inPidfs(
      "	clear_inode(inode);\n	put_pid(pid);\n",
      "	clear_inode(inode);\n	put_pid(pid);\n	put_pid(pid);\n",
    )],
  },
  {
    id: "pidfs-reuse-no-put",
    base: "6.12",
    class: "count: pidfd_open",
    wrong: "A pidfd that finds the inode there keeps the reference that it took in case there was none",
    breaks: ["L"],
    mayBreak: ["R13"],
    visible: 'The slab "pid" grows by one with each process that a second pidfd was opened of',
    harmless: false,
    edits: [inPidfs(
      "	struct pid *pid = data;\n	put_pid(pid);\n",
      "	(void)data;\n",
    )],
  },
  {
    id: "pidfs-efault-file-kept",
    base: "6.12",
    class: "file kept when put_user fails",
    wrong: "A clone whose integer cannot be written gives back the number and keeps the file",
    breaks: ["R5", "L"],
    visible: "Each such clone leaks a file, an inode of pidfs and a struct pid",
    harmless: false,
    edits: [inFork(PUT_USER, PUT_USER_FILE_KEPT)],
  },
  {
    id: "pidfs-no-cloexec",
    base: "6.12",
    class: "O_CLOEXEC lost",
    wrong: "A pidfd stays open over exec",
    breaks: ["R6"],
    visible: "fcntl(F_GETFD) is 0; a program that is executed has the pidfd",
    harmless: false,
    edits: [inFork(
      "	pidfd = get_unused_fd_flags(O_CLOEXEC);\n",
      "	pidfd = get_unused_fd_flags(0);\n",
    )],
  },
  {
    id: "pidfs-thread-flag-lost",
    base: "6.12",
    class: "check lost",
    wrong: "The pidfd of a new thread is one of a process",
    breaks: ["R3"],
    mayBreak: ["R17"],
    visible: "The flags of the file lack PIDFD_THREAD",
    harmless: false,
    edits: [inFork(
      "		int flags = (clone_flags & CLONE_THREAD) ? PIDFD_THREAD : 0;\n",
      "		int flags = 0;\n",
    )],
  },
  {
    id: "pidfs-poll-at-first-thread",
    base: "6.12",
    class: "poll",
    wrong: "The pidfd of a process can be read from when its first thread has ended, while others live",
    breaks: ["R17"],
    visible: "poll returns POLLIN, and waitid says that there is nothing to wait for",
    harmless: false,
    edits: [inPidfs(
      "	else if (task->exit_state && !delay_group_leader(task))\n",
      "	else if (task->exit_state)\n",
    )],
  },
];
