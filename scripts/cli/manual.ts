/**
 * The manual, read off the grammar: one page for the tool and one for each of its commands.
 *
 * @module
 */

import type { DocEntry } from "@optique/core/doc";
import { formatMessage } from "@optique/core/message";
import type { Message } from "@optique/core/message";
import { getDocPage } from "@optique/core/parser";
import { formatUsage } from "@optique/core/usage";
import type { Usage } from "@optique/core/usage";
import { BRIEF, EXAMPLES, grammar, USAGE } from "./grammar.ts";

/** Name of the program in every page. */
export const PROGRAM = "trace-clone";

/** What stands before the words of every example. */
export const EXAMPLE_PREFIX = `deno run ${PROGRAM} `;

/** Something with an explanation: an option, an argument, a command. */
export interface ManualEntry {
  /** As it is typed. */
  readonly term: string;
  /** What it does, with its default and the values that it takes. */
  readonly text: string;
}

/** A command line that works, and what it shows. */
export interface ManualExample {
  /** The whole line. */
  readonly line: string;
  /** What it shows. */
  readonly text: string;
}

/** One page of the manual, or one command inside of a page. */
export interface ManualPage {
  /** Words that lead to the command; none for the tool as a whole. */
  readonly words: readonly string[];
  /** What it does, in one sentence with a full stop. */
  readonly brief: string;
  /** How it is called, one form a line. */
  readonly synopsis: readonly string[];
  /** More about it, one paragraph each. */
  readonly description: readonly string[];
  /** Its options and arguments. */
  readonly options: readonly ManualEntry[];
  /** Its commands. */
  readonly commands: readonly ManualPage[];
  /** What to try. */
  readonly examples: readonly ManualExample[];
}

/** What the tool does about itself; these words are not in the grammar but in what reads it. */
export const HELP_ENTRIES: readonly ManualEntry[] = [
  { term: "help [COMMAND]", text: "Show help, the same as --help behind the command." },
  { term: "completions SHELL", text: "Print a completion script: bash, fish, nu, pwsh or zsh." },
  { term: "-h, --help", text: "Show help." },
  { term: "--version", text: "Show the version." },
];

const ABOUT = [
  "Looks at the kernel of the target, generates the bpftrace program that fits it, runs it there, and follows " +
  "the events with a model of the pidfd lifecycle: the reference count that struct pid has, and the one that it " +
  "should have. What could not be seen is called undetermined.",
  "A run ends by itself, and leaves no probe, process or file behind. Events go to standard output, everything " +
  "else to standard error.",
];

/**
 * Reads the manual off the grammar.
 *
 * @returns the page of the tool; its `commands` are the other pages
 *
 * @example
 * ```ts
 * import { manual } from "./manual.ts";
 * import assert from "node:assert/strict";
 *
 * const plan = manual().commands.find((page) => page.words.join(" ") === "plan");
 * assert.deepEqual(plan?.synopsis, ["trace-clone plan [OPTION...]"]);
 * ```
 */
export function manual(): ManualPage {
  const top = readPage([]);
  return {
    ...top,
    brief: plain(BRIEF),
    synopsis: synopsisOf(USAGE),
    description: ABOUT,
    examples: examplesOf(EXAMPLES),
  };
}

/** Returns the name of a page, such as `trace-clone-plan`. */
export function pageName(page: ManualPage): string {
  return [PROGRAM, ...page.words].join("-");
}

function readPage(words: readonly string[]): ManualPage {
  const page = getDocPage(grammar, words);
  const entries = (page?.sections ?? []).flatMap((section) => section.entries);
  const commands = entries.flatMap(({ term }) => term.type === "command" ? [term.name] : []);
  return {
    words,
    brief: plain(page?.brief),
    synopsis: synopsisOf(page?.usage ?? []),
    description: page?.description === undefined ? [] : plain(page.description).split("\n\n"),
    options: entries.filter(({ term }) => term.type !== "command").map(entryOf),
    commands: commands.map((name) => readPage([...words, name])),
    examples: examplesOf(page?.footer),
  };
}

function entryOf({ term, description, default: value, choices }: DocEntry): ManualEntry {
  const parts = [
    plain(description),
    ...(choices === undefined ? [] : [`One of ${plain(choices)}.`]),
    ...(value === undefined ? [] : [`Default: ${plain(value)}.`]),
  ];
  const names = term.type === "option" ? term.names.join(", ") : "";
  const metavar = "metavar" in term && term.metavar !== undefined ? term.metavar : "";
  return {
    term: [names, metavar].filter((it) => it !== "").join(" "),
    text: parts.filter((it) => it !== "").join(" "),
  };
}

function synopsisOf(usage: Usage): readonly string[] {
  const first = usage[0];
  const forms = usage.length === 1 && first?.type === "exclusive" ? first.terms : [usage];
  return forms.flatMap((form) => formatUsage(PROGRAM, form, { expandCommands: true }).split("\n"));
}

/** The command lines of a footer, and the line that explains each. */
function examplesOf(footer: Message | undefined): readonly ManualExample[] {
  const lines = plain(footer).split("\n").map((it) => it.trim());
  return lines.flatMap((line, at) =>
    line.startsWith(EXAMPLE_PREFIX) ? [{ line, text: lines[at + 1] ?? "" }] : []
  );
}

function plain(words: Message | undefined): string {
  return words === undefined ? "" : formatMessage(words, { colors: false, quotes: false }).trim();
}
