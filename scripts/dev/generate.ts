/**
 * Writes the generated documents: the JSON Schema of the events, and the page about them.
 *
 * `--check` writes nothing and exits with 1 when a document is out of date.
 *
 * @module
 */

import { COMMON_FIELDS, EVENT_TABLE, jsonSchema } from "../../schema/mod.ts";
import type { PublishedField, PublishedFields } from "../../schema/mod.ts";

/** A generated document. */
export interface Document {
  /** Its path from the top of the repository. */
  readonly path: string;
  /** What it should hold. */
  readonly text: string;
}

/** Returns all generated documents. */
export function documents(): readonly Document[] {
  return [
    { path: "docs/schema/trace-clone-1.json", text: `${JSON.stringify(jsonSchema(), null, 2)}\n` },
    { path: "docs/events.md", text: eventsPage() },
  ];
}

function eventsPage(): string {
  const lines = [
    "# Events",
    "",
    "One JSON object a line, in UTF-8. The [JSON Schema](schema/trace-clone-1.json) and this page are made from the",
    "table in `schema/event_table.ts` by `deno task generate`. 64-bit numbers are strings of decimal digits. `null` says",
    "that a value is not known; 0 never does. New fields and types may come; those that are here stay.",
    "",
    "## All events",
    "",
    ...rows(COMMON_FIELDS),
  ];
  for (const [type, event] of Object.entries(EVENT_TABLE)) {
    lines.push("", `## ${type}`, "", `${event.meaning}.`, "", ...rows(event.fields));
  }
  return `${lines.join("\n")}\n`;
}

function rows(fields: PublishedFields): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) => row(name, field));
}

function row(name: string, field: PublishedField): readonly string[] {
  const kind = field.fields !== undefined
    ? "object"
    : field.values !== undefined
    ? field.values.map((it) => `\`${it}\``).join(" ")
    : field.kind;
  const nullable = field.nullable === true ? " or null" : "";
  const own = `- \`${name}\` (${kind}${nullable}): ${field.meaning}`;
  if (field.fields === undefined) return [own];
  return [own, ...rows(field.fields).map((it) => `  ${it}`)];
}

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes("--check");
  let stale = 0;
  for (const { path, text } of documents()) {
    const url = new URL(`../../${path}`, import.meta.url);
    const present = await Deno.readTextFile(url).catch(() => undefined);
    if (present === text) continue;
    stale += 1;
    if (check) console.error(`out of date: ${path}; run deno task generate`);
    else {
      await Deno.mkdir(new URL(".", url), { recursive: true });
      await Deno.writeTextFile(url, text);
      console.log(`wrote ${path}`);
    }
  }
  return check && stale > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
