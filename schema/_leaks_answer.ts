/** What `leaks --now --json` prints. */

import { ORIGINS } from "./event_parts.ts";
import type { PublishedEvent, PublishedFields } from "./field.ts";

/** What became of a target. */
export const TARGET_STATES = ["alive", "zombie", "reaped", "outside"] as const;

/** Some pidfds of a process that lead to one target. */
const HELD_TARGET_FIELDS = {
  pid: {
    kind: "integer",
    nullable: true,
    meaning: "the target's number as the target host counts; `null` when it was waited for, or is outside",
  },
  state: {
    values: TARGET_STATES,
    meaning:
      "zombie: it has ended; reaped: it was waited for too; outside: not in the reader's pid namespace",
  },
  fds: {
    kind: "integers",
    meaning: "the fds that lead to it, or to those of them that have no number any more",
  },
} as const satisfies PublishedFields;

/** A process that holds pidfds. */
export const HOLDER_ANSWER = {
  meaning: "Leaks: a process that holds pidfds at this moment, as /proc tells it",
  fields: {
    pid: { kind: "integer", meaning: "the holder" },
    start_ticks: {
      kind: "decimal",
      nullable: true,
      meaning: "its start in clock ticks since boot; `null` when it has ended meanwhile",
    },
    comm: { kind: "text", nullable: true, meaning: "its name; `null` when it was not read" },
    uid: { kind: "integer", nullable: true, meaning: "its real user id" },
    cgroup: { kind: "text", nullable: true, meaning: "the path of its cgroup that names it best" },
    container: {
      kind: "text",
      nullable: true,
      meaning: "id of its container; `null` when it is in none that is known",
    },
    pidfds: { kind: "integer", meaning: "how many pidfds it holds" },
    dead: { kind: "integer", meaning: "how many of them lead to a process that has ended" },
    outside: {
      kind: "integer",
      meaning: "how many lead out of the reader's pid namespace: nobody can tell of those",
    },
    open: { kind: "integer", nullable: true, meaning: "how many fds of any kind it has open" },
    limit: {
      kind: "integer",
      nullable: true,
      meaning: "its soft limit of RLIMIT_NOFILE; `null`: none, or not read",
    },
    headroom: { kind: "integer", nullable: true, meaning: "how many more fds it may open" },
    targets: { items: HELD_TARGET_FIELDS, meaning: "what its pidfds lead to, most pidfds first" },
  },
} as const satisfies PublishedEvent;

/** What follows from all of them. */
export const LEAKS_NOW_ANSWER = {
  meaning: "Leaks --now: its last line, what follows from all holders",
  fields: {
    holders: { kind: "integer", meaning: "processes that hold pidfds" },
    shown: { kind: "integer", meaning: "how many of them were printed" },
    pidfds: { kind: "integer", meaning: "pidfds that all of them hold" },
    dead: { kind: "integer", meaning: "how many of those lead to a process that has ended" },
    outside: { kind: "integer", meaning: "how many lead out of the reader's pid namespace" },
    missing: { kind: "texts", meaning: "what could not be looked at, one sentence each" },
    failed_on: { kind: "texts", meaning: "what was found of that which --fail-on names" },
    exit_code: {
      kind: "integer",
      meaning:
        "the exit code of leaks: 1 when --fail-on found something, 4 when it could not look everywhere",
    },
  },
} as const satisfies PublishedEvent;

/** Pidfds of one holder that came about alike. */
export const LEAK_ANSWER = {
  meaning: "Leaks: pidfds that came about alike, or numbers that were closed twice, at the end of a run",
  fields: {
    pid: {
      kind: "integer",
      nullable: true,
      meaning: "the holder; `null` where nobody told who it is, and for several",
    },
    holders: { kind: "integer", meaning: "how many processes hold them" },
    start_ns: { kind: "decimal", nullable: true, meaning: "its start, CLOCK_BOOTTIME in ns" },
    comm: { kind: "text", nullable: true, meaning: "its name when it came to the first of them" },
    container: { kind: "text", nullable: true, meaning: "id of its container; `null` where none is known" },
    cgroup: {
      kind: "text",
      nullable: true,
      meaning: "path of its cgroup v2; `null` where that was not told",
    },
    stack: {
      kind: "texts",
      nullable: true,
      meaning:
        "from where in user space the first was filled, the innermost frame first: symbol and module, or module and " +
        "offset, or an address; `null` where that was not told",
    },
    origin: {
      values: ORIGINS,
      nullable: true,
      meaning: "what made the pidfds; `null` where that was not seen",
    },
    way: {
      values: ["opened", "found", "dup", "inherited", "received", "getfd", "closed"],
      meaning:
        "how the holder came to them; found: they were there before the probes; closed: their numbers were closed twice",
    },
    rule: { kind: "text", nullable: true, meaning: "id of the rule that is broken; `null` when none is" },
    statement: { kind: "text", nullable: true, meaning: "the rule in one sentence" },
    verdict: { values: ["broken", "undetermined", "holds"], meaning: "what can be said" },
    certainty: {
      values: ["certain", "suspected"],
      nullable: true,
      meaning:
        "of numbers that were closed twice: certain where the number was free; `null` for pidfds that are held",
    },
    reasons: { kind: "texts", meaning: "why it cannot be told" },
    family: { kind: "text", nullable: true, meaning: "id of the family of leaks that it looks like" },
    says: { kind: "text", nullable: true, meaning: "what the program did, one sentence" },
    advice: { kind: "text", nullable: true, meaning: "what to change, one sentence" },
    reports: { kind: "texts", meaning: "leaks of that family that were reported in public" },
    pidfds: { kind: "integer", meaning: "how many pidfds there are" },
    dead: { kind: "integer", meaning: "how many of them lead to processes that have ended" },
    left: {
      kind: "integer",
      meaning:
        "how many a process of the command left open when it ended, of processes that had ended before",
    },
    suspects: {
      kind: "integer",
      meaning: "how many break a rule by their age; how many numbers were closed twice",
    },
    oldest_ns: {
      kind: "decimal",
      meaning: "for how long the oldest one is held, ns; at most since the probes",
    },
    growth: {
      values: ["bounded", "growing", "young", "unknown"],
      meaning: "young: a garbage collector may not have run yet; unknown: watched for too short a time",
    },
    per_hour: {
      kind: "integer",
      nullable: true,
      meaning: "how many more there are each hour; `null` unless it grows",
    },
    open: { kind: "integer", nullable: true, meaning: "how many fds of any kind the holder has open" },
    limit: {
      kind: "integer",
      nullable: true,
      meaning: "its soft limit of RLIMIT_NOFILE; `null`: none, or not read",
    },
    headroom: { kind: "integer", nullable: true, meaning: "how many more fds it may open" },
    emfile_s: { kind: "integer", nullable: true, meaning: "seconds until it may open no more, at that rate" },
    evidence: { kind: "integers", meaning: "`seq` of the events that filled the first of the slots" },
  },
} as const satisfies PublishedEvent;

/** What a run cost. */
const COST_FIELDS = {
  wall_ms: {
    kind: "integer",
    meaning:
      "milliseconds in which the times below were used: from the first look, behind the attaching, to the last",
  },
  target_attach_cpu_ms: {
    kind: "integer",
    nullable: true,
    meaning: "processor time that bpftrace had used on the target when it was attached, ms",
  },
  target_cpu_ms: {
    kind: "integer",
    nullable: true,
    meaning:
      "processor time that bpftrace used there from then on, ms; what its programs use in the kernel is not in it",
  },
  target_programs_cpu_ms: {
    kind: "integer",
    nullable: true,
    meaning:
      "what its programs used in the kernel, ms; `null` unless `kernel.bpf_stats_enabled` is on there already",
  },
  own_cpu_ms: {
    kind: "integer",
    meaning: "processor time that trace-clone used here, ms, without that of ssh and of a guest",
  },
  own_heap_bytes: { kind: "integer", meaning: "its heap in use at the end, in bytes, garbage included" },
} as const satisfies PublishedFields;

/** What follows from a run. */
export const LEAKS_ANSWER = {
  meaning: "Leaks: its last line, what follows from the run",
  fields: {
    groups: { kind: "integer", meaning: "groups of pidfds that are held" },
    shown: { kind: "integer", meaning: "how many of them were printed" },
    broken: { kind: "integer", meaning: "groups that break a rule" },
    undetermined: { kind: "integer", meaning: "groups of which it cannot be told" },
    pidfds: {
      kind: "integer",
      nullable: true,
      meaning: "pidfds that are held; `null` where that is not told",
    },
    dead: { kind: "integer", nullable: true, meaning: "how many of those lead to processes that have ended" },
    watched_ns: { kind: "decimal", meaning: "how long was watched, ns" },
    harmless: {
      kind: "texts",
      meaning: "what looks like a leak and is none, one sentence for each kind that was met",
    },
    command_status: {
      kind: "integer",
      nullable: true,
      meaning: "exit status of the command; `null` without one, and when it did not end by itself",
    },
    cost: {
      fields: COST_FIELDS,
      nullable: true,
      meaning: "what the run cost; `null` for a recording; a time in it is `null` where it is not known",
    },
    not_seen: { kind: "texts", meaning: "what this run did not see, one sentence each" },
    reason: { kind: "text", meaning: "why the run ended" },
    complete: { kind: "boolean", meaning: "whether everything up to there was seen" },
    exit_code: { kind: "integer", meaning: "the exit code of leaks" },
  },
} as const satisfies PublishedEvent;
