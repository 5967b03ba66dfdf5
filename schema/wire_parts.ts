/**
 * The fields that several records share.
 *
 * @module
 */

/** Where and when: the first fields of every numbered record. */
export const STAMP = [
  { name: "cpu", kind: "u32", meaning: "CPU that the probe ran on" },
  { name: "number", kind: "u32", meaning: "place of this record among its counter's, from 1, per CPU" },
  { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns when the probe ran" },
] as const;

/** Who: the task that ran when the probe fired, as seen from the initial pid namespace. */
export const ACTOR = [
  { name: "pid", kind: "u32", meaning: "`task->tgid`" },
  { name: "tid", kind: "u32", meaning: "`task->pid`" },
  { name: "startNs", kind: "u64", meaning: "`task->group_leader->start_boottime`, ns" },
  { name: "comm", kind: "comm", meaning: "`task->comm`" },
] as const;

/** What a field says that has the number of a system call. */
export const CALL_MEANING =
  "number of the system call that the task is in, of this machine's kind; -1 when it is in none or that is not known";

/** Which slot of which fd table: the first fields after the actor's of every record of a slot. */
export const SLOT = [
  { name: "table", kind: "pointer", meaning: "`struct files_struct *`" },
  { name: "fd", kind: "i32", meaning: "the number of the slot" },
] as const;
