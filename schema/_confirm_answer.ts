/** What `confirm --json` prints: every verdict with all that it rests on. */

import type { PublishedEvent, PublishedFields } from "./field.ts";

const VERDICTS = ["holds", "broken", "undetermined", "not-exercised"] as const;

/** What user space saw of one call; the names are those of the stimulus, and so are the fields that do not apply. */
const FACT_FIELDS = {
  scenario: { kind: "text", meaning: "the provocation" },
  fact: { kind: "text", meaning: "what was tried" },
  call: { kind: "text", meaning: "the call, or `fdinfo`, `walk`, `end`, `left` and the like" },
  round: { kind: "integer", meaning: "round, from 0" },
  pid: { kind: "integer", meaning: "the caller, as its own pid namespace numbers it" },
  tid: { kind: "integer", meaning: "its thread, in the same numbering" },
  from_ns: { kind: "decimal", nullable: true, meaning: "CLOCK_BOOTTIME right before" },
  to_ns: { kind: "decimal", nullable: true, meaning: "right after; null when it did not come back" },
  flags: {
    kind: "integer",
    nullable: true,
    meaning: "the argument, with the exit signal for clone and clone3",
  },
  ret: { kind: "integer", nullable: true, meaning: "what it returned, -1 when it failed" },
  errno: { kind: "integer", nullable: true, meaning: "0 on success" },
  target_pid: { kind: "integer", nullable: true, meaning: "child or target, in the caller's pid namespace" },
  integer_before: { kind: "integer", nullable: true, meaning: "what the user's integer held before" },
  integer_after: { kind: "integer", nullable: true, meaning: "what it held after" },
  parent_tid: { kind: "integer", nullable: true, meaning: "what the one of CLONE_PARENT_SETTID held after" },
  open_fds_before: { kind: "integer", nullable: true, meaning: "open descriptors below 1024 before" },
  open_fds_after: { kind: "integer", nullable: true, meaning: "the same after" },
  has_child: {
    kind: "integer",
    nullable: true,
    meaning: "1 when the caller has a child after it, 0 when not",
  },
  fd: { kind: "integer", nullable: true, meaning: "the descriptor that was made, used or asked about" },
  fd_flags: { kind: "integer", nullable: true, meaning: "F_GETFD of it" },
  fl_flags: { kind: "integer", nullable: true, meaning: "F_GETFL of it" },
  mode: { kind: "integer", nullable: true, meaning: "st_mode" },
  ino: { kind: "decimal", nullable: true, meaning: "st_ino" },
  dev: { kind: "decimal", nullable: true, meaning: "st_dev" },
  link: { kind: "text", nullable: true, meaning: "where its link in /proc/self/fd points, escaped" },
  fdinfo: {
    kind: "text",
    nullable: true,
    meaning: "text of its fdinfo, escaped but for line end and tabulator",
  },
  timeout_ms: { kind: "integer", nullable: true, meaning: "longest time that a poll may take" },
  events: { kind: "integer", nullable: true, meaning: "what a poll asked for" },
  revents: { kind: "integer", nullable: true, meaning: "what it was told" },
  si_pid: { kind: "integer", nullable: true, meaning: "what waitid told: the process" },
  si_code: { kind: "integer", nullable: true, meaning: "how it ended" },
  si_status: { kind: "integer", nullable: true, meaning: "exit status or signal" },
  numbers: { kind: "integers", nullable: true, meaning: "numbers whose meaning the fact's name tells" },
  errnos: {
    kind: "counts",
    nullable: true,
    meaning: "of many calls, how many gave which errno; 0 is success",
  },
} as const satisfies PublishedFields;

/** One step of a call inside of the kernel. */
const STEP_FIELDS = {
  function: { kind: "text", meaning: "the function" },
  returned: { kind: "boolean", meaning: "whether it returned; otherwise it was entered" },
  value: {
    kind: "integer",
    meaning: "what it was given or returned; docs/rules.md says what of each function",
  },
  detail: { kind: "integer", meaning: "a second number; see there" },
  pid: {
    kind: "text",
    nullable: true,
    meaning:
      "a name for the `struct pid`, the same within the steps of one fact, or the error that stands in its place",
  },
  file: { kind: "text", nullable: true, meaning: "the same for the `struct file`" },
  tid: { kind: "integer", meaning: "the thread" },
  ktime_ns: { kind: "decimal", meaning: "CLOCK_BOOTTIME of the target" },
} as const satisfies PublishedFields;

/** Something that a verdict rests on; one of the three is there. */
const EXHIBIT_FIELDS = {
  kind: { values: ["fact", "step", "event"], meaning: "which of the three it is" },
  fact: {
    fields: FACT_FIELDS,
    nullable: true,
    meaning: "what user space saw; the steps after it are of that call",
  },
  step: { fields: STEP_FIELDS, nullable: true, meaning: "what the kernel did" },
  seq: { kind: "integer", nullable: true, meaning: "what the model said: `seq` of one of `events`" },
} as const satisfies PublishedFields;

const EVIDENCE_FIELDS = {
  exhibits: { items: EXHIBIT_FIELDS, meaning: "what it rests on, in the order of the calls" },
  events: {
    kind: "events",
    meaning: "the events that exhibits name, whole, as the schema of events has them",
  },
} as const satisfies PublishedFields;

const RULE_FIELDS = {
  id: { kind: "text", meaning: "such as R5" },
  statement: { kind: "text", meaning: "what must be true, in one sentence" },
  verdict: { values: VERDICTS, meaning: "what can be said of it on this kernel" },
  asked: { kind: "boolean", meaning: "false: --only did not name it, and it was seen broken nevertheless" },
  checks: { kind: "integer", meaning: "things that were looked at" },
  as_expected: { kind: "integer", meaning: "those that were as expected" },
  expected: {
    kind: "text",
    nullable: true,
    meaning: "what a sound kernel gives, of the first that was not so",
  },
  observed: { kind: "text", nullable: true, meaning: "what was there" },
  step: {
    kind: "text",
    nullable: true,
    meaning: "the function in which it went wrong, as far as that is known",
  },
  way: { kind: "text", nullable: true, meaning: "the way of that call through the kernel" },
  tried: {
    kind: "text",
    nullable: true,
    meaning: "how often it was tried, where that is not `checks`",
  },
  reasons: {
    kind: "texts",
    meaning: "why it is neither yes nor no, one sentence each; of one that holds, what was not tried of it",
  },
  ...EVIDENCE_FIELDS,
  exhibits_left_out: { kind: "integer", meaning: "how many more exhibits there are" },
} as const satisfies PublishedFields;

const FIX_FIELDS = {
  commit: { kind: "text", meaning: "the upstream commit" },
  mends: { kind: "text", meaning: "what was wrong without it" },
  state: { values: ["present", "missing", "cannot-tell"], meaning: "what this kernel's behaviour tells" },
  says: { kind: "text", meaning: "what was seen, or why it cannot be told" },
  ...EVIDENCE_FIELDS,
} as const satisfies PublishedFields;

/** The generations that a kernel can behave like. */
export const LIKENESSES = ["first", "anonymous", "pidfs"] as const;

const BACKPORT_FIELDS = {
  behaves_like: {
    values: LIKENESSES,
    nullable: true,
    meaning:
      "the first pidfds (5.2-rc1 to rc6), those of 5.2 to 6.8, or those of pidfs since 6.9; by behaviour alone",
  },
  because: { kind: "text", meaning: "what tells so" },
  broken: { kind: "texts", meaning: "ids of the rules that are broken" },
  missing: { kind: "texts", meaning: "upstream commits that its behaviour lacks" },
  cannot_tell: { kind: "texts", meaning: "upstream commits that cannot be told of" },
  fixes: { items: FIX_FIELDS, meaning: "each fix that followed the first pidfds" },
} as const satisfies PublishedFields;

/** The answer of `confirm`. */
export const CONFIRM_ANSWER = {
  meaning: "Confirm: what the stimuli and the trace have shown of one kernel",
  fields: {
    tool: { kind: "text", meaning: "name and version of the tool" },
    release: { kind: "text", meaning: "`uname -r` of the target" },
    machine: { kind: "text", meaning: "`uname -m` of the target" },
    bpftrace: { kind: "text", meaning: "version of bpftrace there" },
    generation: { kind: "text", meaning: "how this kernel makes pidfds, by what it has" },
    law: { values: ["per-file", "per-inode"], meaning: "what holds one `struct pid` reference" },
    seed: { kind: "integer", meaning: "what the stimuli do at random is done alike with the same --seed" },
    stimuli: {
      items: {
        name: { kind: "text", meaning: "the stimulus" },
        risk: { values: ["harmless", "scratch", "dangerous"], meaning: "what it risks" },
        summary: { kind: "text", meaning: "what it tries" },
        facts: { kind: "integer", meaning: "facts that it told" },
        silent: { kind: "text", nullable: true, meaning: "why it was not made, or not to its end" },
      },
      meaning: "what was to be made, in its order",
    },
    rules: { items: RULE_FIELDS, meaning: "each rule that was asked for, and others that were seen broken" },
    backport: { fields: BACKPORT_FIELDS, meaning: "what follows for the kernel as a whole" },
    cannot_see: { kind: "texts", meaning: "what is not seen there, one sentence each" },
    probes: { kind: "texts", meaning: "the probes that were attached" },
    trust: {
      fields: {
        records: { kind: "integer", meaning: "records that arrived from the kernel" },
        lost: {
          kind: "integer",
          nullable: true,
          meaning: "records known to be lost; null when that is not known",
        },
        late: { kind: "integer", meaning: "records that arrived after their place" },
        unmatched: { kind: "integer", meaning: "records that fit no known lifecycle" },
        losses: { kind: "texts", meaning: "what was lost, one sentence each" },
      },
      meaning: "how far the trace can be trusted",
    },
    reason: { kind: "text", meaning: "why the run ended" },
    complete: {
      kind: "boolean",
      meaning: "whether all stimuli were played to their end, and everything was seen",
    },
    exit_code: {
      kind: "integer",
      meaning: "the exit code of confirm: 1 a rule is broken, 4 one is undetermined, 0 otherwise",
    },
  },
} as const satisfies PublishedEvent;
