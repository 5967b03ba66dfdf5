/**
 * A yes of the user's, before anything is done to a machine.
 *
 * @module
 */

import { unlessEnded } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** Where an answer comes from. */
export interface Answers {
  /** Whether somebody is there who can be asked. */
  readonly canAsk: boolean;
  /** Reads the next line; `undefined` at the end. */
  read(): Promise<string | undefined>;
}

/** Longest answer that is read, in bytes. */
const ANSWER_BYTES_MAX = 1024;

/** The terminal of the process, if both its input and what is told to people are one. */
export function terminalAnswers(): Answers {
  return {
    canAsk: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
    async read() {
      const bytes = new Uint8Array(ANSWER_BYTES_MAX);
      const length = await Deno.stdin.read(bytes);
      return length === null ? undefined : new TextDecoder().decode(bytes.subarray(0, length));
    },
  };
}

/** What is asked. */
export interface Question {
  /** Everything that the user has to know. */
  readonly text: string;
  /** The question, which a yes answers. */
  readonly question: string;
  /** What cannot be done without a yes, for the error. */
  readonly refused: string;
  /** What to do when nobody can be asked. */
  readonly hint: string;
}

/**
 * Tells what is about to be done, and waits for a yes.
 *
 * @param question what is asked
 * @param asking who is asked, and what ends it
 * @throws {CliError} with code 2 when nobody can be asked, or when the answer is no yes
 * @throws the signal's reason when it was aborted first
 */
export async function askConsent(
  question: Question,
  asking: { readonly answers: Answers; readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const { answers, terminal, signal } = asking;
  terminal.note(question.text);
  if (!answers.canAsk) {
    throw new CliError(question.refused, { code: EXIT.usage, hint: question.hint });
  }
  terminal.note(`${question.question} [y/N]`);
  const answer = await unlessEnded(signal, answers.read());
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? "")) return;
  throw new CliError(`${question.refused}: the answer was no`, { code: EXIT.usage, hint: question.hint });
}
