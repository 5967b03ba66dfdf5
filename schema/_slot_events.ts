/**
 * The published events of slots, and of uses of pidfds.
 *
 * @module
 */

import { OBSERVED_FIELDS, SLOT_FIELDS, TARGET_FIELDS } from "./event_parts.ts";
import type { PublishedEvent } from "./field.ts";

/** The events by type; part of the table of all events. */
export const SLOT_EVENTS = {
  "pidfd.install": {
    meaning: "A new pidfd got its first slot, or a slot was found that held one before the probes",
    fields: { ...OBSERVED_FIELDS, ...SLOT_FIELDS },
  },
  "pidfd.dup": {
    meaning: "A further slot of the caller's fd table holds the file: dup, dup2, dup3, fcntl",
    fields: { ...OBSERVED_FIELDS, ...SLOT_FIELDS },
  },
  "pidfd.inherit": {
    meaning:
      "An fd table was copied, and a slot of the copy holds the file: fork, unshare, exec, close_range",
    fields: {
      ...OBSERVED_FIELDS,
      ...SLOT_FIELDS,
      from_table: { kind: "text", meaning: "this run's name for the fd table that was copied" },
      heir: {
        fields: {
          pid: { kind: "integer", meaning: "process id in the initial pid namespace" },
          tid: { kind: "integer", meaning: "thread id in the initial pid namespace" },
          start_ns: { kind: "decimal", meaning: "start of the process, CLOCK_BOOTTIME in ns" },
        },
        meaning: "who has the copy: the child of a fork, or the caller itself",
      },
    },
  },
  "pidfd.send": {
    meaning:
      "The file of a slot was put into a message (SCM_RIGHTS), which holds it until it is received or dropped",
    fields: { ...OBSERVED_FIELDS, ...SLOT_FIELDS },
  },
  "pidfd.receive": {
    meaning: "The file came out of a socket (SCM_RIGHTS)",
    fields: {
      ...OBSERVED_FIELDS,
      ...SLOT_FIELDS,
      sent_seq: {
        kind: "integer",
        nullable: true,
        meaning:
          "`seq` of the pidfd.send that it comes from: the earliest that was not received yet, else the last",
      },
    },
  },
  "pidfd.getfd": {
    meaning: "The file was taken from another process by pidfd_getfd",
    fields: { ...OBSERVED_FIELDS, ...SLOT_FIELDS },
  },
  "pidfd.use": {
    meaning: "A pidfd was used",
    fields: {
      ...OBSERVED_FIELDS,
      file: { kind: "text", meaning: "this run's name for the `struct file`" },
      use: {
        values: [
          "poll",
          "waitid",
          "send_signal",
          "setns",
          "getfd",
          "ioctl",
          "process_madvise",
          "process_mrelease",
          "other",
        ],
        meaning:
          "what it was used for; poll is select and epoll too; poll and setns ask the pidfd once or more in a call",
      },
      uses: { kind: "integer", meaning: "uses of this kind of this file so far, this one among them" },
      by: { kind: "text", nullable: true, meaning: "name of the system call; null where it is not known" },
      command: { kind: "text", nullable: true, meaning: "the command of an ioctl, in hex" },
      target: { fields: TARGET_FIELDS, meaning: "the process that the pidfd names" },
    },
  },
  "pidfd.close": {
    meaning: "A slot was emptied; the pidfd is gone when its last reference goes (pidfd.release)",
    fields: {
      ...OBSERVED_FIELDS,
      ...SLOT_FIELDS,
      cause: {
        values: ["close", "close_range", "dup2", "exec", "exit", "io_uring", "unknown"],
        meaning: "what emptied it; dup2: another file took the number",
      },
      opened_by: {
        kind: "integer",
        nullable: true,
        meaning: "`seq` of the event that filled the slot, when that was seen",
      },
    },
  },
  "pidfd.stack": {
    meaning: "From where in user space the next event that fills a slot is caused",
    fields: {
      ...OBSERVED_FIELDS,
      table: SLOT_FIELDS.table,
      fd: SLOT_FIELDS.fd,
      stack: { kind: "text", meaning: "this run's name for the stack of that process" },
      frames: {
        kind: "texts",
        meaning:
          "the frames, the innermost first: symbol, offset and module, or an address that bpftrace has no name for",
      },
    },
  },
  "pidfd.close_again": {
    meaning:
      "A number that was a pidfd's is closed again by the same program: it was free, or another thread had filled it",
    fields: {
      ...OBSERVED_FIELDS,
      table: SLOT_FIELDS.table,
      fd: SLOT_FIELDS.fd,
      held: {
        values: ["nothing", "pidfd", "other"],
        meaning:
          "what the number held: nothing, so that the call failed with EBADF; a pidfd; another kind of file",
      },
      closed_by: { kind: "integer", meaning: "the thread that closed the pidfd" },
      closed_ns: { kind: "decimal", meaning: "when that was, CLOCK_BOOTTIME in ns" },
      filled_by: {
        kind: "integer",
        nullable: true,
        meaning: "the thread that filled the slot since; null for none",
      },
      by: { kind: "text", nullable: true, meaning: "name of the system call; null where it is not known" },
      doubtful: { kind: "boolean", meaning: "whether something was lost between the two" },
    },
  },
} as const satisfies { readonly [type: string]: PublishedEvent };
