/**
 * Every line that the program in the kernel can print, as data.
 *
 * From this one table come the `printf` in the program, the decoder, and the type of a decoded event; so the two
 * sides of the wire cannot disagree. A line is the record's tag and its fields, separated by single spaces.
 *
 * @module
 */

import type { WireRecord, WireTypes } from "./field.ts";
import { IDENTITY_RECORDS } from "./_identity_records.ts";
import { SLOT_RECORDS } from "./_slot_records.ts";
import { SNAPSHOT_RECORDS } from "./_snapshot_records.ts";
import { ACTOR, CALL_MEANING, STAMP } from "./wire_parts.ts";

/** The records by tag. */
export const WIRE_TABLE = {
  ready: {
    meaning: "Printed once by BEGIN; bpftrace passes it on when every probe is attached",
    numbering: "none",
    fields: [
      { name: "bpftracePid", kind: "u32", meaning: "process id of bpftrace" },
      { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns" },
      { name: "utc", kind: "word", meaning: "the same moment as seconds since 1970 UTC, with six decimals" },
    ],
  },
  tick: {
    meaning:
      "Printed about once a second on every CPU: the CPU is heard, and so many records it has numbered",
    numbering: "none",
    fields: [
      { name: "cpu", kind: "u32", meaning: "CPU that the probe ran on" },
      { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns" },
      { name: "task", kind: "u32", meaning: "records numbered so far in process context on this CPU" },
      { name: "softirq", kind: "u32", meaning: "records numbered so far in softirq context on this CPU" },
    ],
  },
  witness: {
    meaning: "Printed with each heartbeat: what probes that must agree have counted on this CPU so far",
    numbering: "none",
    fields: [
      { name: "cpu", kind: "u32", meaning: "CPU that the probe ran on" },
      { name: "ktimeNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns" },
      {
        name: "entered",
        kind: "i32",
        meaning: "calls of copy_process() with CLONE_PIDFD, counted where they begin; -1: not counted",
      },
      { name: "returned", kind: "i32", meaning: "the same, counted where they return; -1: not counted" },
      { name: "born", kind: "i32", meaning: "those that returned a child; -1: not counted" },
      {
        name: "newtask",
        kind: "i32",
        meaning: "children that the tracepoint task:task_newtask told of with CLONE_PIDFD; -1: not watched",
      },
      {
        name: "unfollowed",
        kind: "i32",
        meaning: "pidfds whose target found no place in the map of those that are followed; -1: not counted",
      },
    ],
  },
  clone: {
    meaning: "copy_process() returned a child that was asked for with CLONE_PIDFD",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "child", kind: "u32", meaning: "`task->pid` of the child" },
      { name: "childStartNs", kind: "u64", meaning: "`task->start_boottime` of the child, ns" },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the child" },
      { name: "count", kind: "i32", meaning: "`pid->count` now; the child cannot run yet" },
      { name: "cloneFlags", kind: "hex", meaning: "`kernel_clone_args.flags`" },
      {
        name: "clone3",
        kind: "u32",
        meaning: "1 when the call was clone3, 0 when it was clone, 2 when it cannot be told",
      },
      { name: "fd", kind: "i32", meaning: "what the user's integer holds now" },
      { name: "slotFile", kind: "pointer", meaning: "`struct file *` in that slot of the caller's fd table" },
      { name: "file", kind: "pointer", meaning: "`struct file *` that this call made" },
      { name: "inode", kind: "u64", meaning: "`i_ino` of that file" },
      { name: "fileFlags", kind: "hex", meaning: "`f_flags` of that file" },
    ],
  },
  failed: {
    meaning: "kernel_clone() returned an error for a call with CLONE_PIDFD",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "result", kind: "i32", meaning: "return value, a negative errno" },
      { name: "cloneFlags", kind: "hex", meaning: "`kernel_clone_args.flags`" },
      {
        name: "clone3",
        kind: "u32",
        meaning: "1 when the call was clone3, 0 when it was clone, 2 when it cannot be told",
      },
      {
        name: "integer",
        kind: "i32",
        meaning: "what the user's integer holds now; 0 also when it cannot be read",
      },
      { name: "entered", kind: "u32", meaning: "1 when copy_process() was entered, else 0" },
      {
        name: "pidAddress",
        kind: "pointer",
        meaning: "`struct pid *` that was freed again, 0 when none was allocated",
      },
      { name: "count", kind: "i32", meaning: "its `count` when free_pid() was entered" },
      { name: "file", kind: "pointer", meaning: "`struct file *` that was made, 0 when none was" },
    ],
  },
  open: {
    meaning: "pidfd_open(2) is about to return to user space",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "target", kind: "i32", meaning: "the pid argument, as the caller's pid namespace counts" },
      { name: "openFlags", kind: "hex", meaning: "the flags argument" },
      { name: "result", kind: "i32", meaning: "the new fd, or a negative errno" },
      { name: "file", kind: "pointer", meaning: "`struct file *` that this call made, 0 when none was" },
      { name: "slotFile", kind: "pointer", meaning: "`struct file *` in that slot of the caller's fd table" },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      {
        name: "count",
        kind: "i32",
        meaning: "`pid->count` now, after the call has dropped its own reference",
      },
      { name: "inode", kind: "u64", meaning: "`i_ino` of that file" },
      { name: "fileFlags", kind: "hex", meaning: "`f_flags` of that file" },
      {
        name: "nr",
        kind: "u32",
        meaning: "the target's number in the initial pid namespace, 0 without a task",
      },
      { name: "targetStartNs", kind: "u64", meaning: "`start_boottime` of the target, ns, 0 without a task" },
      { name: "targetComm", kind: "comm", meaning: "`comm` of the target, empty without a task" },
    ],
  },
  made: {
    meaning: "A pidfd file was made by a call that is neither clone nor pidfd_open",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "file", kind: "pointer", meaning: "`struct file *`, or an error pointer" },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      {
        name: "count",
        kind: "i32",
        meaning: "`pid->count` now; on kernels without pidfs the file's own reference is still to come",
      },
      { name: "inode", kind: "u64", meaning: "`i_ino` of that file" },
      { name: "fileFlags", kind: "hex", meaning: "`f_flags` of that file" },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
      { name: "userSpace", kind: "u32", meaning: "1 when the task has an address space of its own, else 0" },
      {
        name: "nr",
        kind: "u32",
        meaning: "the target's number in the initial pid namespace, 0 without a task",
      },
      { name: "targetStartNs", kind: "u64", meaning: "`start_boottime` of the target, ns, 0 without a task" },
      { name: "targetComm", kind: "comm", meaning: "`comm` of the target, empty without a task" },
    ],
  },
  release: {
    meaning: "The last reference of a pidfd's file has gone: __fput(), or pidfd_release() where there is one",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      { name: "count", kind: "i32", meaning: "`pid->count` before anything is dropped" },
      { name: "inode", kind: "u64", meaning: "`i_ino` of that file" },
    ],
  },
  evict: {
    meaning: "pidfs_evict_inode() returned: the inode of a target has dropped its reference",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      { name: "inode", kind: "u64", meaning: "`i_ino`" },
      { name: "before", kind: "i32", meaning: "`pid->count` at entry" },
      { name: "after", kind: "i32", meaning: "`pid->count` at return; meaningless when it was 1 at entry" },
    ],
  },
  drop: {
    meaning: "pidfd_release() returned: a pidfd's file has dropped its reference",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      { name: "inode", kind: "u64", meaning: "`i_ino` of that file" },
      { name: "before", kind: "i32", meaning: "`pid->count` at entry" },
      { name: "after", kind: "i32", meaning: "`pid->count` at return; meaningless when it was 1 at entry" },
    ],
  },
  exit: {
    meaning: "A thread of a tracked target exits, or the last thread of a followed process",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the thread group" },
      { name: "count", kind: "i32", meaning: "its `count` now" },
      {
        name: "live",
        kind: "i32",
        meaning: "`signal->live`: threads that go on; 0 when the process has ended",
      },
      { name: "exitCode", kind: "i32", meaning: "`task->exit_code`, as wait(2) gives it" },
    ],
  },
  reap: {
    meaning: "release_task() of a tracked target: its parent has waited for it",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *`" },
      { name: "count", kind: "i32", meaning: "its `count` at entry" },
    ],
  },
  put: {
    meaning: "delayed_put_pid(): the grace period after free_pid() is over, the hash drops its reference",
    numbering: "softirq",
    fields: [
      ...STAMP,
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *`" },
      { name: "count", kind: "i32", meaning: "its `count` before the drop; 1: it is freed now" },
    ],
  },
  last: {
    meaning: "put_pid() drops the last reference of a tracked target, on behalf of some other holder",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *`" },
    ],
  },
  fork: {
    meaning: "A process of the followed tree made another process",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "child", kind: "u32", meaning: "`task->tgid` of the child" },
      { name: "childStartNs", kind: "u64", meaning: "`task->start_boottime` of the child, ns" },
    ],
  },
  step: {
    meaning:
      "A watched thread entered a function of the table of tracers/pidfd_paths.ts, in a call that is watched",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      {
        name: "call",
        kind: "u32",
        meaning: "number of its latest system call, also on the way back from it",
      },
      { name: "argument", kind: "i32", meaning: "first argument of that call, such as the fd of close(2)" },
      { name: "beganNs", kind: "u64", meaning: "CLOCK_BOOTTIME in ns when the call began" },
      { name: "function", kind: "u32", meaning: "place of the function in that table, from 0" },
    ],
  },
  func: {
    meaning:
      "A watched thread entered a function of the table of tracers/clone_functions.ts, or returned from it",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "function", kind: "u32", meaning: "place of the function in that table, from 0" },
      { name: "returned", kind: "u32", meaning: "1 where it returned, 0 where it was entered" },
      { name: "value", kind: "i32", meaning: "what it was given or returned, as that table says" },
      { name: "detail", kind: "i32", meaning: "a second number, as that table says; 0 where there is none" },
      {
        name: "pidAddress",
        kind: "pointer",
        meaning:
          "`struct pid *` that it is about, an error pointer where it returned one, 0 where there is none",
      },
      { name: "file", kind: "pointer", meaning: "`struct file *` that it is about, in the same way" },
    ],
  },
  ...SLOT_RECORDS,
  ...SNAPSHOT_RECORDS,
  ...IDENTITY_RECORDS,
} as const satisfies { readonly [tag: string]: WireRecord };

/** The tag of a record. */
export type WireTag = keyof typeof WIRE_TABLE;

/** The decoded form of the record with tag `T`. */
export type WireEvent<T extends WireTag = WireTag> = {
  [K in T]:
    & { readonly kind: K }
    & {
      readonly [F in (typeof WIRE_TABLE)[K]["fields"][number] as F["name"]]: WireTypes[F["kind"]];
    };
}[T];
