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
