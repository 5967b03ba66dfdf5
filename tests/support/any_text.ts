/**
 * Random text of any characters: controls, formats, private ones, halves of pairs.
 *
 * @module
 */

import fc from "fast-check";

/** Half of the characters are ASCII; fast-check's own unit "binary" takes a second to prepare. */
const codePoint = fc.oneof(fc.nat(0x7f), fc.nat(0x2fff), fc.nat(0x10ffff));

/** Any text of so many characters at most. */
export function anyText(lengthMax: number): fc.Arbitrary<string> {
  return fc.array(codePoint, { maxLength: lengthMax }).map((it) => String.fromCodePoint(...it));
}
