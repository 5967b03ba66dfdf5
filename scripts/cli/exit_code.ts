/**
 * The exit codes, and which one a run has.
 *
 * @module
 */

/** Exit codes of the tool, by what they say. */
export const EXIT = {
  well: 0,
  broken: 1,
  usage: 2,
  cannotRun: 3,
  undetermined: 4,
  budget: 5,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** One of {@linkcode EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What some exit codes say, for `--help`, the manual pages and the README. */
export interface ExitMeaning {
  /** The codes that say it. */
  readonly codes: readonly ExitCode[];
  /** In a few words. */
  readonly brief: string;
  /** In one sentence. */
  readonly meaning: string;
}

/** The exit codes in words, in the order of the numbers: the source of every page that tells them. */
export const EXIT_MEANINGS: readonly ExitMeaning[] = [
  { codes: [EXIT.well], brief: "well", meaning: "All well; a limit that the user gave was reached." },
  { codes: [EXIT.broken], brief: "a rule is broken", meaning: "A leak or a broken rule was found." },
  { codes: [EXIT.usage], brief: "usage", meaning: "The command line cannot be understood." },
  {
    codes: [EXIT.cannotRun],
    brief: "cannot run here",
    meaning: "It cannot be done here; standard error says why, and what would work.",
  },
  {
    codes: [EXIT.undetermined],
    brief: "undetermined",
    meaning: "Undetermined: something was lost or cannot be observed.",
  },
  {
    codes: [EXIT.budget],
    brief: "a budget ended it",
    meaning: "A budget of the tool's own ended the run early; the result is partial.",
  },
  {
    codes: [EXIT.hangup, EXIT.interrupted, EXIT.terminated],
    brief: "signals",
    meaning: "SIGHUP, SIGINT or SIGTERM ended the run; what was seen until then was written.",
  },
];

/** The status of a run with a command of the user's, in one sentence. */
export const COMMAND_STATUS =
  "With -- CMD: the status of CMD, 128 and the number of the signal that ended it; a code of ours other than 0 is then told on standard error.";

/**
 * Returns all exit codes in one line, for `--help`.
 *
 * @example
 * ```ts
 * import { exitCodesLine } from "./exit_code.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(exitCodesLine(), /2 usage, 3 cannot run here/);
 * ```
 */
export function exitCodesLine(): string {
  const codes = EXIT_MEANINGS.map(({ codes, brief }) => `${codes.join("/")} ${brief}`).join(", ");
  return `Exit codes: ${codes}. With -- CMD: the status of CMD.`;
}

const PRECEDENCE: readonly ExitCode[] = [
  EXIT.usage,
  EXIT.cannotRun,
  EXIT.interrupted,
  EXIT.terminated,
  EXIT.hangup,
  EXIT.broken,
  EXIT.undetermined,
  EXIT.budget,
  EXIT.well,
];

/**
 * Returns the one code of a run: the first that applies.
 *
 * @param codes all that apply
 * @returns one of them, 0 when there is none
 */
export function firstExitCode(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.well;
}

/** Something that ends the program with a message of our own and a documented code. */
export class CliError extends Error {
  /** The exit code. */
  readonly code: ExitCode;
  /** What the user can do next. */
  readonly hint: string | undefined;

  /** Creates the error from what was tried and found. */
  constructor(message: string, options: { readonly code: ExitCode; readonly hint?: string }) {
    super(message);
    this.name = "CliError";
    this.code = options.code;
    this.hint = options.hint;
  }
}
