/**
 * What each bpftrace does differently from what one would expect, and what the generated programs do about it.
 *
 * Every entry was met in a guest of the lab. `tests/lab/dialects_test.ts` meets it again, and a unit test holds our
 * side of it; docs/bpftrace.md is made from this table.
 *
 * @module
 */

/** One of them. */
export interface BpftraceQuirk {
  /** The first version that was seen to have it, such as `0.27`; all that are supported when it is absent. */
  readonly since?: string;
  /** The first version that does not have it any more. */
  readonly until?: string;
  /** What it is: one sentence without its full stop. */
  readonly is: string;
  /** What our programs, or those who start and read them, do about it: one sentence without its full stop. */
  readonly weDo: string;
}

/** The quirks, by id. */
export const BPFTRACE_QUIRKS = {
  "too-old": {
    until: "0.17",
    is: "0.11 has no kfunc and no `uptr()`, and reads no tracepoint without the headers of the kernel",
    weDo: "`doctor`, `plan` and `trace` refuse what is older than 0.17 with exit code 3",
  },
  "kfunc-words": {
    until: "0.22",
    is: "The words `fentry` and `fexit` are not known, and 0.17 ends with SIGABRT on them",
    weDo: "The dialect of 0.17 says `kfunc` and `kretfunc`",
  },
  "args-arrow": {
    until: "0.22",
    is: "`args.x` is an error, and only `args->x` is read",
    weDo: "The dialect of 0.17 writes the arrow",
  },
  "no-config-block": {
    until: "0.22",
    is: "A `config` block is a syntax error",
    weDo:
      "Settings go by the environment: `BPFTRACE_PERF_RB_PAGES`, and the number of keys by both of its names",
  },
  "no-raw-tracepoints": {
    until: "0.22",
    is: "`rawtracepoint` is not known, and 0.17 ends with SIGABRT on it",
    weDo:
      "Births by clone and clone3 are not seen there when no function can be watched, and the plan says so",
  },
  "no-void": {
    until: "0.22",
    is: "A cast to `void *` is taken for a struct of the name void",
    weDo: "What has no type of its own is kept as a number",
  },
  "no-offsetof": {
    until: "0.22",
    is: "`offsetof()` is not known",
    weDo: "Places in structs are numbers that come from BTF",
  },
  "array-parts": {
    until: "0.22",
    is: "An element of a flexible array cannot be read, and two words cannot be taken out of `comm`",
    weDo: "`comm` is read by its address, as two words",
  },
  "string-limit": {
    until: "0.22",
    is: "`str()` reads at most 200 bytes, cuts without a word, and refuses to start when more are asked for",
    weDo: "No record holds a string of the machine: names are words of 64 bits",
  },
  "on-stack-limit": {
    since: "0.22",
    is:
      "Arguments of a `printf` that are larger than `on_stack_limit` go to a buffer that all programs of a CPU share",
    weDo: "The limit is 256 bytes, more than the largest record has",
  },
  "missing-probe": {
    is:
      "One function that is not there ends the whole program, and the setting against it works in 0.27 alone",
    weDo: "Only what the kernel was seen to have is named",
  },
  "map-type": {
    until: "0.27",
    is:
      "A map has no type until a probe that stands earlier has filled it, and may not be cast or cleared before",
    weDo: "Probes stand in the order in which maps are filled, and a map that nothing fills is not read",
  },
  "clone-names": {
    since: "0.27",
    is: "A clone of the compiler such as `put_pid.part.0` is no function to attach to",
    weDo: "The plan does without it, and says what is not seen then",
  },
  "fd-folder": {
    since: "0.27",
    is: "No program starts without /dev/fd",
    weDo: "`doctor` looks for it, and names the link that is missing",
  },
  "attached-line": {
    is:
      "The line that counts the probes comes before they are there; 0.27 writes it to standard error, when JSON is not asked for",
    weDo:
      "It is not listened to: the first record of the program itself is, and the clock of the target is read after it",
  },
  "warnings": {
    since: "0.22",
    is: "Standard error is not empty when all is well: casts and discarded values are warned of",
    weDo: "Only the exit status and errors make a failure",
  },
  "silent-loss": {
    is: "Fewer events can be reported as lost than were, even none; only 0.23 was never seen to do so",
    weDo: "Records are numbered by CPU, and counters that cannot be lost are compared at the end",
  },
  "missed-returns": {
    is:
      "A kretprobe misses returns when many callers are in the function at once, without a word; fexit does not",
    weDo: "fexit is taken where there is one, and a plan with a kretprobe says what it can lose",
  },
  "iterator-values": {
    is: "A `printf` in an iterator prints nothing at all when it has more than 12 values",
    weDo: "Longer lines are printed in parts",
  },
  "iterator-text": {
    is: "What an iterator prints comes as plain lines, also where JSON is asked for",
    weDo: "A line that is not JSON is taken as it is, where such a program is run",
  },
  "btf-variable": {
    since: "0.22",
    is: "With `BPFTRACE_BTF` in the environment every fentry probe is refused",
    weDo: "It is not set for these",
  },
  "btf-place": {
    until: "0.22",
    is:
      "On kernels before 5.11, which do not mark the BTF that is their own, none is found unless `BPFTRACE_BTF` says where; " +
      "with it no fentry probe is taken",
    weDo: "The plan takes kprobes there, and the variable is set for programs without fentry",
  },
  "unsigned-results": {
    is: "The result of a function that returns an int is a large positive number of 64 bits in a kretprobe",
    weDo: "Every result is cast to `int32`, or compared as the type that the function returns",
  },
  "missing-keys": {
    is: "Whether the deletion of a key that is not there is an error depends on the version",
    weDo: "A key is deleted only when the map has it",
  },
  "json-shapes": {
    is:
      "`attached_probes` has a `count` of its own in 0.27, and the count of `lost_events` has stood in two places",
    weDo: "Both are read",
  },
  "no-tracefs": {
    until: "0.27",
    is: "Without tracefs it complains, attaches nothing, and ends with status 0",
    weDo:
      "`doctor` looks for tracefs first, and a program that ends before its first record is an error whatever its status",
  },
  "returned-pointers": {
    is:
      "The verifier refuses a program that takes the pointer which copy_process returns for an errno, in fexit (0.17 and 0.23)",
    weDo:
      "What it points to is read: it is 0 when the pointer is an errno, and the errno comes from kernel_clone",
  },
  "user-memory": {
    is: "Memory of the user that is read without `uptr()` is 0, without a word",
    weDo: "Such reads have a node of their own in the syntax tree, which writes `uptr()`",
  },
} as const satisfies Readonly<Record<string, BpftraceQuirk>>;

/** The id of a quirk. */
export type BpftraceQuirkId = keyof typeof BPFTRACE_QUIRKS;
