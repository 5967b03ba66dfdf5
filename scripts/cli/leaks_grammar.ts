/**
 * The part of the grammar that is about leaks.
 *
 * @module
 */

import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { InferValue } from "@optique/core/parser";
import { constant, option } from "@optique/core/primitives";
import { choice, integer } from "@optique/core/valueparser";
import { GROUPINGS } from "../../model/mod.ts";
import { whoOptions } from "./filter_grammar.ts";
import { targetOption } from "./grammar_parts.ts";
import { durationValue, pathValue } from "./values.ts";

/** What --fail-on takes. */
export const FAIL_ON = ["dead", "any"] as const;

/** Holders that are shown when nothing is said. */
const TOP = 20;
const TOP_MAX = 100_000;

/** What `leaks` takes. */
export const leaks = merge(
  targetOption,
  whoOptions,
  object({
    command: constant("leaks"),
    now: option("--now", {
      description:
        message`One look at /proc: nothing is loaded, and for processes of your own no root is needed.`,
    }),
    olderMs: optional(option("--older", durationValue(), {
      description:
        message`How long a pidfd may be kept of a process that has ended, or unused: 30s when nothing is said, and 1s with CMD.`,
    })),
    by: withDefault(
      option("--by", choice(GROUPINGS, { metavar: "WHAT" }), {
        description: message`What the pidfds of a line have in common besides their origin.`,
      }),
      "origin" as const,
    ),
    noUstack: option("--no-ustack", {
      description: message`Do not look from which user stacks pidfds come: bpftrace need find no names.`,
    }),
    copy: multiple(option("--copy", pathValue("PATH"), {
      description: message`Copy a file or folder of this machine into CMD's folder; repeatable.`,
    })),
    commandOutput: optional(option("--cmd-output", pathValue("FILE"), {
      description: message`Write CMD's output to this file instead of stderr.`,
    })),
    durationMs: optional(
      option("-d", "--duration", durationValue(), { description: message`End after this time.` }),
    ),
    eventsMax: optional(option("-M", "--max-events", integer({ metavar: "N", min: 1, max: 1_000_000_000 }), {
      description: message`End after this many events.`,
    })),
    // It is refused with its reason: a table of fds belongs to a process.
    tids: multiple(option("-t", "--tid", integer({ metavar: "TID" }), { hidden: true })),
    deadOnly: option("--dead-only", {
      description: message`Only who holds pidfds of processes that have ended.`,
    }),
    top: withDefault(
      option("--top", integer({ metavar: "N", min: 1, max: TOP_MAX }), {
        description: message`Show so many processes at most.`,
      }),
      TOP,
    ),
    failOn: optional(option("--fail-on", choice(FAIL_ON, { metavar: "WHAT" }), {
      description:
        message`Exit code 1 only when a pidfd of an ended process is kept ("dead"), or any at all ("any"); 4 when not all could be looked at.`,
    })),
    json: option("--json", { description: message`One JSON object for each process, and what follows.` }),
  }),
);

/** The options of `leaks`. */
export type LeaksOptions = InferValue<typeof leaks>;
