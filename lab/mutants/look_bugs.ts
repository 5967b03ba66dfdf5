/**
 * Bugs in 5.10 about what a pidfd tells of its process: fdinfo and poll.
 *
 * @module
 */

import { inFork } from "./edits.ts";
import type { KernelMutant } from "./mutant.ts";

/** How fdinfo finds the namespace that it speaks for. */
const NAMESPACE = "		ns = proc_pid_ns(file_inode(m->file)->i_sb);\n";

/** The bugs. */
export const LOOK_BUGS: readonly KernelMutant[] = [
  {
    id: "fdinfo-of-the-reader",
    base: "5.10",
    class: "fdinfo",
    wrong:
      "fdinfo tells the number in the pid namespace of whoever reads, not in that of the procfs instance",
    breaks: ["R10"],
    visible: "A procfs of an inner namespace tells the outer number to a reader that is outside",
    harmless: false,
    edits: [inFork(NAMESPACE, "		ns = task_active_pid_ns(current);\n")],
  },
  {
    id: "fdinfo-of-the-machine",
    base: "5.10",
    class: "fdinfo",
    wrong: "fdinfo tells the number in the first pid namespace of the machine",
    breaks: ["R10"],
    visible: "A process in a container reads numbers that do not exist there",
    harmless: false,
    edits: [inFork(NAMESPACE, "		ns = &init_pid_ns;\n")],
  },
  {
    id: "fdinfo-no-pid-line",
    base: "5.10",
    class: "fdinfo",
    wrong: "fdinfo has no line that begins with Pid:",
    breaks: ["R9"],
    mayBreak: ["R10"],
    visible: "Programs that read the number of a pidfd from fdinfo find none",
    harmless: false,
    edits: [
      inFork('	seq_put_decimal_ll(m, "Pid:\\t", nr);\n', '	seq_put_decimal_ll(m, "Process:\\t", nr);\n'),
    ],
  },
  {
    id: "poll-while-alive",
    base: "5.10",
    class: "poll",
    wrong: "A pidfd can be read from while its process lives",
    breaks: ["R17"],
    visible: "poll returns POLLIN at once",
    harmless: false,
    edits: [inFork("	if (thread_group_exited(pid))\n		poll_flags", "	if (pid)\n		poll_flags")],
  },
  {
    id: "poll-at-first-thread",
    base: "5.10",
    class: "poll",
    wrong: "A pidfd can be read from when the first thread has ended, while others live",
    breaks: ["R17"],
    visible: "poll returns POLLIN, and waitid says that there is nothing to wait for",
    harmless: false,
    edits: [
      {
        file: "kernel/exit.c",
        original: "		(READ_ONCE(task->exit_state) && thread_group_empty(task));\n",
        replacement: "		READ_ONCE(task->exit_state);\n",
      },
    ],
  },
  {
    id: "poll-never-woken",
    base: "5.10",
    class: "poll",
    wrong: "Nobody who sleeps in poll is woken when the process ends",
    breaks: ["R17"],
    visible: "A poll that began before the end sleeps for ever; one that begins afterwards returns at once",
    harmless: false,
    edits: [
      {
        file: "kernel/signal.c",
        original: "	wake_up_all(&pid->wait_pidfd);\n",
        replacement: "	(void)pid;\n",
      },
    ],
  },
];
