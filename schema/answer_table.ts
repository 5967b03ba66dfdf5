/**
 * What `doctor`, `plan`, `matrix`, `confirm`, `leaks --now` and `profile` print with `--json`, as data: the source of the
 * types, the JSON Schema and the documentation.
 *
 * @module
 */

import { CONFIRM_ANSWER, LIKENESSES } from "./_confirm_answer.ts";
import { HOLDER_ANSWER, LEAK_ANSWER, LEAKS_ANSWER, LEAKS_NOW_ANSWER } from "./_leaks_answer.ts";
import { PROFILE_ANSWER, PROFILE_DIFF_ANSWER } from "./_profile_answer.ts";
import type { PublishedEvent, PublishedFields, PublishedObject } from "./field.ts";

const LAWS = ["per-file", "per-inode"] as const;

/** The fields that every answer begins with. */
export const ANSWER_FIELDS = {
  schema: { values: ["trace-clone/1"], meaning: "name and version of this format" },
  type: { kind: "text", meaning: "the type of answer" },
  host: { kind: "text", meaning: "the target as the user wrote it" },
} as const satisfies PublishedFields;

/** How many there were, and how many of them were seen. */
const SHARE_FIELDS = {
  made: { kind: "integer", meaning: "how many there were, as the program says that made them" },
  seen: { kind: "integer", meaning: "how many of them the kernel told of, as they should be" },
} as const satisfies PublishedFields;

/** The calls whose path is shown. */
const PATH_FIELDS = {
  clone: { kind: "text", nullable: true, meaning: "clone with CLONE_PIDFD" },
  clone3: { kind: "text", nullable: true, meaning: "clone3 with CLONE_PIDFD" },
  pidfd_open: { kind: "text", nullable: true, meaning: "pidfd_open" },
  close: {
    kind: "text",
    nullable: true,
    meaning: "close of a process's only pidfd, up to its next system call",
  },
} as const satisfies PublishedFields;

/** What confirm says of its rules. */
const RULES_FIELDS = {
  holds: { kind: "texts", meaning: "ids of the rules that hold" },
  broken: { kind: "texts", meaning: "ids of those that are broken" },
  undetermined: { kind: "texts", meaning: "ids of those of which it cannot be told" },
  not_exercised: {
    kind: "texts",
    meaning: "ids of those that were not put to the test, or are not in force",
  },
} as const satisfies PublishedFields;

/** The answers by type. */
export const ANSWER_TABLE = {
  "check": {
    meaning: "Doctor: whether the target has one thing",
    fields: {
      id: {
        kind: "text",
        meaning: "name of the check, such as tracefs; `places` is what the plan itself misses",
      },
      title: { kind: "text", meaning: "its name for people" },
      answer: { values: ["yes", "no", "unknown"], meaning: "whether the target has it" },
      needed: { kind: "boolean", meaning: "whether there is no plan without it" },
      blocks: { kind: "boolean", meaning: "whether there is no plan because of it" },
      says: { kind: "text", meaning: "what was found, one sentence" },
      remedy: { kind: "text", nullable: true, meaning: "what to do about it, a sentence or a command" },
    },
  },
  "verdict": {
    meaning: "Doctor's last line: whether the target can be traced",
    fields: {
      release: { kind: "text", meaning: "`uname -r` of the target" },
      machine: { kind: "text", meaning: "`uname -m` of the target" },
      plan: { kind: "boolean", meaning: "whether there is a plan" },
      probes: { kind: "integer", nullable: true, meaning: "probes of the plan" },
      generation: { kind: "text", nullable: true, meaning: "how this kernel makes pidfds, of the plan" },
      law: { values: LAWS, nullable: true, meaning: "what holds one `struct pid` reference, of the plan" },
      blocked_by: { kind: "texts", meaning: "`id` of the checks that stand in the way, each once" },
      command: { kind: "text", nullable: true, meaning: "a command that works where this target does not" },
      exit_code: { kind: "integer", meaning: "the exit code of doctor: 0 with a plan, 3 without" },
    },
  },
  "plan": {
    meaning: "Plan: what trace would do",
    fields: {
      release: { kind: "text", meaning: "`uname -r` of the target" },
      generation: { kind: "text", meaning: "how this kernel makes pidfds, such as G3 (pidfs)" },
      law: { values: LAWS, meaning: "what holds one `struct pid` reference" },
      probes: { kind: "texts", meaning: "the probes that would be attached" },
      ladder: {
        kind: "texts",
        meaning:
          "how each thing is seen: by fentry, kprobe, tracepoint or not at all, where, and why not better",
      },
      cannot_see: { kind: "texts", meaning: "what this plan does not see, one sentence each" },
      left_out: {
        kind: "texts",
        meaning: "what the program leaves out for a filter, one sentence each",
      },
      doubts: { kind: "texts", meaning: "what is needed and could not be found out, one sentence each" },
      buffer_bytes: { kind: "integer", meaning: "kernel memory of all ring buffers, at most" },
      tracked_max: { kind: "integer", meaning: "processes that are followed at once, at most" },
      deadline_s: { kind: "integer", meaning: "seconds after which the run ends when nothing else is said" },
      events_max: { kind: "integer", meaning: "events after which the run ends when nothing else is said" },
      program: { kind: "text", meaning: "the program for bpftrace" },
    },
  },
  "kernel": {
    meaning: "Matrix: what one kernel of the lab did; `null` where it was not found out",
    fields: {
      kernel: { kind: "text", meaning: "its name in the lab, such as 6.1+bookworm" },
      release: { kind: "text", nullable: true, meaning: "`uname -r` of the guest" },
      bpftrace: { kind: "text", nullable: true, meaning: "version of bpftrace there" },
      generation: {
        kind: "text",
        nullable: true,
        meaning: "how this kernel makes pidfds, such as G3 (pidfs)",
      },
      law: { values: LAWS, nullable: true, meaning: "what holds one `struct pid` reference" },
      births: { fields: SHARE_FIELDS, nullable: true, meaning: "pidfds that were made" },
      releases: { fields: SHARE_FIELDS, nullable: true, meaning: "pidfds whose last reference went" },
      counts: {
        fields: SHARE_FIELDS,
        nullable: true,
        meaning: "`pid->count` after each birth and each release; seen: those that are what the law says",
      },
      failures: { fields: SHARE_FIELDS, nullable: true, meaning: "calls that had to fail" },
      lost: { kind: "integer", nullable: true, meaning: "records known to be lost" },
      rules: { fields: RULES_FIELDS, nullable: true, meaning: "what confirm says of its rules there" },
      behaves_like: {
        values: LIKENESSES,
        nullable: true,
        meaning: "the generation that its behaviour is that of; null where that cannot be told",
      },
      missing: {
        kind: "texts",
        nullable: true,
        meaning: "commits of the fixes of the first pidfds that its behaviour lacks",
      },
      verdict: {
        values: ["holds", "broken", "undetermined", "cannot-run"],
        meaning: "whether the law of references and every rule held",
      },
      reasons: { kind: "texts", meaning: "why it is not `holds`, one sentence each" },
      paths: {
        fields: PATH_FIELDS,
        nullable: true,
        meaning: "functions that each call entered, in their order, of those that are looked at",
      },
      probes: { kind: "texts", meaning: "the probes that were attached" },
      ladder: {
        kind: "texts",
        meaning: "how each thing is seen, what that loses, and why it is not seen better",
      },
      cannot_see: { kind: "texts", meaning: "what is not seen there, one sentence each" },
    },
  },
  "matrix": {
    meaning: "Matrix's last line: what follows from all kernels",
    fields: {
      kernels: { kind: "integer", meaning: "kernels that were asked for" },
      holds: { kind: "integer", meaning: "kernels where the law and the rules held" },
      broken: { kind: "integer", meaning: "kernels where a rule is broken" },
      undetermined: { kind: "integer", meaning: "kernels where it cannot be told" },
      cannot_run: { kind: "integer", meaning: "kernels that could not be tried" },
      exit_code: {
        kind: "integer",
        meaning:
          "the exit code of matrix: 1 broken, 3 when no kernel could be tried, 4 undetermined or not all tried",
      },
    },
  },
  "confirm": CONFIRM_ANSWER,
  "holder": HOLDER_ANSWER,
  "leak": LEAK_ANSWER,
  "leaks": LEAKS_ANSWER,
  "leaks-now": LEAKS_NOW_ANSWER,
  "profile": PROFILE_ANSWER,
  "profile-diff": PROFILE_DIFF_ANSWER,
} as const satisfies { readonly [type: string]: PublishedEvent };

/** A type of answer. */
export type AnswerType = keyof typeof ANSWER_TABLE;

/** One answer as it is printed. */
export type Answer<T extends AnswerType = AnswerType> = {
  [K in T]:
    & PublishedObject<Omit<typeof ANSWER_FIELDS, "type">>
    & { readonly type: K }
    & PublishedObject<(typeof ANSWER_TABLE)[K]["fields"]>;
}[T];
