/**
 * How the words of a command reach another machine without any shell reading them.
 *
 * ssh has no way to hand over a list of words: it joins them with spaces, and the login shell of the far side reads
 * the line. So the line that we send is always the same constant, {@linkcode REMOTE_COMMAND}, and the words travel as
 * data on its standard input, one line each:
 *
 * ```text
 * aprintf                 the first word
 * a\0045s\0134n           the second: %s\n
 * .                       no more words; the rest of the input is the program's own
 * ```
 *
 * @module
 */

import { quote } from "./_text.ts";

/** Shell text that makes messages parseable, and programs of the administrator findable. */
export const ENVIRONMENT = "LC_ALL=C PATH=$PATH:/usr/sbin:/sbin; export LC_ALL PATH";

/**
 * What the far side prints just before it starts the program. What comes before it was said by the login shell's
 * start-up files; when it never comes, no program was started.
 */
export const READY_LINE = "trace-clone:ready\n";

/**
 * Constant POSIX shell text that reads the words from its standard input and runs that program.
 *
 * It has no single quote, backslash, line feed or exclamation mark, so that it stands unharmed between single quotes in
 * every login shell: POSIX ones, csh and fish alike. The sentinel x keeps line feeds at the end of a word, which a
 * command substitution would drop. POSIX wants `read` to take byte by byte where it cannot seek, so that nothing of the
 * program's own input is lost. `exec` never takes a word for something of the shell's own, such as `eval`; it happens in
 * a subshell, because ssh has only one status for all signals, and a shell says 128 + n.
 */
export const BOOT: string = `${ENVIRONMENT}; ` +
  "while IFS= read -r line; do case $line in " +
  'a*) word=$(printf %bx "${line#a}"); case $word in *x) set -- "$@" "${word%x}";; *) exit 125;; esac;; ' +
  `.) echo ${READY_LINE.trim()}; (exec "$@"); exit $?;; ` +
  "*) exit 125;; esac; done; exit 125";

/** The one command line that is ever sent over ssh. */
export const REMOTE_COMMAND = `exec sh -c '${BOOT}'`;

/** Bytes that stand for themselves; the others are written in octal. */
const PLAIN = new Set(
  new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.,:=+-"),
);

/**
 * Refuses what cannot be the words of a command.
 *
 * @param argv program and arguments
 * @throws {TypeError} when there is no program, its name is empty or begins with a dash (which a shell's `exec` would
 *   take as an option), or a word has a NUL or half a surrogate pair in it
 *
 * @example
 * ```ts
 * import { checkArgv } from "./argv_frame.ts";
 * import assert from "node:assert/strict";
 *
 * checkArgv(["ls", "-l"]);
 * assert.throws(() => checkArgv(["-l"]), TypeError);
 * ```
 */
export function checkArgv(argv: readonly string[]): void {
  const program = argv[0] ?? "";
  if (program === "" || program.startsWith("-")) {
    throw new TypeError(
      `Cannot start a program: a name without a dash in front is required, was ${quote(program)}`,
    );
  }
  for (const word of argv) {
    if (!word.includes("\0") && word.isWellFormed()) continue;
    throw new TypeError(
      `Cannot start ${quote(program)}: words of whole characters without NUL are required, was ${
        quote(word)
      }`,
    );
  }
}

/**
 * Writes the words of a command as {@linkcode BOOT} reads them.
 *
 * @param argv program and arguments
 * @returns the bytes to send before the program's own input
 * @throws {TypeError} when {@linkcode checkArgv} refuses the words
 *
 * @example
 * ```ts
 * import { encodeArgv } from "./argv_frame.ts";
 * import assert from "node:assert/strict";
 *
 * const text = new TextDecoder().decode(encodeArgv(["echo", "$(id)\n"]));
 * assert.equal(text, "aecho\na\\0044\\0050id\\0051\\0012\n.\n");
 * ```
 */
export function encodeArgv(argv: readonly string[]): Uint8Array<ArrayBuffer> {
  checkArgv(argv);
  const lines = argv.map((word) => `a${Array.from(new TextEncoder().encode(word), escapeByte).join("")}\n`);
  return new TextEncoder().encode(`${lines.join("")}.\n`);
}

/** One byte, as `printf %b` reads it. */
function escapeByte(byte: number): string {
  return PLAIN.has(byte) ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`;
}
