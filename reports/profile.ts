/**
 * How a kernel behaves, and how two of them differ, for people and for programs.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import type { Profile, ProfileDiff } from "../model/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { columnsOf, wrap } from "./_columns.ts";

/** Two profiles, and what differs; where each of them is from. */
export interface ProfileComparison extends ProfileDiff {
  /** The first one. */
  readonly a: Answer<"profile-diff">["a"];
  /** The second one. */
  readonly b: Answer<"profile-diff">["b"];
  /** See `EXIT`. */
  readonly exitCode: number;
}

/** Columns of the longest line. */
const COLUMNS_MAX = 79;

/**
 * Returns a profile as a table for people, and under it what is not known.
 *
 * @param profile what was found; its text may hold any character
 * @returns lines, the last with its line end
 * @example
 * ```ts
 * import { profileText } from "./profile.ts";
 * import assert from "node:assert/strict";
 *
 * const fact = { id: "pidfd-mode", value: "0700", unknown: null, says: "", how: "", rests_on: [] };
 * const about = { schema: "trace-clone/1", type: "profile", host: "local", machine: "x86_64" } as const;
 * const text = profileText({ ...about, release: "6.12.1", facts: [fact] });
 * assert.match(text, /^pidfd-mode  0700$/m);
 * ```
 */
export function profileText(profile: Profile): string {
  const known = profile.facts.filter((it) => it.value !== null);
  const unknown = profile.facts.flatMap(({ id, unknown }) => unknown === null ? [] : [{ id, why: unknown }]);
  const idColumns = Math.max(0, ...known.map((it) => columnsOf(it.id)));
  const rows = known.flatMap(({ id, value }) =>
    wrap(`${id.padEnd(idColumns)}  ${printableText(value ?? "")}`, COLUMNS_MAX, {
      indent: " ".repeat(Math.min(idColumns + 2, COLUMNS_MAX / 2)),
    })
  );
  return inLines([
    ...paragraph(`${profile.host}: Linux ${profile.release} on ${profile.machine}`),
    "",
    ...rows,
    ...unknownLines("Not known", unknown),
    "",
    `${counted(known.length, "fact")} known, ${unknown.length} not known`,
  ]);
}

/**
 * Returns a profile as one line of JSON.
 *
 * @param profile what was found
 * @returns one object, as the published JSON Schema of answers says
 * @example
 * ```ts
 * import { profileJson } from "./profile.ts";
 * import assert from "node:assert/strict";
 *
 * const about = { schema: "trace-clone/1", type: "profile", host: "local", machine: "x86_64" } as const;
 * assert.equal(JSON.parse(profileJson({ ...about, release: "6.12.1", facts: [] })).type, "profile");
 * ```
 */
export function profileJson(profile: Profile): string {
  return `${JSON.stringify(profile)}\n`;
}

/**
 * Returns what differs, one paragraph for each fact, and what cannot be compared.
 *
 * @param comparison what was found; its text may hold any character
 * @returns lines, the last with its line end
 * @example
 * ```ts
 * import { profileDiffText } from "./profile.ts";
 * import assert from "node:assert/strict";
 *
 * const a = { file: "a.json", host: "lab:6.1", release: "6.1", machine: "x86_64" };
 * const text = profileDiffText({ a, b: a, changed: [], untold: [], same: 7, exitCode: 0 });
 * assert.match(text, /^0 facts differ, 7 are the same, 0 cannot be compared$/m);
 * ```
 */
export function profileDiffText(comparison: ProfileComparison): string {
  const { a, b, changed, untold, same } = comparison;
  const about = (name: string, it: ProfileComparison["a"]) =>
    paragraph(`${name}: ${it.host}, Linux ${it.release} on ${it.machine} (${it.file})`);
  const differ = `${changed.length} ${changed.length === 1 ? "fact differs" : "facts differ"}`;
  return inLines([
    ...about("A", a),
    ...about("B", b),
    ...changed.flatMap((it) => ["", ...changeLines(it)]),
    ...unknownLines("Not compared", untold.map(({ id, unknown }) => ({ id, why: unknown }))),
    "",
    `${differ}, ${same} ${same === 1 ? "is" : "are"} the same, ${untold.length} cannot be compared`,
  ]);
}

/**
 * Returns what differs as one line of JSON.
 *
 * @param comparison what was found
 * @returns one object, as the published JSON Schema of answers says
 * @example
 * ```ts
 * import { profileDiffJson } from "./profile.ts";
 * import assert from "node:assert/strict";
 *
 * const a = { file: "a.json", host: "lab:6.1", release: "6.1", machine: "x86_64" };
 * const line = profileDiffJson({ a, b: a, changed: [], untold: [], same: 7, exitCode: 0 });
 * assert.deepEqual([JSON.parse(line).type, JSON.parse(line).exit_code], ["profile-diff", 0]);
 * ```
 */
export function profileDiffJson(comparison: ProfileComparison): string {
  const { a, b, changed, untold, same, exitCode } = comparison;
  const answer: Answer<"profile-diff"> = {
    schema: EVENT_SCHEMA,
    type: "profile-diff",
    host: "local",
    a,
    b,
    changed,
    untold,
    same,
    exit_code: exitCode,
  };
  return `${JSON.stringify(answer)}\n`;
}

function changeLines(change: ProfileDiff["changed"][number]): readonly string[] {
  const { id, a, b, since, commits, source } = change;
  const origin = since === null
    ? "It is not known which change this is."
    : `Linux ${since}${commits.length === 0 ? "" : ` (${commits.join(", ")})`}; ${source ?? ""}`;
  return [...paragraph(`${id}: ${a} -> ${b}`), ...paragraph(origin, "    ")];
}

/** What is not known, by its reason: many facts have the same. */
function unknownLines(
  title: string,
  unknown: readonly { readonly id: string; readonly why: string }[],
): readonly string[] {
  if (unknown.length === 0) return [];
  const byReason = Map.groupBy(unknown, (it) => it.why);
  const lines = [...byReason].flatMap(([why, facts]) => [
    ...paragraph(facts.map((it) => it.id).join(", ")),
    ...paragraph(why, "    "),
  ]);
  return ["", `${title}:`, ...lines];
}

/** Words as lines that all begin with so much room. */
function paragraph(words: string, indent = ""): readonly string[] {
  const room = COLUMNS_MAX - indent.length;
  return wrap(printableText(words), room, { indent: "" }).map((it) => `${indent}${it}`);
}

function counted(many: number, what: string): string {
  return many === 1 ? `1 ${what} is` : `${many} ${what}s are`;
}

function inLines(lines: readonly string[]): string {
  return lines.map((it) => `${it.trimEnd()}\n`).join("");
}
