/**
 * Writes the generated documents: the JSON Schemas of what is printed, the pages about it and about the checks, the
 * rules, the manual, and the lists in pages that are otherwise written by hand.
 *
 * `--check` writes nothing and exits with 1 when a document is out of date.
 *
 * @module
 */

import { CHECK_RULES } from "../../kernel/mod.ts";
import { ANSWER_FIELDS, ANSWER_TABLE, answerSchema } from "../../schema/mod.ts";
import { COMMON_FIELDS, EVENT_TABLE, jsonSchema } from "../../schema/mod.ts";
import type { PublishedField, PublishedFields } from "../../schema/mod.ts";
import { LAB_PACKAGES } from "../../lab/mod.ts";
import { bpftracePage } from "./bpftrace_page.ts";
import { eventExamples } from "./event_examples.ts";
import { leaksPage } from "./leaks_page.ts";
import { exitCodeList, manualFiles } from "./manual_page.ts";
import { mutantTable } from "./mutant_table.ts";
import { rulesPage } from "./rules_page.ts";

/** A generated document. */
export interface Document {
  /** Its path from the top of the repository. */
  readonly path: string;
  /** What it should hold. */
  readonly text: string;
}

/**
 * Returns all generated documents.
 *
 * @throws {TypeError} when a page has no place for what is generated into it
 */
export async function documents(): Promise<readonly Document[]> {
  return [
    { path: "docs/schema/trace-clone-1.json", text: `${JSON.stringify(jsonSchema(), null, 2)}\n` },
    { path: "docs/events.md", text: eventsPage(await eventExamples()) },
    ...manualFiles().map(({ name, text }) => ({ path: `docs/man/${name}`, text })),
    await filled("README.md", { "exit codes": exitCodeList() }),
    await filled("docs/dependencies.md", { "lab packages": packageList() }),
    await filled("lab/mutants/README.md", { variants: mutantTable() }),
    { path: "docs/schema/trace-clone-answer-1.json", text: `${JSON.stringify(answerSchema(), null, 2)}\n` },
    { path: "docs/doctor.md", text: doctorPage() },
    { path: "docs/bpftrace.md", text: bpftracePage() },
    { path: "docs/rules.md", text: rulesPage() },
    { path: "docs/leak-families.md", text: leaksPage() },
  ];
}

/** A page of this repository with what stands between its marks written anew. */
async function filled(
  path: string,
  parts: Readonly<Record<string, readonly string[]>>,
): Promise<Document> {
  let text = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  for (const [mark, lines] of Object.entries(parts)) text = fill(text, { mark, lines });
  return { path, text };
}

/**
 * Writes anew what stands between `<!-- generated: MARK -->` and `<!-- end -->`.
 *
 * @param text a page
 * @param part the mark, and the lines that belong there
 * @returns the page
 * @throws {TypeError} when the page has no such mark
 *
 * @example
 * ```ts
 * import { fill } from "./generate.ts";
 * import assert from "node:assert/strict";
 *
 * const page = "<!-- generated: a -->\n\nold\n\n<!-- end -->\n";
 * const lines = ["- new"];
 * assert.equal(fill(page, { mark: "a", lines }), "<!-- generated: a -->\n\n- new\n\n<!-- end -->\n");
 * ```
 */
export function fill(
  text: string,
  part: { readonly mark: string; readonly lines: readonly string[] },
): string {
  const begin = `<!-- generated: ${part.mark} -->\n`;
  const from = text.indexOf(begin);
  const to = text.indexOf("<!-- end -->", from);
  if (from < 0 || to < 0) throw new TypeError(`Cannot fill a page: the mark "${begin.trim()}" is required`);
  return `${text.slice(0, from + begin.length)}\n${part.lines.join("\n")}\n\n${text.slice(to)}`;
}

function packageList(): readonly string[] {
  return LAB_PACKAGES.map(({ name, why, onlyWithoutRoot }) =>
    `- \`${name}\`${onlyWithoutRoot === true ? " (without root)" : ""}: ${why}`
  );
}

function eventsPage(examples: ReadonlyMap<string, string>): string {
  const lines = [
    "# Events",
    "",
    "One JSON object a line, in UTF-8. The [JSON Schema](schema/trace-clone-1.json) and this page are made from the",
    "table in `schema/event_table.ts` by `deno task generate`. 64-bit numbers are strings of decimal digits. `null` says",
    "that a value is not known; 0 never does. New fields and types may come; those that are here stay. The examples are",
    "what the model says about the scenarios of `tests/scenarios/`.",
    "",
    "## All events",
    "",
    ...rows(COMMON_FIELDS),
  ];
  for (const [type, event] of Object.entries(EVENT_TABLE)) {
    lines.push("", `## ${type}`, "", `${event.meaning}.`, "", ...rows(event.fields));
    const example = examples.get(type);
    if (example !== undefined) lines.push("", "```json", example, "```");
  }
  return `${lines.join("\n")}\n`;
}

function doctorPage(): string {
  const lines = [
    "# Doctor",
    "",
    "`trace-clone doctor` looks at the target and says what it has of all that tracing needs. It loads nothing and changes",
    "nothing. Each check has three answers: `ok`, `no`, and `?` for what cannot be told. It exits with 0 when there is a",
    "plan and with 3 when there is none; `trace` and `plan` refuse with the same sentences. What follows from another",
    "check's answer is not told again. This page is made from the checks themselves by `deno task generate`.",
  ];
  for (const rule of CHECK_RULES) {
    lines.push(
      "",
      `## ${rule.id}`,
      "",
      rule.why,
      "",
      `- Looks at: ${rule.looksAt}.`,
      `- Needed: ${rule.needed ? "yes" : "no"}.`,
      `- Remedy: ${rule.remedy}.`,
    );
  }
  lines.push(
    "",
    "## places",
    "",
    "What the plan itself misses when all of the above is there: a function that the compiler inlined, a struct without a",
    "member. It is a check of doctor only when something is missing.",
    "",
    "## JSON",
    "",
    "`doctor --json` prints one object a line: a `check` for each, and at the end a `verdict`. `plan --json` prints one",
    "object, a `plan`, and so do `confirm --json`, a `confirm`, `profile --json`, a `profile`, and `profile diff --json`, a",
    "`profile-diff`. `matrix --json` prints a `kernel` for each, and at the end a `matrix`. Their [JSON Schema](schema/trace-clone-answer-1.json) and this list are made from the table in",
    "`schema/answer_table.ts`. All of them begin with:",
    "",
    ...rows(ANSWER_FIELDS),
  );
  for (const [type, answer] of Object.entries(ANSWER_TABLE)) {
    lines.push("", `### ${type}`, "", `${answer.meaning}.`, "", ...rows(answer.fields));
  }
  return `${lines.join("\n")}\n`;
}

function rows(fields: PublishedFields): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) => row(name, field));
}

function row(name: string, field: PublishedField): readonly string[] {
  const kind = field.fields !== undefined
    ? "object"
    : field.items !== undefined
    ? "objects"
    : field.values !== undefined
    ? field.values.map((it) => `\`${it}\``).join(" ")
    : field.kind;
  const nullable = field.nullable === true ? " or null" : "";
  const own = `- \`${name}\` (${kind}${nullable}): ${field.meaning}`;
  const inside = field.fields ?? field.items;
  return inside === undefined ? [own] : [own, ...rows(inside).map((it) => `  ${it}`)];
}

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes("--check");
  let stale = 0;
  for (const { path, text } of await documents()) {
    const url = new URL(`../../${path}`, import.meta.url);
    const present = await Deno.readTextFile(url).catch(() => undefined);
    if (present === text) continue;
    stale += 1;
    if (check) console.error(`out of date: ${path}; run deno task generate`);
    else {
      // The top of the repository is there, and may not be written to.
      if (path.includes("/")) await Deno.mkdir(new URL(".", url), { recursive: true });
      await Deno.writeTextFile(url, text);
      console.log(`wrote ${path}`);
    }
  }
  return check && stale > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
