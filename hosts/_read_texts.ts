/**
 * Several files, read by one program.
 *
 * @module
 */

import type { RunBytesResult } from "./run.ts";

/**
 * Constant POSIX shell text that writes the files that are its parameters, and behind each a line with a mark that no
 * file has in it, and the status of `cat`. The same mark parts its messages.
 */
const READ_TEXTS = `for path; do
cat -- "$path"
printf '\\n%s %d\\n' "$0" "$?"
printf '%s\\n' "$0" >&2
done`;

/**
 * The program that reads the files.
 *
 * @param paths absolute paths
 * @param options `mark`: a text that was drawn at random
 * @returns words for `Host.spawn`
 */
export function readTextsArgv(
  paths: readonly string[],
  options: { readonly mark: string },
): readonly string[] {
  return ["sh", "-c", READ_TEXTS, options.mark, ...paths];
}

/**
 * Takes apart what the program said.
 *
 * @param result its outputs
 * @param options `mark`: the one that it was given
 * @returns what `cat` said for each file, in their order; fewer when the program did not come to its end
 */
export function splitTexts(
  result: RunBytesResult,
  options: { readonly mark: string },
): readonly RunBytesResult[] {
  const { mark } = options;
  // One character for each byte: it is only searched.
  const text = new TextDecoder("latin1").decode(result.stdout);
  const messages = result.stderr.split(`${mark}\n`);
  const found: RunBytesResult[] = [];
  let begin = 0;
  for (const match of text.matchAll(new RegExp(`\\n${mark} (\\d+)\\n`, "g"))) {
    found.push({
      code: Number(match[1]),
      stdout: result.stdout.subarray(begin, match.index),
      stderr: messages[found.length] ?? "",
    });
    begin = match.index + match[0].length;
  }
  return found;
}
