/**
 * Small programs that show the quirks of bpftrace in a guest; several quirks in one start where that is possible.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { BpftraceQuirkId } from "../../program/mod.ts";

/** The versions that the lab has, as the oldest, the usual and the newest one. */
export type Tried = "0.17" | "0.23" | "0.27";

/** What one start of bpftrace said. */
export interface TrialResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One start of bpftrace. */
export interface QuirkTrial {
  /** What it shows. */
  readonly of: readonly BpftraceQuirkId[];
  /** Versions that it is tried with. */
  readonly on: readonly Tried[];
  /** The program. */
  readonly program: string;
  /** Environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Words before the program. */
  readonly words?: readonly string[];
  /** Text for a shell in the guest, before and after. */
  readonly around?: readonly [before: string, after: string];
  /** What has to be true of it. */
  readonly check: (said: TrialResult, version: Tried) => void;
  /** What only some starts show: it is started again until this is true. */
  readonly until?: (said: TrialResult, version: Tried) => boolean;
}

const ALL: readonly Tried[] = ["0.17", "0.23", "0.27"];
const NEWER: readonly Tried[] = ["0.23", "0.27"];
const BEGIN_ONLY = "BEGIN { exit(); }";

/** Sleepers that are in one function at once. */
const SLEEPERS = 40;
/** Seconds that each of them sleeps. */
const SECONDS = 3;
/** Events of a burst. */
const BURST = 20_000;

/** A clone(CLONE_THREAD) alone, which fails with EINVAL; the number of the call is that of x86-64. */
const FAILING_CLONE = "perl -e 'syscall(56, 0x10000, 0, 0, 0, 0)'";

/** What happens while the probes of the long trial are there. */
const STIMULUS = [
  `for i in $(seq ${SLEEPERS}); do sleep ${SECONDS} & done`,
  "wait",
  FAILING_CLONE,
].join("\n");

function refused(said: TrialResult, words: RegExp): void {
  assert.notEqual(said.code, 0, said.stdout);
  assert.match(said.stderr + said.stdout, words);
}

function accepted(said: TrialResult): void {
  assert.equal(said.code, 0, said.stderr);
}

/** What only the newer versions read, one start each for 0.17. */
const ONLY_NEWER: readonly (readonly [id: BpftraceQuirkId, program: string, says: RegExp])[] = [
  ["kfunc-words", "fentry:do_exit { } BEGIN { exit(); }", /Invalid probe type/],
  ["no-raw-tracepoints", "rawtracepoint:task_newtask { } BEGIN { exit(); }", /Invalid probe type/],
  ["args-arrow", 'tracepoint:sched:sched_process_exit { printf("%d", args.pid); }', /error/i],
  ["no-config-block", `config = { on_stack_limit = 256; } ${BEGIN_ONLY}`, /syntax error/],
  ["no-void", 'BEGIN { printf("%d", (uint64)((void *)curtask)); }', /Unknown struct\/union: 'void'/],
  ["no-offsetof", 'BEGIN { printf("%d", offsetof(struct pid, rcu)); }', /Unknown function: offsetof/],
  ["array-parts", 'kprobe:put_pid { printf("%d", ((struct pid *)arg0)->numbers[0].nr); }', /out of bounds/],
];

/** The trials. */
export const QUIRK_TRIALS: readonly QuirkTrial[] = [
  ...ONLY_NEWER.map(([id, program, says]): QuirkTrial => ({
    of: [id],
    on: ["0.17"],
    program,
    check: (said) => refused(said, says),
  })),
  {
    of: ["string-limit"],
    on: ["0.17"],
    program: BEGIN_ONLY,
    environment: { BPFTRACE_STRLEN: "300" },
    check: (said) => refused(said, /maximum of 200/),
  },
  {
    of: [
      ...ONLY_NEWER.map(([id]) => id),
      "string-limit",
      "on-stack-limit",
      "attached-line",
      "warnings",
    ],
    on: NEWER,
    program: `config = { on_stack_limit = 256; max_strlen = 300; }
fentry:do_exit { @exits = count(); }
tracepoint:sched:sched_process_exit { @last = args.pid; }
rawtracepoint:task_newtask { @tasks = count(); }
kprobe:put_pid { @nr = ((struct pid *)arg0)->numbers[0].nr; }
BEGIN {
  printf("%d %d\\n", offsetof(struct pid, rcu), (uint64)((void *)curtask) != 0);
  delete(@last);
  printf("%d %s\\n", (uint32)(uint32)pid, str(0));
  exit();
}`,
    check(said, version) {
      accepted(said);
      assert.match(said.stdout, /^\d+ 1$/m);
      const line = version === "0.27" ? said.stderr : said.stdout;
      assert.match(line, /^Attach(ing|ed) \d+ probes/m);
      if (version === "0.27") assert.match(said.stderr, /WARNING/);
    },
  },
  {
    of: ["missing-probe"],
    on: ALL,
    program: 'kprobe:no_such_function { } BEGIN { printf("begun\\n"); exit(); }',
    check: (said) => refused(said, /no_such_function|probe entry may not exist/),
  },
  {
    of: ["iterator-values", "iterator-text"],
    on: ALL,
    words: ["-f", "json"],
    program: `iter:task {
  printf("twelve %d %d %d %d %d %d %d %d %d %d %d %d\\n", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  printf("more %d %d %d %d %d %d %d %d %d %d %d %d %d\\n", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
}`,
    check(said) {
      assert.match(said.stdout, /^twelve 1 2 3 4 5 6 7 8 9 10 11 12$/m);
      assert.doesNotMatch(said.stdout, /^more/m);
    },
  },
  {
    of: ["map-type"],
    on: ALL,
    program: 'BEGIN { printf("%d\\n", (uint32)@never[1]); exit(); }',
    check(said, version) {
      if (version === "0.27") accepted(said);
      else refused(said, /none|Undefined map/);
    },
  },
  {
    of: ["clone-names"],
    on: ALL,
    program: "kprobe:put_pid.part.0 { } BEGIN { exit(); }",
    check(said, version) {
      if (version === "0.27") refused(said, /No matches for kprobe put_pid\.part\.0/);
      else accepted(said);
    },
  },
  {
    of: ["fd-folder"],
    on: ["0.27"],
    program: BEGIN_ONLY,
    around: ["mv /dev/fd /dev/fd.away", "mv /dev/fd.away /dev/fd"],
    check: (said) => refused(said, /\/dev\/fd\/\d+.*No such file/),
  },
  {
    of: ["btf-variable"],
    on: NEWER,
    program: "fentry:do_exit { } BEGIN { exit(); }",
    environment: { BPFTRACE_BTF: "/sys/kernel/btf/vmlinux" },
    check: (said) => refused(said, /fentry/),
  },
  {
    // That structs are not read on 5.10 without it is shown by tests/lab/machines_test.ts.
    of: ["btf-place"],
    on: ["0.17"],
    program: "kfunc:do_exit { } BEGIN { exit(); }",
    environment: { BPFTRACE_BTF: "/sys/kernel/btf/vmlinux" },
    check: (said) => refused(said, /not available for your kernel version/),
  },
  {
    of: ["returned-pointers"],
    on: ["0.17", "0.23"],
    program: 'kretfunc:copy_process { if ((int32)retval < 0) { printf("failed\\n"); } } BEGIN { exit(); }',
    check: (said) => refused(said, /prohibited|Error loading (BPF )?program/i),
  },
  {
    of: ["json-shapes", "missed-returns", "user-memory", "unsigned-results", "missing-keys"],
    on: ALL,
    words: ["-f", "json", "-c", "/usr/bin/sh /tmp/quirks.sh"],
    around: [`cat >/tmp/quirks.sh <<'END'\n${STIMULUS}\nEND`, "rm /tmp/quirks.sh"],
    program: `BEGIN { printf("ready\\n"); @seen[1] = 1; delete(@seen[7]); }
kprobe:hrtimer_nanosleep /comm == "sleep"/ { @entries = count(); }
kretprobe:hrtimer_nanosleep /comm == "sleep"/ { @returns = count(); }
kretfunc:hrtimer_nanosleep /comm == "sleep"/ { @exits = count(); }
kprobe:__x64_sys_clock_nanosleep /comm == "sleep"/ {
  $regs = (struct pt_regs *)arg0;
  printf("seconds %d %d\\n", *(int64 *)$regs->dx, *(int64 *)uptr($regs->dx));
}
kretprobe:kernel_clone /comm == "perl"/ { printf("result %lld %d\\n", retval, (int32)retval); }`,
    check: checkLongTrial,
  },
  {
    of: ["silent-loss", "json-shapes"],
    on: ALL,
    words: ["-f", "json", "-c", "/usr/bin/perl /tmp/quirks.pl"],
    around: [`echo 'syscall(110) for 1..${BURST}' >/tmp/quirks.pl`, "rm /tmp/quirks.pl"],
    environment: { BPFTRACE_PERF_RB_PAGES: "2" },
    program: `tracepoint:syscalls:sys_enter_getppid {
  @all = count();
  printf("%s %s\\n", "0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789");
}`,
    check(said, version) {
      accepted(said);
      const { all, lost, told } = lossesOf(said);
      console.log(`${version}: ${lost} of ${all} were lost, it told of ${told}`);
      assert.ok(all >= BURST && lost > 0, `${lost} of ${all}`);
      assert.ok(told <= lost, `${told} of ${lost}`);
      if (version === "0.23") assert.equal(told, lost);
    },
    until(said, version) {
      const { lost, told } = lossesOf(said);
      return version === "0.23" || told < lost;
    },
  },
  {
    of: ["no-tracefs"],
    on: ALL,
    program: 'kprobe:do_exit { } BEGIN { printf("begun\\n"); } interval:s:1 { exit(); }',
    around: [
      "umount -l /sys/kernel/debug; umount -l /sys/kernel/tracing",
      "mount -t debugfs debugfs /sys/kernel/debug; mount -t tracefs tracefs /sys/kernel/tracing",
    ],
    check(said, version) {
      assert.equal(said.code === 0, version !== "0.27", said.stderr);
      assert.match(said.stderr, /No such file/);
    },
  },
];

/** How many records were made and did not arrive, and of how many of these bpftrace told. */
function lossesOf(said: TrialResult): { readonly all: number; readonly lost: number; readonly told: number } {
  const lines = jsonLines(said);
  const received = lines.filter((it) => it.type === "printf").length;
  const told = lines.filter((it) => it.type === "lost_events")
    .reduce((sum, it) => sum + Number(it.data?.events ?? it.count), 0);
  const all = Number(mapsOf(lines)["@all"]);
  return { all, lost: all - received, told };
}

function checkLongTrial(said: TrialResult, version: Tried): void {
  accepted(said);
  const lines = jsonLines(said);
  const [first] = lines;
  assert.equal(first?.type, "attached_probes");
  assert.equal(first?.count !== undefined, version === "0.27");
  assert.equal(typeof first?.data?.probes, "number");
  const printed = lines.filter((it) => it.type === "printf").map((it) => String(it.data).trim());
  assert.equal(printed[0], "ready");
  assert.ok(printed.includes(`seconds 0 ${SECONDS}`), printed.join("\n"));
  assert.ok(printed.includes(`result ${2 ** 32 - 22} -22`), printed.join("\n"));
  const maps = mapsOf(lines);
  assert.deepEqual([maps["@entries"], maps["@exits"]], [SLEEPERS, SLEEPERS]);
  const returns = Number(maps["@returns"]);
  if (version === "0.27") assert.equal(returns, SLEEPERS);
  else assert.ok(returns < SLEEPERS, `${returns} returns`);
  assert.deepEqual(maps["@seen"], { 1: 1 });
  const complaints = said.stdout + said.stderr;
  assert.equal(
    /delete/i.test(complaints.replace(/Return value discarded[^]*/, "")),
    version === "0.23",
    complaints,
  );
}

/** A line of bpftrace's JSON. */
interface JsonLine {
  readonly type: string;
  readonly count?: number;
  // deno-lint-ignore no-explicit-any
  readonly data?: any;
}

function jsonLines({ stdout }: TrialResult): readonly JsonLine[] {
  return stdout.split("\n").filter((it) => it.startsWith("{")).map((it) => JSON.parse(it));
}

function mapsOf(lines: readonly JsonLine[]): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...lines.filter((it) => it.type === "map").map((it) => it.data));
}
