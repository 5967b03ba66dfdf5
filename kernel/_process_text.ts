/**
 * Shell text and parsers that readers of /proc share.
 *
 * @module
 */

/**
 * Constant POSIX shell text: `start_of FOLDER` sets `start` to field 22 of FOLDER/stat, the start time in clock ticks,
 * or to `-`.
 *
 * Field 2 is the name of the process, which may hold anything, line ends and parentheses too; so what stands behind the
 * last `) ` is taken, where the kernel prints only numbers and one letter.
 */
export const START_OF = `start_of() {
  start=-
  text=$(cat "$1/stat" 2>/dev/null) || return 1
  set -- \${text##*') '}
  [ "$#" -ge 20 ] || return 1
  start=\${20}
}`;

/** A number in decimal of at most 20 digits; `undefined` for `-` and everything else. */
export function numberOf(word: string | undefined): number | undefined {
  return word !== undefined && /^-?\d{1,15}$/.test(word) ? Number(word) : undefined;
}

/** The same for a number that may have 64 bits. */
export function bigNumberOf(word: string | undefined): bigint | undefined {
  return word !== undefined && /^\d{1,20}$/.test(word) ? BigInt(word) : undefined;
}

/** Numbers with blanks or tabs between them, as in `NSpid:`; none when it is anything else. */
export function numbersOf(text: string): readonly number[] {
  const words = text.trim().split(/[ \t]+/);
  const numbers = words.map(numberOf);
  return numbers.every((it) => it !== undefined) ? numbers : [];
}
