/**
 * The objects that several published events share, as data.
 *
 * @module
 */

import type { PublishedFields } from "./field.ts";

/** Who acted, or whom a pidfd names; a bare number is never an identity. */
export const PROCESS_FIELDS = {
  pid: { kind: "integer", meaning: "process id (`task->tgid`) in the initial pid namespace" },
  tid: { kind: "integer", meaning: "thread id (`task->pid`) in the initial pid namespace" },
  start_ns: { kind: "decimal", meaning: "start of the process, CLOCK_BOOTTIME in ns" },
  comm: { kind: "text", meaning: "`task->comm`; bytes that are not printable UTF-8 are escaped" },
  ns_pid: {
    kind: "integer",
    nullable: true,
    meaning: "process id in its own pid namespace; null where it was not told who the process is",
  },
  cgroup: {
    kind: "text",
    nullable: true,
    meaning:
      "path of its cgroup v2 from the root, escaped like `comm`; null where it was not told, where the cgroup had " +
      "gone before its name was read, and without cgroup v2",
  },
  container: {
    kind: "text",
    nullable: true,
    meaning:
      "id of the container whose engine is known to give such a path; null where none does. A hint, no identity: " +
      "whoever may make cgroups can make such a name",
  },
  container_runtime: {
    kind: "text",
    nullable: true,
    meaning:
      "docker, containerd, crio, podman or lxc; null without a container, and where several give such a path",
  },
} as const satisfies PublishedFields;

/** The process that a pidfd names. */
export const TARGET_FIELDS = {
  id: {
    kind: "text",
    meaning: "this run's name for the `struct pid`; unlike its address it is never used again",
  },
  pid: { kind: "integer", nullable: true, meaning: "process id in the initial pid namespace" },
  start_ns: { kind: "decimal", nullable: true, meaning: "start of the process, CLOCK_BOOTTIME in ns" },
  comm: { kind: "text", nullable: true, meaning: "`task->comm`" },
} as const satisfies PublishedFields;

/** The counter of a `struct pid` around a step, and what it should be. */
export const COUNT_FIELDS = {
  before: { kind: "integer", nullable: true, meaning: "`pid->count` before the step" },
  after: { kind: "integer", nullable: true, meaning: "`pid->count` after the step" },
  expected: {
    kind: "integer",
    nullable: true,
    meaning: "what `after` should be by the refcount law, for the holders that are known",
  },
  holders: { kind: "texts", meaning: "the known holders after the step, one reference each" },
  unknown_holders: {
    kind: "integer",
    nullable: true,
    meaning: "references beyond the known holders: /proc inodes, waiters, socket credentials, ...",
  },
  disturbed: {
    kind: "boolean",
    meaning:
      "whether this tool has read /proc of the process before, and so may be one of the unknown holders itself",
  },
} as const satisfies PublishedFields;

/** The fields that every published event begins with. */
export const COMMON_FIELDS = {
  schema: { values: ["trace-clone/1"], meaning: "name and version of this format" },
  type: { kind: "text", meaning: "the type of event" },
  seq: {
    kind: "integer",
    meaning:
      "place in the ordered stream of this host, from 1, before any filter: a missing number was filtered, not lost",
  },
  time: { kind: "time", nullable: true, meaning: "when it happened, UTC" },
  ktime_ns: {
    kind: "decimal",
    nullable: true,
    meaning: "when it happened, CLOCK_BOOTTIME of the target in ns",
  },
  host: { kind: "text", meaning: "the target as the user wrote it" },
} as const satisfies PublishedFields;

/** The fields of an event that the kernel reported, after the common ones. */
export const OBSERVED_FIELDS = {
  cpu: {
    kind: "integer",
    nullable: true,
    meaning: "CPU that it happened on; null for what was there before the probes",
  },
  process: {
    fields: PROCESS_FIELDS,
    nullable: true,
    meaning: "the acting process; null where the kernel acts for nobody, as after a grace period",
  },
} as const satisfies PublishedFields;

/** What made a pidfd. */
export const ORIGINS = [
  "clone",
  "clone3",
  "pidfd_open",
  "so_peerpidfd",
  "scm_pidfd",
  "fanotify",
  "coredump",
  "handle",
  "reopen",
  "baseline",
  "other",
] as const;

/** Which slot, of which fd table, and how many more the file has; after those of {@linkcode OBSERVED_FIELDS}. */
export const SLOT_FIELDS = {
  table: { kind: "text", meaning: "this run's name for the fd table (`struct files_struct`)" },
  fd: { kind: "integer", meaning: "the number of the slot" },
  file: { kind: "text", meaning: "this run's name for the `struct file`" },
  close_on_exec: { kind: "boolean", nullable: true, meaning: "whether exec closes the slot" },
  doubtful: {
    kind: "boolean",
    meaning: "whether something was lost that can have been about the slot or its file: they may be others",
  },
  slots: {
    kind: "integer",
    meaning: "slots that are known to hold the file after the step, in all fd tables",
  },
  references: {
    kind: "integer",
    nullable: true,
    meaning:
      "`f_count` after the step, as the kernel has it: what is more than the slots is held by something else",
  },
  other_holders: {
    kind: "texts",
    nullable: true,
    meaning:
      "who else holds the file after the step, one reference each: socket for a message that was sent and not " +
      "received, unknown for what has no name: a dropped message, a ring, a call that is going on, ...",
  },
  by: {
    kind: "text",
    nullable: true,
    meaning: "name of the system call; null where it is none that is known, as for what io_uring does",
  },
  target: { fields: TARGET_FIELDS, meaning: "the process that the pidfd names" },
} as const satisfies PublishedFields;
