/**
 * A recording that cannot be read, wholly or from some line on.
 *
 * @module
 */

/** What is wrong with a recording. */
export type RecordingProblem =
  /** The file is something else, or ends before anything was recorded. */
  | "not-a-recording"
  /** It is a recording in a form that this version does not read. */
  | "other-version"
  /** It is a recording up to here. */
  | "damaged";

/** Options of {@linkcode RecordingError}. */
export interface RecordingErrorOptions {
  /** What is wrong. */
  readonly problem: RecordingProblem;
  /** Number of the line, from 1. */
  readonly line: number;
  /** What the user can do next. */
  readonly hint: string;
}

/**
 * A recording that cannot be read, wholly or from some line on.
 *
 * @example
 * ```ts
 * import { RecordingError } from "./recording_error.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new RecordingError("Cannot read the recording: it is empty", {
 *   problem: "not-a-recording",
 *   line: 1,
 *   hint: "Make one with trace-clone record FILE",
 * });
 * assert.equal(error.line, 1);
 * ```
 */
export class RecordingError extends Error {
  /** What is wrong. */
  readonly problem: RecordingProblem;
  /** Number of the line, from 1. */
  readonly line: number;
  /** What the user can do next. */
  readonly hint: string;

  /** Creates the error; see {@linkcode RecordingErrorOptions}. */
  constructor(message: string, options: RecordingErrorOptions) {
    super(message);
    this.name = "RecordingError";
    this.problem = options.problem;
    this.line = options.line;
    this.hint = options.hint;
  }
}
