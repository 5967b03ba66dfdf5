/**
 * The whole command line as one value.
 *
 * @module
 */

import { merge, object, or } from "@optique/core/constructs";
import type { Message } from "@optique/core/message";
import { message, text } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { InferValue, Parser } from "@optique/core/parser";
import { argument, command, constant, option } from "@optique/core/primitives";
import type { Usage } from "@optique/core/usage";
import { choice, integer, string } from "@optique/core/valueparser";
import { DEFAULT_KERNEL } from "../../lab/mod.ts";
import { BIRTH_PROBES } from "../../tracers/mod.ts";
import { REDACT_FIELDS } from "../../capture/recording.ts";
import { confirm } from "./confirm_grammar.ts";
import type { ConfirmOptions } from "./confirm_grammar.ts";
import { actorOptions, eventOptions, followOption } from "./filter_grammar.ts";
import { exampleLines, examples, targetOption, targetsOption, usage } from "./grammar_parts.ts";
import { leaks } from "./leaks_grammar.ts";
import type { LeaksOptions } from "./leaks_grammar.ts";
import { type ProfileDiffOptions, type ProfileOptions, profileWords } from "./profile_grammar.ts";
import { durationValue, kernelValue, pathValue, sizeValue } from "./values.ts";

/** Ring buffer of each CPU when nothing is said, in pages of 4 KiB. */
export const BUFFER_PAGES = 4096;

/** What more is to be seen than the usual. */
const depthOptions = object({
  slots: option("--slots", {
    description:
      message`Every slot of every fd table that holds a pidfd: dup, inheritance, passing over sockets, each close.`,
  }),
  uses: option("--uses", {
    description: message`Uses of pidfds too: poll, waitid, signals, setns, pidfd_getfd, ioctl and the like.`,
  }),
  births: withDefault(
    option("--births", choice(["usual", "all"], { metavar: "WHICH" }), {
      description:
        message`"all": also pidfds that are opened anew, through /proc/PID/fd, bind mounts or file handles; it implies --slots.`,
    }),
    "usual" as const,
  ),
  closes: option("--closes", {
    description: message`Numbers of pidfds that are closed twice too; it implies --slots.`,
  }),
  ustack: option("--ustack", {
    description:
      message`From which user stack a slot gets its pidfd, with the names that bpftrace finds; it implies --slots.`,
  }),
});

const runOptions = merge(
  targetsOption,
  depthOptions,
  eventOptions,
  followOption,
  object({
    json: option("--json", { description: message`Events as NDJSON on stdout.` }),
    durationMs: optional(
      option("-d", "--duration", durationValue(), { description: message`End after this time.` }),
    ),
    eventsMax: optional(option("-M", "--max-events", integer({ metavar: "N", min: 1, max: 1_000_000_000 }), {
      description: message`End after this many events.`,
    })),
    copy: multiple(option("--copy", pathValue("PATH"), {
      description: message`Copy a file or folder of this machine into CMD's folder; repeatable.`,
    })),
    commandOutput: optional(option("--cmd-output", pathValue("FILE"), {
      description: message`Write CMD's output to this file instead of stderr.`,
    })),
    noStimulus: option("--no-stimulus", {
      description: message`Do not try the probes with pidfds of our own before the run.`,
    }),
    birthProbe: optional(option("--birth-probe", choice(BIRTH_PROBES, { metavar: "FUNCTION" }), {
      description: message`Look for births in this function alone; it is tried like the others.`,
    })),
    noHeader: option("--no-header", { description: message`No line with column titles.` }),
    redact: multiple(option("--redact", choice(REDACT_FIELDS, { metavar: "FIELD" }), {
      description: message`Take this out of events and recording; repeatable.`,
    })),
  }),
);

const traceOptions = merge(runOptions, object({ command: constant("trace") }));

const recordOptions = merge(
  runOptions,
  object({
    command: constant("record"),
    file: argument(string({ metavar: "FILE" }), {
      description: message`A new file; packed when its name ends in .zst.`,
    }),
    bytesMax: optional(option("--max-size", sizeValue(), {
      description: message`Keep only the latest, in FILE and FILE.1, so much together.`,
    })),
  }),
);

const replayOptions = merge(
  eventOptions,
  object({
    command: constant("replay"),
    file: argument(string({ metavar: "FILE" }), { description: message`A recording.` }),
    json: option("--json", { description: message`Events as NDJSON on stdout.` }),
    noHeader: option("--no-header", { description: message`No line with column titles.` }),
    quiet: option("-q", "--quiet", { description: message`No progress and no summary on stderr.` }),
  }),
);

const plan = merge(
  targetOption,
  depthOptions,
  actorOptions,
  followOption,
  object({
    command: constant("plan"),
    json: option("--json", { description: message`The plan as one JSON object.` }),
  }),
);

const man = object({
  command: constant("man"),
  page: optional(argument(string({ metavar: "COMMAND" }), {
    description: message`The command whose page is wanted; without it the page of the whole tool.`,
  })),
});

const doctor = merge(
  targetOption,
  object({
    command: constant("doctor"),
    json: option("--json", { description: message`One JSON object for each check, and the verdict.` }),
  }),
);

/** The kernel of a guest. */
const kernelArgument = withDefault(
  argument(kernelValue(), {
    description: message`A kernel of the lab's list, such as 6.1, or with another root such as 6.1+bookworm.`,
  }),
  DEFAULT_KERNEL,
);

const matrix = object({
  command: constant("matrix"),
  kernels: multiple(argument(kernelValue(), {
    description:
      message`A kernel of the lab's list, alone or with a root such as 6.1+bookworm; repeatable. The default is all of the list.`,
  })),
  rounds: withDefault(
    option("--rounds", integer({ metavar: "N", min: 1, max: 1000 }), {
      description: message`How often each thing is done.`,
    }),
    3,
  ),
  json: option("--json", { description: message`One JSON object for each kernel, and the verdict.` }),
  quiet: option("-q", "--quiet", { description: message`No progress on stderr.` }),
});

/** The commands of `lab`. */
export const LAB_COMMANDS: readonly string[] = ["list", "build", "run", "demo", "rm"];

const lab = or(
  command("list", object({ command: constant("lab list") }), {
    brief: message`Show the kernels of the lab, what is built, and what runs.`,
    footer: examples(["lab list", "what there is, and how much room it takes"]),
  }),
  command("build", object({ command: constant("lab build"), kernel: kernelArgument }), {
    brief: message`Build what a guest needs, and the stimulus program.`,
    footer: examples(["lab build 6.12", "so that the first run need not wait for it"]),
  }),
  command("run", object({ command: constant("lab run"), kernel: kernelArgument }), {
    brief: message`Boot a guest and keep it; --target lab:KERNEL then uses it.`,
    footer: examples(
      ["lab run 6.12", "a guest until Ctrl-C, and how to log in"],
      ["lab run 6.1+bookworm", "the same with Debian 12's bpftrace"],
    ),
  }),
  command(
    "demo",
    object({
      command: constant("lab demo"),
      scenario: withDefault(
        argument(string({ metavar: "SCENARIO" }), { description: message`What the stimulus does.` }),
        "clone",
      ),
      rounds: withDefault(
        argument(integer({ metavar: "ROUNDS", min: 1, max: 100_000 }), { description: message`How often.` }),
        5,
      ),
    }),
    {
      brief: message`Boot a guest, run the stimulus there, and show its pidfds.`,
      footer: examples(
        ["lab demo", "five pidfds from clone, from birth to last close"],
        ["lab demo exit-open 3", "three pidfds that are never closed"],
      ),
    },
  ),
  command(
    "rm",
    object({
      command: constant("lab rm"),
      name: optional(
        argument(string({ metavar: "NAME" }), { description: message`A name that lab list shows as built.` }),
      ),
    }),
    {
      brief: message`Remove what was built: everything, or what is named.`,
      footer: examples(["lab rm", "gives the room back; it is built again when needed"]),
    },
  ),
  {
    errors: {
      noMatch: message`A command of lab is needed: ${text(LAB_COMMANDS.join(", "))}.`,
    },
  },
);

const TRACE_EXAMPLES = [
  ["lab demo", "see it at work in a lab guest"],
  ["--target lab:6.12 --copy ./prog -- ./prog", "what ./prog does with pidfds, in a lab guest"],
  ["--json -d 30s", "all pidfds of this machine for 30 seconds, as NDJSON"],
  ["--target ssh:admin@web1 --sudo", "all pidfds of another machine, with nothing installed but bpftrace"],
  ["--target ssh:web1 --target ssh:web2 -x", "failed calls on two machines, in one stream"],
  ["-x -p 4711", "failed calls of one process"],
  ["-c /system.slice/app.service -u 33", "one service, and one user in it"],
  ["doctor", "whether this machine can be traced, and what to do if not"],
  ["plan --target lab:6.12", "the probes and the program; nothing is loaded"],
  ["--target lab:./bzImage -- ./prog", "a kernel of your own, in a lab guest"],
] as const;

/** The grammar; words after `--` are taken off before. */
export const grammar: Parser<"sync", CommandLine, unknown> = or(
  command("plan", plan, {
    brief: message`Show the probes, what they cannot see, and the program; load nothing.`,
    usageLine: usage("[OPTION...]"),
    footer: examples(
      ["plan --target lab:6.12", "what trace would do on a lab guest"],
      ["plan --uses -p 4711", "what is left out in the kernel for one process"],
    ),
  }),
  command("doctor", doctor, {
    brief: message`Say what the target has of all that tracing needs, and what to do.`,
    usageLine: usage("[OPTION...]"),
    footer: examples(
      ["doctor", "whether this machine can be traced; nothing is loaded or changed"],
      ["doctor --target lab:6.12 --json", "the same about a lab guest, for a program"],
      ["doctor --target lab:./bzImage --modules ./lib/modules/6.16.3", "the same about a kernel of your own"],
    ),
  }),
  command("confirm", confirm, {
    brief: message`Say of each rule about pidfds whether the kernel keeps it, with evidence.`,
    description:
      message`Plays stimuli on the target, watches the kernel meanwhile, and judges each rule by what both saw. On ssh: and local nothing is played without --yes, or a yes on the terminal after the list of what would be played.`,
    usageLine: usage("[OPTION...]"),
    footer: examples(
      ["confirm --target lab:./bzImage", "whether the kernel that you have just built is right"],
      ["confirm --list", "the rules, and the stimuli with what they risk; nothing is played"],
      ["confirm --target lab:6.12 --only R5,R11 -o json", "two rules, each with all of its evidence"],
      ["confirm --target ssh:root@web1 --yes", "another machine; what could harm it is left out"],
      [
        "confirm --target lab:6.12 -o tap",
        "one test for each rule; prove reads it from a file named run.tap",
      ],
    ),
  }),
  command("lab", lab, {
    brief: message`Virtual machines with kernels to trace, made to be thrown away.`,
    footer: examples(
      ["lab demo", "see the tool at work"],
      ["lab run --help", "more about one command"],
    ),
  }),
  command("leaks", leaks, {
    brief: message`Show who keeps pidfds too long, where they came from, and what to change.`,
    description:
      message`Watches every slot that holds a pidfd, or reads a recording that was made with --slots, --uses and --closes: pidfds of processes that have ended, those that nobody uses, more and more of them, and numbers that are closed twice. With CMD only what that does is judged. Exit code 1 says that there is a leak. On a terminal a table shows it meanwhile, sorted by the keys s, v, p, d, a and r; q ends the run and h names the keys. Elsewhere a line on stderr says what changes. With --now it takes one look at /proc instead, on any kernel, and loads nothing; for how long a pidfd has been held /proc does not tell.`,
    usageLine: usage("[--now]", "[OPTION...]", "[-- CMD...]"),
    footer: examples(
      ["leaks --now", "this machine at this moment; as root all processes, otherwise your own"],
      ["leaks --now --target ssh:root@web1 --dead-only", "another machine, with nothing installed there"],
      ["leaks --now -p 4711 --fail-on dead", "exit code 1 when that process keeps pidfds of the dead"],
      ["leaks --target ssh:root@web1 -d 10m", "ten minutes of another machine, with rates"],
      ["leaks --by stack --older 5m", "this machine, by the code that opens them"],
      ["leaks --fail-on dead --json -- make test", "a job of CI: what is left by make test fails it"],
      ["leaks --target replay:run.rec.zst", "a recording made with --slots --uses --closes"],
    ),
  }),
  command("man", man, {
    brief: message`Print a manual page in the format of man(7).`,
    footer: examples(["man plan", 'the page of plan; "| man -l -" behind it shows it']),
  }),
  command("matrix", matrix, {
    brief: message`Confirm several kernels of the lab, and show one table.`,
    usageLine: usage("[KERNEL...]", "[OPTION...]"),
    footer: examples(
      ["matrix", "all kernels of the lab, two guests at a time"],
      ["matrix 6.12 6.1+bookworm", "two kernels, one of them with Debian 12's bpftrace"],
      ["matrix --json --rounds 20", "more of the same, for a program"],
    ),
  }),
  command("profile", profileWords, {
    brief: message`Say how a kernel behaves, as far as system calls can see it; nothing is traced.`,
    usageLine: usage("[FILE]", "[OPTION...]"),
    footer: examples(
      ["profile old.json", "how this machine's kernel behaves; only what is harmless is tried"],
      ["profile --target lab:6.12 new.json", "the same about a lab guest"],
      ["profile diff old.json new.json", "what changed between two kernels, and since when"],
    ),
  }),
  command("record", recordOptions, {
    brief: message`Trace, and keep what is needed to replay it elsewhere.`,
    usageLine: usage("FILE", "[OPTION...]", "[-- CMD...]"),
    footer: examples(
      ["record run.rec.zst -d 1m", "a minute of this machine, packed"],
      ["record run.rec --max-size 100M -d 24h", "the latest of a day, in at most 100 MiB"],
      ["record run.rec --redact addresses --redact comm", "a recording that can be given away"],
    ),
  }),
  command("replay", replayOptions, {
    brief: message`Show a recording as the run was; needs no root, no bpftrace and no kernel.`,
    usageLine: usage("FILE", "[OPTION...]"),
    footer: examples(
      ["replay run.rec.zst", "the same table as then"],
      ["replay run.rec.zst --json -x", "the calls that failed, as NDJSON"],
      [
        "replay run.rec.zst -c /system.slice",
        "one cgroup and those below it, in place of what was asked then",
      ],
    ),
  }),
  command("trace", traceOptions, {
    brief: message`Show every pidfd live; this is what happens without a command.`,
    usageLine: usage("[OPTION...]", "[-- CMD...]"),
    footer: examples(...TRACE_EXAMPLES.slice(1, 7)),
  }),
  traceOptions,
);

/** The whole tool in one sentence. */
export const BRIEF: Message =
  message`See every pidfd on a live Linux kernel from its birth to its last close.`;

/** The usage of the whole tool. */
export const USAGE: Usage = [{
  type: "exclusive",
  terms: [usage("[OPTION...]", "[-- CMD...]"), usage("COMMAND", "[OPTION...]")],
}];

/** Examples for `--help`. */
export const EXAMPLES: Message = TRACE_EXAMPLES.flatMap(([words, what]) => exampleLines(words, what)).slice(
  1,
);

/** The options of `trace`. */
export type TraceOptions = InferValue<typeof traceOptions>;
/** The options of `record`. */
export type RecordOptions = InferValue<typeof recordOptions>;
/** The options of `replay`. */
export type ReplayOptions = InferValue<typeof replayOptions>;
/** The options of `plan`. */
export type PlanOptions = InferValue<typeof plan>;
/** The options of `man`. */
export type ManOptions = InferValue<typeof man>;
/** The options of `lab`. */
export type LabOptions = InferValue<typeof lab>;
/** The options of `doctor`. */
export type DoctorOptions = InferValue<typeof doctor>;
/** The options of `matrix`. */
export type MatrixOptions = InferValue<typeof matrix>;
/** One parsed command line. */
export type CommandLine =
  | TraceOptions
  | RecordOptions
  | ReplayOptions
  | PlanOptions
  | DoctorOptions
  | ManOptions
  | MatrixOptions
  | ConfirmOptions
  | LeaksOptions
  | ProfileOptions
  | ProfileDiffOptions
  | LabOptions;
