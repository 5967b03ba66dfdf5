/**
 * A page of the manual in the language of man(7).
 *
 * @module
 */

import { COMMAND_STATUS, EXIT_MEANINGS } from "./exit_code.ts";
import { HELP_ENTRIES, pageName, PROGRAM } from "./manual.ts";
import type { ManualEntry, ManualExample, ManualPage } from "./manual.ts";

/** Characters that roff would take for something else, or would print as another one. */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/**
 * Returns text as roff prints it unchanged, in one line.
 *
 * @param text any text
 * @returns a line that holds no request of roff
 *
 * @example
 * ```ts
 * import { roffText } from "./roff.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(roffText(".so a-file\n.TH"), "\\&.so a\\-file .TH");
 * ```
 */
export function roffText(text: string): string {
  const escaped = text.replaceAll(/\s+/g, " ").replaceAll(/[\\\-'"`^~]|[^\x20-\x7e]/gu, (it) => {
    const code = it.codePointAt(0) ?? 0;
    return SPECIAL[it] ?? `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  });
  return escaped.startsWith(".") ? `\\&${escaped}` : escaped;
}

/**
 * Returns a page for `man -l`.
 *
 * @param page the page
 * @param options `version` of the tool; `siblings`: the other pages of the manual
 * @returns roff with the man macros
 */
export function roffPage(
  page: ManualPage,
  options: { readonly version: string; readonly siblings: readonly ManualPage[] },
): string {
  const name = pageName(page);
  const lines = [
    `.TH "${roffText(name.toUpperCase())}" 1 "" "${
      roffText(`${PROGRAM} ${options.version}`)
    }" "User Commands"`,
    ".SH NAME",
    `${roffText(name)} \\- ${roffText(page.brief.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    ...verbatim(page.synopsis),
    ".SH DESCRIPTION",
    ...[page.brief, ...page.description].flatMap((it) => [".PP", roffText(it)]),
    ...commands(page),
    ...titled("OPTIONS", entries(page.options)),
    ...(page.words.length === 0 ? titled("HELP", entries(HELP_ENTRIES)) : []),
    ".SH EXAMPLES",
    ...examples(page.examples),
    ".SH EXIT STATUS",
    ...entries(EXIT_MEANINGS.map(({ codes, meaning }) => ({ term: codes.join(", "), text: meaning }))),
    ".PP",
    roffText(COMMAND_STATUS),
    ".SH EVENTS",
    roffText("docs/events.md in the repository lists every event and every field."),
    ".SH SEE ALSO",
    options.siblings.map((it) => `\\fB${roffText(pageName(it))}\\fR(1)`).join(",\n"),
  ];
  // A heading begins a paragraph by itself.
  const isDoubled = (line: string, at: number) => line === ".PP" && /^\.S[HS] /.test(lines[at - 1] ?? "");
  return `${lines.filter((line, at) => !isDoubled(line, at)).join("\n")}\n`;
}

/** The commands of the tool by name, those of a command in full. */
function commands(page: ManualPage): readonly string[] {
  if (page.commands.length === 0) return [];
  if (page.words.length === 0) {
    return titled(
      "COMMANDS",
      entries(page.commands.map((it) => ({ term: it.words.join(" "), text: it.brief }))),
    );
  }
  return titled(
    "COMMANDS",
    page.commands.flatMap((it) => [
      `.SS "${roffText(it.words.join(" "))}"`,
      ...verbatim(it.synopsis),
      ...[it.brief, ...it.description].flatMap((text) => [".PP", roffText(text)]),
      ...entries(it.options),
      ...examples(it.examples),
    ]),
  );
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

function entries(all: readonly ManualEntry[]): readonly string[] {
  return all.flatMap(({ term, text }) => [".TP", `\\fB${roffText(term)}\\fR`, roffText(text)]);
}

function examples(all: readonly ManualExample[]): readonly string[] {
  return all.flatMap(({ line, text }) => [".PP", roffText(text), ...verbatim([`    ${line}`])]);
}

/** Lines that are not filled; leading blanks stay. */
function verbatim(lines: readonly string[]): readonly string[] {
  const indented = (line: string) =>
    "\\ ".repeat(line.length - line.trimStart().length) + roffText(line.trim());
  return [".PP", ".nf", ...lines.map(indented), ".fi"];
}
