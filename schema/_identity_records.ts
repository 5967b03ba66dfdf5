/**
 * The lines that tell who a process is beyond its number, and which cgroup has which path.
 *
 * `who` and `owner` are printed by the program in the kernel, the others are written by the tool into the stream, so that a recording
 * has them in their place.
 *
 * @module
 */

import type { WireRecord } from "./field.ts";

/** The records by tag; part of the table of all records. */
export const IDENTITY_RECORDS = {
  who: {
    meaning:
      "A process has to do with pidfds for the first time, or is in another cgroup than the last time: printed before " +
      "the record of what it does",
    numbering: "none",
    fields: [
      { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns" },
      { name: "pid", kind: "u32", meaning: "`task->tgid`" },
      { name: "startNs", kind: "u64", meaning: "its `task->group_leader->start_boottime`, ns" },
      {
        name: "nsPid",
        kind: "i32",
        meaning:
          "`nr` of the last of `task->group_leader->thread_pid->numbers`: its number in its own pid namespace",
      },
      {
        name: "cgroupId",
        kind: "u64",
        meaning: "`task->cgroups->dfl_cgrp->kn->id`: its cgroup v2; 0: it is not known",
      },
    ],
  },
  owner: {
    meaning:
      "A thread acts for the first time, or under another uid than the last time: printed before the record of " +
      "what it does, where the run shows processes by their uid",
    numbering: "none",
    fields: [
      { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns" },
      { name: "pid", kind: "u32", meaning: "`task->tgid`" },
      { name: "tid", kind: "u32", meaning: "`task->pid`" },
      { name: "startNs", kind: "u64", meaning: "its `task->group_leader->start_boottime`, ns" },
      { name: "uid", kind: "u32", meaning: "`task->cred->uid` as the initial user namespace counts" },
    ],
  },
  cgroup: {
    meaning: "The tool has read which cgroup v2 an id stands for",
    numbering: "none",
    fields: [
      { name: "cgroupId", kind: "u64", meaning: "inode number of its folder" },
      { name: "path", kind: "word", meaning: "its path from the root, `/` for that: UTF-8 bytes in hex" },
    ],
  },
} as const satisfies { readonly [tag: string]: WireRecord };
