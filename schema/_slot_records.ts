/**
 * The lines that the program in the kernel prints when slots of fd tables, or uses of pidfds, are watched.
 *
 * @module
 */

import type { WireRecord } from "./field.ts";
import { ACTOR, CALL_MEANING, SLOT, STAMP } from "./wire_parts.ts";

/** The records by tag; part of the table of all records. */
export const SLOT_RECORDS = {
  slot: {
    meaning: "fd_install(): a slot of the task's fd table gets a pidfd's file",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      ...SLOT,
      { name: "closeOnExec", kind: "u32", meaning: "1 when exec closes the slot, else 0" },
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      {
        name: "references",
        kind: "i32",
        meaning: "references to the file now, that of the new slot among them",
      },
      { name: "born", kind: "u32", meaning: "1 when the present call of the thread made the file, else 0" },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
      { name: "pidAddress", kind: "pointer", meaning: "`struct pid *` of the target" },
      { name: "count", kind: "i32", meaning: "`pid->count` now" },
      { name: "inode", kind: "u64", meaning: "`i_ino` of the file" },
      { name: "fileFlags", kind: "hex", meaning: "`f_flags` of the file" },
      {
        name: "nr",
        kind: "u32",
        meaning: "the target's number in the initial pid namespace, 0 without a task",
      },
      { name: "targetStartNs", kind: "u64", meaning: "`start_boottime` of the target, ns, 0 without a task" },
      { name: "targetComm", kind: "comm", meaning: "`comm` of the target, empty without a task" },
    ],
  },
  frames: {
    meaning: "A user stack from which a slot gets a pidfd's file is met for the first time",
    numbering: "none",
    fields: [
      { name: "pid", kind: "u32", meaning: "`task->tgid`" },
      { name: "stack", kind: "u64", meaning: "its name in this run: when it was met, CLOCK_BOOTTIME in ns" },
      {
        name: "frames",
        kind: "text",
        meaning: "ustack() in the form of perf: a frame a line, with its address, symbol and module",
      },
    ],
  },
  stack: {
    meaning: "From which user stack a slot gets a pidfd's file: printed right before the record `slot`",
    numbering: "none",
    fields: [
      { name: "cpu", kind: "u32", meaning: "CPU that the probe ran on" },
      { name: "slotNumber", kind: "u32", meaning: "the number that the record `slot` has on that CPU" },
      { name: "stack", kind: "u64", meaning: "its name in this run, 0 when there were too many" },
    ],
  },
  send: {
    meaning: "fget_raw() took a pidfd's file by its number: sendmsg(2) does so for SCM_RIGHTS",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      ...SLOT,
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      {
        name: "references",
        kind: "i32",
        meaning: "references to the file now, that of the message among them",
      },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
    ],
  },
  use: {
    meaning: "A pidfd is asked: pidfd_pid(), pidfd_poll() or pidfd_ioctl() was entered with its file",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      { name: "how", kind: "u32", meaning: "the function: 0 pidfd_pid, 1 pidfd_poll, 2 pidfd_ioctl" },
      { name: "command", kind: "u32", meaning: "the command of an ioctl, 0 for others" },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
    ],
  },
  replace: {
    meaning: "do_dup2(): a slot gets a file in place of what it holds, and one of the two is a pidfd's",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      ...SLOT,
      { name: "closeOnExec", kind: "u32", meaning: "1 when exec closes the slot, else 0" },
      { name: "file", kind: "pointer", meaning: "`struct file *` that comes" },
      { name: "comes", kind: "u32", meaning: "1 when that is a pidfd's, else 0" },
      { name: "displaced", kind: "pointer", meaning: "`struct file *` that goes, 0 for none" },
      { name: "goes", kind: "u32", meaning: "1 when that is a pidfd's, else 0" },
      { name: "references", kind: "i32", meaning: "references to the file that comes, before" },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
    ],
  },
  empty: {
    meaning: "A slot that held a pidfd's file was emptied: close(2), close_range(2), io_uring",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      ...SLOT,
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      { name: "references", kind: "i32", meaning: "references to the file now, that of the slot among them" },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
    ],
  },
  again: {
    meaning:
      "A number whose slot a pidfd's file was taken out of is closed again by the same program: it is free, or " +
      "another thread has filled it and the closer of the pidfd closes that too",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      ...SLOT,
      {
        name: "file",
        kind: "pointer",
        meaning: "`struct file *` that the slot held now, 0 when it was free",
      },
      { name: "pidfd", kind: "u32", meaning: "1 when that is a pidfd's, else 0" },
      { name: "closer", kind: "u32", meaning: "`task->pid` of who closed the pidfd" },
      { name: "closedNs", kind: "u64", meaning: "when that was, CLOCK_BOOTTIME in ns" },
      { name: "filler", kind: "u32", meaning: "`task->pid` of who filled the slot since, 0 for nobody" },
      { name: "call", kind: "i32", meaning: CALL_MEANING },
    ],
  },
  flush: {
    meaning: "filp_close(): exit or exec empties a slot that held a pidfd's file; which one is not told",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "table", kind: "pointer", meaning: "`struct files_struct *`" },
      { name: "file", kind: "pointer", meaning: "`struct file *`" },
      { name: "references", kind: "i32", meaning: "references to the file now, that of the slot among them" },
      { name: "exiting", kind: "u32", meaning: "1 when the task exits, 0 when it is in exec" },
    ],
  },
  copy: {
    meaning: "dup_fd() made an fd table out of one that is known to hold a pidfd",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "table", kind: "pointer", meaning: "`struct files_struct *` that was copied" },
      {
        name: "copy",
        kind: "pointer",
        meaning: "`struct files_struct *` that was made, or an error pointer",
      },
      { name: "holeFrom", kind: "u32", meaning: "first number that is not copied" },
      {
        name: "holeTo",
        kind: "u32",
        meaning: "last number that is not copied; less than the first for none",
      },
    ],
  },
  heir: {
    meaning: "copy_process() returned a child whose fd table holds a pidfd, or is its parent's own",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "table", kind: "pointer", meaning: "`struct files_struct *` of the child" },
      { name: "child", kind: "u32", meaning: "`task->tgid` of the child" },
      { name: "childTid", kind: "u32", meaning: "`task->pid` of the child" },
      { name: "childStartNs", kind: "u64", meaning: "`task->start_boottime` of the child, ns" },
      { name: "shared", kind: "u32", meaning: "1 when it is its parent's own, else 0" },
    ],
  },
  left: {
    meaning:
      "exit_files() or put_files_struct(): a task lets go of an fd table that is known to hold a pidfd",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "table", kind: "pointer", meaning: "`struct files_struct *` that it lets go of" },
      { name: "users", kind: "i32", meaning: "its `count` before" },
      { name: "now", kind: "pointer", meaning: "`struct files_struct *` that it has now, 0 when it exits" },
      { name: "live", kind: "i32", meaning: "`signal->live`: threads of its process that go on" },
    ],
  },
  range: {
    meaning: "close_range(2) returned, in a task whose fd table is known to hold a pidfd",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      { name: "table", kind: "pointer", meaning: "`struct files_struct *` of the task now" },
      { name: "first", kind: "u32", meaning: "the first argument" },
      { name: "last", kind: "u32", meaning: "the second argument" },
      { name: "rangeFlags", kind: "hex", meaning: "the third argument" },
      { name: "result", kind: "i32", meaning: "what it returns" },
    ],
  },
  mark: {
    meaning: "set_close_on_exec(): whether exec closes a slot, in an fd table that is known to hold a pidfd",
    numbering: "task",
    fields: [
      ...STAMP,
      ...ACTOR,
      ...SLOT,
      { name: "closeOnExec", kind: "u32", meaning: "1 when exec closes the slot, else 0" },
    ],
  },
} as const satisfies { readonly [tag: string]: WireRecord };
