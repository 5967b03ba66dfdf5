/**
 * How many columns of a terminal a text takes, and text cut and wrapped by them.
 *
 * @module
 */

/** Characters that most terminals show two columns wide: East Asian ones, and emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Emoji_Presentation}\u{2e80}-\u{303e}\u{3200}-\u{33ff}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}]/u;

/** Characters that are drawn over the one before them; they are counted as if they were not. */
function widthOf(character: string): number {
  return WIDE.test(character) ? 2 : 1;
}

/** Returns the columns that a text takes at most. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** Returns a text that takes no more than so many columns; `~` stands for what was cut off. */
export function cutTo(text: string, columnsMax: number): string {
  if (columnsOf(text) <= columnsMax) return text;
  let cut = "";
  let columns = 1;
  for (const character of text) {
    columns += widthOf(character);
    if (columns > columnsMax) break;
    cut += character;
  }
  return `${cut}~`;
}

/**
 * Returns words as lines of so many columns at most; a word that is longer is broken.
 *
 * @param text words with spaces between them
 * @param columnsMax columns of a line
 * @param options text that begins every line but the first
 * @returns lines without line ends
 */
export function wrap(text: string, columnsMax: number, options: { readonly indent: string }): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) <= columnsMax) {
      line = longer;
      continue;
    }
    if (line.trim() !== "") lines.push(line);
    line = "";
    for (const character of `${lines.length === 0 ? "" : options.indent}${word}`) {
      if (columnsOf(line) + widthOf(character) > columnsMax) {
        lines.push(line);
        line = options.indent;
      }
      line += character;
    }
  }
  if (line.trim() !== "" || lines.length === 0) lines.push(line);
  return lines;
}
