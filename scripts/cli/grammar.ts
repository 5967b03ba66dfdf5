/**
 * The whole command line as one value.
 *
 * @module
 */

import { merge, object, or } from "@optique/core/constructs";
import type { Message } from "@optique/core/message";
import { commandLine, lineBreak, message, text } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { InferValue, Parser } from "@optique/core/parser";
import { argument, command, constant, option } from "@optique/core/primitives";
import { integer, string } from "@optique/core/valueparser";
import { durationValue, globValue, targetValue } from "./values.ts";

/** Ring buffer of each CPU when nothing is said, in pages of 4 KiB. */
export const BUFFER_PAGES = 4096;

const targetOption = object({
  target: withDefault(
    option("--target", targetValue(), { description: message`Where to trace: local, lab:6.12.` }),
    { kind: "local", name: "local" } as const,
  ),
  bpftrace: withDefault(
    option("--bpftrace", string({ metavar: "PATH" }), { description: message`bpftrace on the target.` }),
    "bpftrace",
  ),
  quiet: option("-q", "--quiet", { description: message`No progress and no summary on stderr.` }),
});

const traceOptions = merge(
  targetOption,
  object({
    command: constant("trace"),
    json: option("--json", { description: message`Events as NDJSON on stdout.` }),
    pids: multiple(option("-p", "--pid", integer({ metavar: "PID", min: 1, max: 4_194_304 }), {
      description: message`Only what this process does; repeatable.`,
    })),
    comm: optional(option("-n", "--comm", globValue(), {
      description: message`Only what processes whose comm matches do; "*" and "?" are wild.`,
    })),
    failed: option("-x", "--failed", { description: message`Only calls that failed.` }),
    durationMs: optional(
      option("-d", "--duration", durationValue(), { description: message`End after this time.` }),
    ),
    eventsMax: optional(option("-M", "--max-events", integer({ metavar: "N", min: 1, max: 1_000_000_000 }), {
      description: message`End after this many events.`,
    })),
    copy: multiple(option("--copy", string({ metavar: "PATH" }), {
      description: message`Copy a file or folder of this machine into CMD's folder; repeatable.`,
    })),
    commandOutput: optional(option("--cmd-output", string({ metavar: "FILE" }), {
      description: message`Write CMD's output to this file instead of stderr.`,
    })),
    noHeader: option("--no-header", { description: message`No line with column titles.` }),
  }),
);

const plan = merge(
  targetOption,
  object({
    command: constant("plan"),
    json: option("--json", { description: message`The plan as one JSON object.` }),
  }),
);

const kernelArgument = withDefault(argument(string({ metavar: "KERNEL" })), "6.12");

const lab = or(
  command("list", object({ command: constant("lab list") }), {
    brief: message`Kernels of the lab, what is built, what runs.`,
  }),
  command("build", object({ command: constant("lab build"), kernel: kernelArgument }), {
    brief: message`Build what a guest needs, and the stimulus program.`,
  }),
  command("run", object({ command: constant("lab run"), kernel: kernelArgument }), {
    brief: message`Boot a guest and keep it; --target lab:KERNEL then uses it.`,
  }),
  command(
    "demo",
    object({
      command: constant("lab demo"),
      scenario: withDefault(argument(string({ metavar: "SCENARIO" })), "clone"),
      rounds: withDefault(argument(integer({ metavar: "ROUNDS", min: 1, max: 100_000 })), 5),
    }),
    { brief: message`Boot a guest, run the stimulus there, show its pidfds.` },
  ),
  command(
    "rm",
    object({ command: constant("lab rm"), name: optional(argument(string({ metavar: "NAME" }))) }),
    {
      brief: message`Remove what was built: everything, or what is named.`,
    },
  ),
);

/** The grammar; words after `--` are taken off before. */
export const grammar: Parser<"sync", CommandLine, unknown> = or(
  command("plan", plan, {
    brief: message`Show the probes, what they cannot see, and the program; load nothing.`,
  }),
  command("lab", lab, { brief: message`Throw-away virtual machines with kernels to trace.` }),
  command("trace", traceOptions, { brief: message`Show every pidfd live (default).` }),
  traceOptions,
);

/** The options of `trace`. */
export type TraceOptions = InferValue<typeof traceOptions>;
/** The options of `plan`. */
export type PlanOptions = InferValue<typeof plan>;
/** The options of `lab`. */
export type LabOptions = InferValue<typeof lab>;
/** One parsed command line. */
export type CommandLine = TraceOptions | PlanOptions | LabOptions;

function examples(...lines: readonly (readonly [string, string])[]): Message {
  return lines.flatMap(([words, what], at): Message => [
    ...(at === 0 ? [] : [lineBreak()]),
    commandLine(words),
    text(`  ${what}`),
  ]);
}

/** Examples for `--help`. */
export const EXAMPLES: Message = examples(
  ["deno run trace-clone lab demo", "see it at work in a lab guest"],
  ["deno run trace-clone --target lab:6.12 --copy ./prog -- ./prog", "what ./prog does with pidfds"],
  ["deno run trace-clone --json -d 30s", "all pidfds of this machine for 30 s, as NDJSON"],
  ["deno run trace-clone -x -p 4711", "failed calls of one process"],
  ["deno run trace-clone plan --target lab:6.12", "the probes and the program, nothing loaded"],
);
