/**
 * Every published event, as data: the source of the TypeScript types, the JSON Schema and the documentation.
 *
 * @module
 */

import { COUNT_FIELDS, OBSERVED_FIELDS, ORIGINS, TARGET_FIELDS } from "./event_parts.ts";
import type { COMMON_FIELDS } from "./event_parts.ts";
import { SLOT_EVENTS } from "./_slot_events.ts";
import type { PublishedEvent, PublishedObject } from "./field.ts";

/** The verdicts of a finding. */
export const VERDICTS = ["holds", "broken", "undetermined", "not-exercised"] as const;

/** The published events by type. */
export const EVENT_TABLE = {
  "start": {
    meaning: "The first line: what is traced, how, and what cannot be seen",
    fields: {
      tool: { kind: "text", meaning: "name and version of the tool" },
      targets: {
        kind: "texts",
        meaning: "all targets of this run as the user wrote them; each has its own start, `seq` and end",
      },
      boot_id: { kind: "text", meaning: "/proc/sys/kernel/random/boot_id of the target" },
      release: { kind: "text", meaning: "`uname -r` of the target" },
      machine: { kind: "text", meaning: "`uname -m` of the target" },
      cpus: { kind: "integer", meaning: "CPUs that are online" },
      clock: { values: ["boottime"], meaning: "the clock of every `ktime_ns`" },
      utc_offset_ns: { kind: "decimal", meaning: "UTC in ns since 1970 minus CLOCK_BOOTTIME; within 1 ms" },
      generation: { kind: "text", meaning: "how this kernel makes pidfds, such as G3 (pidfs)" },
      law: { values: ["per-file", "per-inode"], meaning: "what holds one `struct pid` reference" },
      bpftrace: { kind: "text", meaning: "version of bpftrace on the target" },
      buffer_pages: { kind: "integer", meaning: "ring buffer asked for, in pages of 4 KiB" },
      probes: { kind: "texts", meaning: "the probes that are attached" },
      cannot_see: { kind: "texts", meaning: "what this plan does not see, one sentence each" },
      command: { kind: "texts", nullable: true, meaning: "the command that runs, or null" },
      command_pid: { kind: "integer", nullable: true, meaning: "its process id on the target" },
      deadline_s: { kind: "integer", meaning: "seconds after which the run ends by itself" },
      events_max: { kind: "integer", meaning: "events after which the run ends by itself" },
    },
  },
  "pidfd.create": {
    meaning: "A pidfd came into being",
    fields: {
      ...OBSERVED_FIELDS,
      origin: {
        values: ORIGINS,
        meaning:
          "what made it; baseline: it was there before the probes; other: what the task was doing does not tell",
      },
      file: { kind: "text", nullable: true, meaning: "this run's name for the `struct file`" },
      fd: { kind: "integer", nullable: true, meaning: "the number in the caller's fd table" },
      inode: { kind: "decimal", nullable: true, meaning: "`i_ino` of the file" },
      flags: {
        kind: "texts",
        nullable: true,
        meaning: "flags of the open file, as open(2) names them; null where they were not read",
      },
      released_seq: {
        kind: "integer",
        nullable: true,
        meaning: "`seq` of its pidfd.release, when another thread closed it before the call returned",
      },
      target: { fields: TARGET_FIELDS, meaning: "the process that the pidfd names" },
      count: { fields: COUNT_FIELDS, meaning: "`struct pid`'s counter" },
    },
  },
  ...SLOT_EVENTS,
  "pidfd.release": {
    meaning: "The last reference of a pidfd's file went: the pidfd is gone",
    fields: {
      ...OBSERVED_FIELDS,
      file: { kind: "text", meaning: "this run's name for the `struct file`" },
      inode: {
        kind: "decimal",
        nullable: true,
        meaning: "`i_ino` of the file; null where it was not read",
      },
      last_of_inode: {
        kind: "boolean",
        nullable: true,
        meaning:
          "whether the inode of the target went with it, and so the reference that it held; null when that is " +
          "not known, and on kernels without pidfs, where each file drops a reference of its own",
      },
      created_seq: {
        kind: "integer",
        nullable: true,
        meaning:
          "`seq` of its pidfd.create, when that was seen; of the clone.failed that left it open, when that did",
      },
      lifetime_ns: { kind: "decimal", nullable: true, meaning: "time since it was made, ns" },
      target: { fields: TARGET_FIELDS, meaning: "the process that the pidfd named" },
      count: { fields: COUNT_FIELDS, meaning: "`struct pid`'s counter" },
    },
  },
  "clone.failed": {
    meaning: "clone or clone3 with CLONE_PIDFD failed",
    fields: {
      ...OBSERVED_FIELDS,
      origin: { values: ["clone", "clone3", "other"], meaning: "the call; other where it cannot be told" },
      errno: { kind: "text", meaning: "name of the error" },
      stage: {
        values: ["arguments", "before-pid", "pidfd", "put_user", "after-pidfd"],
        meaning:
          "how far it came: argument checks, before a pid was allocated, making the pidfd, handing the " +
          "number to user space, or later",
      },
      integer: { kind: "integer", nullable: true, meaning: "what the user's integer holds afterwards" },
      file: { kind: "text", nullable: true, meaning: "the file that was made, never installed, and must go" },
      file_released: { kind: "boolean", nullable: true, meaning: "whether that file was released again" },
      pid_dropped: {
        kind: "boolean",
        nullable: true,
        meaning: "whether its `struct pid` lost the file's reference",
      },
      count: {
        fields: COUNT_FIELDS,
        nullable: true,
        meaning: "counter of the `struct pid` that was given up",
      },
    },
  },
  "open.failed": {
    meaning: "pidfd_open failed",
    fields: {
      ...OBSERVED_FIELDS,
      errno: { kind: "text", meaning: "name of the error" },
      asked_pid: { kind: "integer", meaning: "the pid argument, as the caller's pid namespace counts" },
      flags: { kind: "texts", meaning: "the flags argument" },
    },
  },
  "process.start": {
    meaning: "A process of the followed tree made another one",
    fields: {
      ...OBSERVED_FIELDS,
      child_pid: { kind: "integer", meaning: "process id of the new process" },
      child_start_ns: { kind: "decimal", meaning: "its start, CLOCK_BOOTTIME in ns" },
    },
  },
  "process.exit": {
    meaning: "A process that a pidfd names has ended: its last thread exits",
    fields: {
      ...OBSERVED_FIELDS,
      exit_status: {
        kind: "integer",
        nullable: true,
        meaning: "exit status, 0 to 255; null when a signal ended it",
      },
      exit_signal: { kind: "integer", nullable: true, meaning: "number of the signal that ended it" },
      target: { fields: TARGET_FIELDS, meaning: "the process" },
      count: { fields: COUNT_FIELDS, meaning: "`struct pid`'s counter" },
    },
  },
  "process.reap": {
    meaning: "A process that a pidfd names was waited for",
    fields: {
      ...OBSERVED_FIELDS,
      target: { fields: TARGET_FIELDS, meaning: "the process" },
      count: { fields: COUNT_FIELDS, meaning: "`struct pid`'s counter" },
    },
  },
  "pid.free": {
    meaning: "A `struct pid` that a pidfd named was freed: its count reached 0",
    fields: {
      ...OBSERVED_FIELDS,
      by: {
        values: ["hash", "inode", "file", "other"],
        meaning: "the holder that dropped the last reference",
      },
      target: { fields: TARGET_FIELDS, meaning: "the process" },
      count: { fields: COUNT_FIELDS, meaning: "`struct pid`'s counter" },
    },
  },
  "finding": {
    meaning: "A rule that a step broke, or that could not be judged",
    fields: {
      rule: { kind: "text", meaning: "id of the rule" },
      verdict: { values: VERDICTS, meaning: "what can be said" },
      statement: { kind: "text", meaning: "the rule in one sentence" },
      expected: { kind: "text", meaning: "what should have been" },
      observed: { kind: "text", meaning: "what was" },
      evidence: { kind: "integers", meaning: "`seq` of the events that show it" },
      next: { kind: "text", meaning: "what to do next" },
    },
  },
  "lost": {
    meaning: "Something was not seen: what depends on it is undetermined",
    fields: {
      reason: {
        values: [
          "buffer-full",
          "gap",
          "late",
          "undecodable",
          "probe-error",
          "silenced",
          "missed-probe",
          "map-full",
          "differs",
        ],
        meaning:
          "bpftrace dropped events; numbers are missing; an event came after its place; a line could not " +
          "be read; a probe reported an error; probes were switched off; a probe was passed and did not run; " +
          "more processes had pidfds than are followed at once; /proc shows other pidfds than were told of",
      },
      events: { kind: "integer", nullable: true, meaning: "how many, when that is known" },
      cpu: { kind: "integer", nullable: true, meaning: "the CPU, when it is known" },
      from_ns: {
        kind: "decimal",
        nullable: true,
        meaning: "begin of the doubtful window, CLOCK_BOOTTIME in ns",
      },
      to_ns: { kind: "decimal", nullable: true, meaning: "end of the doubtful window, CLOCK_BOOTTIME in ns" },
      detail: { kind: "text", meaning: "what was seen of it" },
    },
  },
  "summary": {
    meaning: "Totals and the trust ledger",
    fields: {
      created: { kind: "integer", meaning: "pidfds made" },
      released: { kind: "integer", meaning: "pidfds released" },
      open: {
        kind: "integer",
        nullable: true,
        meaning: "pidfds made and not released; null where releases are not seen",
      },
      baseline_released: { kind: "integer", meaning: "pidfds released whose birth was before the probes" },
      clone_failed: { kind: "integer", meaning: "failed calls of clone and clone3 with CLONE_PIDFD" },
      open_failed: { kind: "integer", meaning: "failed calls of pidfd_open" },
      targets: { kind: "integer", meaning: "processes that were named by a pidfd" },
      targets_exited: { kind: "integer", meaning: "those that ended" },
      targets_freed: { kind: "integer", meaning: "those whose `struct pid` was freed" },
      counts_checked: { kind: "integer", meaning: "counts compared with the known holders" },
      counts_equal: { kind: "integer", meaning: "those that were equal" },
      counts_above: {
        kind: "integer",
        meaning: "those that were higher: somebody else held the process too",
      },
      findings: { kind: "integer", meaning: "rules broken" },
      undetermined: { kind: "integer", meaning: "judgements that losses made impossible" },
      records: { kind: "integer", meaning: "records that arrived from the kernel" },
      lost: {
        kind: "integer",
        nullable: true,
        meaning: "records known to be lost; null when some were lost uncounted",
      },
      late: { kind: "integer", meaning: "records that arrived after their place" },
      baseline: {
        kind: "integer",
        nullable: true,
        meaning:
          "slots that held a pidfd before the probes; null where slots are not watched or could not be listed",
      },
      proc_agreed: {
        kind: "integer",
        nullable: true,
        meaning: "slots that /proc shows at the end as they were told; null when /proc was not compared",
      },
      proc_only: { kind: "integer", nullable: true, meaning: "pidfds that only /proc shows" },
      proc_lacks: {
        kind: "integer",
        nullable: true,
        meaning:
          "slots that should be open and that /proc does not show; null also when not all of it could be read",
      },
      proc_changed: { kind: "integer", nullable: true, meaning: "slots that changed while /proc was read" },
      unmatched: { kind: "integer", meaning: "records that fit no known lifecycle" },
      missed: {
        kind: "integer",
        nullable: true,
        meaning:
          "lasting differences between probes that must agree, added up: what both of two missed is in none, and " +
          "one program that was not run can be in two; null when none were compared",
      },
      recursion_misses: {
        kind: "integer",
        nullable: true,
        meaning:
          "times that the kernel passed a program over because it, or another of its kind, was running on that CPU " +
          "already; kprobes that no verdict rests on are in it as far as they are counted; null when it is not known",
      },
      witnesses_compared: { kind: "integer", meaning: "comparisons of probes that must agree" },
      witnesses_differing: { kind: "integer", meaning: "those that showed a lasting difference" },
      not_known: {
        kind: "texts",
        meaning:
          "why a number of this ledger is null, and what was left out for nothing tells whose it is, " +
          "one sentence each",
      },
    },
  },
  "end": {
    meaning: "The last line; without it the stream was cut",
    fields: {
      reason: { kind: "text", meaning: "why the run ended" },
      complete: { kind: "boolean", meaning: "whether everything up to that reason was seen" },
      exit_code: { kind: "integer", meaning: "this tool's own exit code, before that of a command" },
      command_status: { kind: "integer", nullable: true, meaning: "exit status of the command, or null" },
    },
  },
} as const satisfies { readonly [type: string]: PublishedEvent };

/** The type of a published event. */
export type EventType = keyof typeof EVENT_TABLE;

/** The fields that a published event of type `T` has of its own. */
export type EventBody<T extends EventType> = PublishedObject<(typeof EVENT_TABLE)[T]["fields"]>;

/** A published event of type `T`. */
export type TraceEvent<T extends EventType = EventType> = {
  [K in T]: PublishedObject<typeof COMMON_FIELDS> & { readonly type: K } & EventBody<K>;
}[T];
