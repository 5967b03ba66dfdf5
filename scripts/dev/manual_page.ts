/**
 * A page of the manual in Markdown.
 *
 * @module
 */

import { COMMAND_STATUS, EXIT_MEANINGS } from "../cli/exit_code.ts";
import { HELP_ENTRIES, manual, pageName } from "../cli/manual.ts";
import type { ManualEntry, ManualExample, ManualPage } from "../cli/manual.ts";

/** A page and the name of its file. */
export interface ManualFile {
  /** Such as `trace-clone-plan.md`. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
}

/** Returns the page of the tool and one for each command. */
export function manualFiles(): readonly ManualFile[] {
  const top = manual();
  const pages = [top, ...top.commands];
  return pages.map((page) => ({
    name: `${pageName(page)}.md`,
    text: markdownPage(page, pages.filter((it) => it !== page)),
  }));
}

/** Returns the list of exit codes, for any page. */
export function exitCodeList(): readonly string[] {
  return EXIT_MEANINGS.map(({ codes, meaning }) =>
    `- ${codes.map((it) => `\`${it}\``).join(" ")}: ${meaning}`
  );
}

function markdownPage(page: ManualPage, siblings: readonly ManualPage[]): string {
  const lines = [
    `# ${pageName(page)}`,
    ...section("NAME", [`\`${pageName(page)}\` - ${markdownText(page.brief.replace(/\.$/, ""))}`]),
    ...section("SYNOPSIS", fenced(page.synopsis)),
    ...section("DESCRIPTION", paragraphs([page.brief, ...page.description])),
    ...commands(page),
    ...section("OPTIONS", entries(page.options)),
    ...(page.words.length === 0 ? section("HELP", entries(HELP_ENTRIES)) : []),
    ...section("EXAMPLES", examples(page.examples)),
    ...section("EXIT STATUS", [...exitCodeList(), "", markdownText(COMMAND_STATUS)]),
    ...section("EVENTS", ["[Every event and every field](../events.md)."]),
    ...section("SEE ALSO", [
      siblings.map((it) => `[${pageName(it)}](${pageName(it)}.md)`).join(", "),
      "",
      "This page is made from the grammar in `scripts/cli/grammar.ts` by `deno task generate`; the command `man` prints",
      "it for a terminal.",
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function commands(page: ManualPage): readonly string[] {
  if (page.words.length === 0) {
    const rows = page.commands.map((it) =>
      `- [${it.words.join(" ")}](${pageName(it)}.md): ${markdownText(it.brief)}`
    );
    return section("COMMANDS", rows);
  }
  const parts = page.commands.flatMap((it) => {
    const all = [
      paragraphs([it.brief, ...it.description]),
      fenced(it.synopsis),
      entries(it.options),
      examples(it.examples),
    ];
    return [
      `### ${it.words.join(" ")}`,
      "",
      ...all.filter((part) => part.length > 0).flatMap((part) => [...part, ""]),
    ];
  });
  return section("COMMANDS", parts.slice(0, -1));
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `## ${title}`, "", ...lines];
}

function paragraphs(all: readonly string[]): readonly string[] {
  return all.flatMap((text, at) => at === 0 ? [markdownText(text)] : ["", markdownText(text)]);
}

function entries(all: readonly ManualEntry[]): readonly string[] {
  return all.map(({ term, text }) => `- \`${term}\`: ${markdownText(text)}`);
}

function examples(all: readonly ManualExample[]): readonly string[] {
  return all.length === 0 ? [] : fenced(all.flatMap(({ line, text }) => [`# ${text}`, line]), "sh");
}

function fenced(lines: readonly string[], language = "text"): readonly string[] {
  return [`\`\`\`${language}`, ...lines, "```"];
}

/** Text in which nothing is markup but what stands between backticks. */
function markdownText(text: string): string {
  return text.split(/(`[^`]*`)/).map((part, at) =>
    at % 2 === 1 ? part : part.replaceAll(/[\\*_<>[\]#]/g, "\\$&")
  ).join("");
}
