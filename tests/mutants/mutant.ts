/**
 * A bug that is put into a copy of the model, to see whether the tests notice.
 *
 * @module
 */

/** One bug in one place. */
export interface Mutant {
  /** The file, from the top of the repository. */
  readonly file: string;
  /** What stands there, exactly once. */
  readonly original: string;
  /** What is put into its place. */
  readonly replacement: string;
  /** What the model does wrong with it: a sentence without its full stop. */
  readonly bug: string;
}

/**
 * How often a text is part of another one.
 *
 * @param text where to look
 * @param part what to look for
 * @returns the number
 */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

/**
 * Puts a mutant into the text of its file.
 *
 * @param text what the file has now
 * @param mutant the mutant
 * @returns the text with the bug
 * @throws {RangeError} when the original is not there exactly once, or nothing would change
 */
export function mutate(text: string, { file, original, replacement }: Mutant): string {
  const many = occurrences(text, original);
  if (many !== 1) {
    throw new RangeError(
      `Cannot put a bug into "${file}": "${original}" must be there once, it is there ${many} times`,
    );
  }
  if (original === replacement) throw new RangeError(`Cannot put a bug into "${file}": it changes nothing`);
  return text.replace(original, () => replacement);
}
