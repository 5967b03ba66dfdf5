/**
 * Several readings, done by one program: each program that is started over ssh costs a session.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { RunBytesResult } from "./run.ts";

/** One thing to read; paths are absolute. */
export type Reading =
  /** A whole file. */
  | { readonly kind: "file"; readonly path: string }
  /** The names in a folder, each with a NUL behind it. */
  | { readonly kind: "folder"; readonly path: string }
  /** The lines with one of the words, which are not empty and have no line feed in them. */
  | { readonly kind: "lines"; readonly path: string; readonly words: readonly string[] }
  /** What constant shell text of ours says. */
  | { readonly kind: "script"; readonly text: string };

/**
 * Constant POSIX shell text that does what its parameters say, three of them for each reading. Behind each output comes a
 * line with a mark that nothing read has in it, and the status; the same mark parts the messages.
 *
 * A line feed parts the words of grep, so that they are one parameter: each parameter costs a process on the far side.
 * The slash at the end of a folder makes find follow a symbolic link.
 */
const READ = `while [ $# -ge 3 ]; do
case $1 in
file) cat -- "$2";;
folder) find "$2" -mindepth 1 -maxdepth 1 -print0;;
lines) grep -a -F -e "$3" -- "$2";;
script) sh -c "$2";;
esac
printf '\\n%s %d\\n' "$0" "$?"
printf '%s\\n' "$0" >&2
shift 3
done`;

/**
 * The program that does the readings.
 *
 * @param readings what to read
 * @param options `mark`: a text that was drawn at random
 * @returns words for `Host.spawn`
 */
export function readingsArgv(
  readings: readonly Reading[],
  options: { readonly mark: string },
): readonly string[] {
  return ["sh", "-c", READ, options.mark, ...readings.flatMap(wordsOf)];
}

/**
 * Takes apart what the program said.
 *
 * @param result its outputs
 * @param options `mark`: the one that it was given
 * @returns what was said for each reading, in their order; fewer when the program did not come to its end
 */
export function splitReadings(
  result: RunBytesResult,
  options: { readonly mark: string },
): readonly RunBytesResult[] {
  const { mark } = options;
  const { buffer, byteOffset, byteLength } = result.stdout;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const messages = result.stderr.split(`${mark}\n`);
  const found: RunBytesResult[] = [];
  for (let begin = 0;;) {
    const end = bytes.indexOf(`\n${mark} `, begin);
    const statusBegin = end + mark.length + 2;
    const statusEnd = bytes.indexOf("\n", statusBegin);
    if (end === -1 || statusEnd === -1) return found;
    found.push({
      code: Number(bytes.toString("latin1", statusBegin, statusEnd)),
      stdout: result.stdout.subarray(begin, end),
      stderr: messages[found.length] ?? "",
    });
    begin = statusEnd + 1;
  }
}

/** The three parameters of a reading. */
function wordsOf(reading: Reading): readonly [string, string, string] {
  switch (reading.kind) {
    case "file":
      return ["file", reading.path, ""];
    case "folder":
      return ["folder", reading.path.endsWith("/") ? reading.path : `${reading.path}/`, ""];
    case "lines":
      return ["lines", reading.path, reading.words.join("\n")];
    case "script":
      return ["script", reading.text, ""];
    default:
      return reading satisfies never;
  }
}
