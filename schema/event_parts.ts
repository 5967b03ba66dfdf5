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
  cpu: { kind: "integer", meaning: "CPU that it happened on" },
  process: {
    fields: PROCESS_FIELDS,
    nullable: true,
    meaning: "the acting process; null where the kernel acts for nobody, as after a grace period",
  },
} as const satisfies PublishedFields;
