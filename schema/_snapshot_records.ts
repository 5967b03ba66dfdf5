/**
 * The lines that tell of all slots at one time, beside those that tell what happens to one.
 *
 * `found` is printed by a program of its own, which walks over all open files; the others are written by the tool into
 * the stream, so that a recording has them in their place.
 *
 * @module
 */

import type { WireRecord } from "./field.ts";

/** The records by tag; part of the table of all records. */
export const SNAPSHOT_RECORDS = {
  found: {
    meaning:
      "A slot of an fd table holds a pidfd: printed while the kernel walks over all of them, once for each table and fd",
    numbering: "none",
    fields: [
      { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns when the slot was looked at" },
      { name: "pid", kind: "u32", meaning: "`task->tgid` of a task that uses the table" },
      { name: "tid", kind: "u32", meaning: "`task->pid` of that task" },
      { name: "startNs", kind: "u64", meaning: "its `task->group_leader->start_boottime`, ns" },
      {
        name: "table",
        kind: "pointer",
        meaning: "`struct files_struct *`; tasks with the same one share it",
      },
      { name: "fd", kind: "i32", meaning: "place in the table" },
      { name: "file", kind: "pointer", meaning: "`struct file *` in it" },
      {
        name: "references",
        kind: "u64",
        meaning:
          "raw counter of that file, the reference of the walk itself included: `f_count` is their number, `f_ref` one less",
      },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      { name: "inode", kind: "u64", meaning: "`i_ino` of that file" },
      { name: "fileFlags", kind: "hex", meaning: "`f_flags` of that file" },
      { name: "cloexec", kind: "u32", meaning: "the bit of this fd in `fdt->close_on_exec`" },
      {
        name: "nr",
        kind: "u32",
        meaning:
          "`pid->numbers[0].nr`: the target in the initial pid namespace, also when it has been reaped",
      },
      {
        name: "targetStartNs",
        kind: "u64",
        meaning: "`start_boottime` of the target, ns; 0 when it has been reaped",
      },
      { name: "count", kind: "i32", meaning: "`pid->count` now" },
      { name: "comm", kind: "comm", meaning: "`task->comm` of the holder" },
      { name: "targetComm", kind: "comm", meaning: "`comm` of the target, empty when it has been reaped" },
    ],
  },
  walked: {
    meaning: "The walk over all open files is over: what was open before the probes has been told",
    numbering: "none",
    fields: [
      {
        name: "files",
        kind: "u32",
        meaning: "open files of any kind that were looked at; 0: it was not possible",
      },
      { name: "beganNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns when it began" },
      { name: "endedNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns when it was over" },
    ],
  },
  look: {
    meaning: "The tool begins to read /proc/*/fdinfo",
    numbering: "none",
    fields: [{ name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns" }],
  },
  listed: {
    meaning: "A pidfd that /proc/PID/fdinfo shows",
    numbering: "none",
    fields: [
      { name: "pid", kind: "u32", meaning: "the process" },
      { name: "fd", kind: "i32", meaning: "the number" },
      {
        name: "target",
        kind: "i32",
        meaning: "its `Pid:` line: -1 when that process was reaped, 0 outside of it",
      },
    ],
  },
  compared: {
    meaning: "The tool has read /proc/*/fdinfo",
    numbering: "none",
    fields: [
      { name: "endedNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns, not before its end" },
      { name: "whole", kind: "u32", meaning: "1 when everything could be read, 0 when something is missing" },
    ],
  },
} as const satisfies { readonly [tag: string]: WireRecord };
