/**
 * Bugs in 5.10 about who holds a `struct pid`.
 *
 * @module
 */

import { inFork, inPid } from "./edits.ts";
import type { KernelMutant } from "./mutant.ts";

/** The reference that the file of a clone takes. */
const CLONE_GET = "	get_pid(pid); /* held by pidfd_file now */\n";
/** The reference that a released file gives back. */
const RELEASE_PUT = `	file->private_data = NULL;
	put_pid(pid);
`;
/** The reference that pidfd_open holds for itself while it works. */
const OPEN_PUT = `	fd = pidfd_create(p, flags);

	put_pid(p);
`;

const FREED_EARLY =
  "The memory of a live process's struct pid is given away: anything may follow, also a crash";

/** The bugs. */
export const COUNT_BUGS: readonly KernelMutant[] = [
  {
    id: "clone-no-get",
    base: "5.10",
    class: "count: clone",
    wrong: "The pidfd of a clone takes no reference of its struct pid",
    breaks: ["R13", "L"],
    visible:
      "Closing the pidfd of a live child frees its struct pid; the kernel log tells of a refcount underflow",
    harmless: false,
    danger: FREED_EARLY,
    edits: [inFork(CLONE_GET, "")],
  },
  {
    id: "clone-two-gets",
    base: "5.10",
    class: "count: clone",
    wrong: "The pidfd of a clone takes two references of its struct pid, and gives one back",
    breaks: ["R13", "L"],
    visible: 'The slab "pid" grows by one with each clone that asks for a pidfd, and never shrinks',
    harmless: false,
    edits: [inFork(CLONE_GET, `${CLONE_GET}	get_pid(pid);\n`)],
  },
  {
    id: "release-no-put",
    base: "5.10",
    class: "count: release",
    wrong: "A pidfd that is closed for the last time keeps its reference",
    breaks: ["R14", "L"],
    visible: 'The slab "pid" grows by one with each pidfd that is opened and closed',
    harmless: false,
    edits: [inFork(RELEASE_PUT, "	file->private_data = NULL;\n	(void)pid;\n")],
  },
  {
    id: "release-two-puts",
    base: "5.10",
    class: "count: release",
    wrong: "A pidfd that is closed for the last time gives back two references, and had one",
    breaks: ["R14", "L"],
    mayBreak: ["R13"],
    visible:
      "Closing the pidfd of a live child frees its struct pid; the kernel log tells of a refcount underflow",
    harmless: false,
    danger: FREED_EARLY,
    edits: [inFork(RELEASE_PUT, `${RELEASE_PUT}	put_pid(pid);\n`)],
  },
  {
    id: "open-no-get",
    base: "5.10",
    class: "count: pidfd_open",
    wrong: "The pidfd of pidfd_open takes no reference of its struct pid",
    breaks: ["R13", "L"],
    visible:
      "Closing it frees the struct pid of a live process; the kernel log tells of a refcount underflow",
    harmless: false,
    danger: FREED_EARLY,
    edits: [
      inPid(
        `	fd = anon_inode_getfd("[pidfd]", &pidfd_fops, get_pid(pid),
			      flags | O_RDWR | O_CLOEXEC);
`,
        `	fd = anon_inode_getfd("[pidfd]", &pidfd_fops, pid,
			      flags | O_RDWR | O_CLOEXEC);
`,
      ),
    ],
  },
  {
    id: "open-no-put",
    base: "5.10",
    class: "count: pidfd_open",
    wrong: "pidfd_open keeps the reference that it held for itself while it worked",
    breaks: ["L"],
    mayBreak: ["R13"],
    visible: 'The slab "pid" grows by one with each process that pidfd_open is called for',
    harmless: false,
    edits: [inPid(OPEN_PUT, "	fd = pidfd_create(p, flags);\n\n")],
  },
  {
    id: "open-two-puts",
    base: "5.10",
    class: "count: pidfd_open",
    wrong: "pidfd_open gives back two references, and held one for itself",
    breaks: ["R13", "L"],
    visible:
      "Closing it frees the struct pid of a live process; the kernel log tells of a refcount underflow",
    harmless: false,
    danger: FREED_EARLY,
    edits: [inPid(OPEN_PUT, `${OPEN_PUT}	put_pid(p);\n`)],
  },
];
