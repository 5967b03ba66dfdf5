/**
 * What a machine has of all that tracing needs, for people and for programs.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { wrap } from "./_columns.ts";

/** One thing that was looked at: the fields of a check, without those that every answer has. */
export type CheckBody = Omit<Answer<"check">, "schema" | "type" | "host">;
/** What follows from all checks, likewise. */
export type VerdictBody = Omit<Answer<"verdict">, "schema" | "type" | "host">;

/** A machine and what was found there. */
export interface CheckupResult {
  /** The target as the user wrote it. */
  readonly host: string;
  /** What was looked at. */
  readonly checks: readonly CheckBody[];
  /** What follows. */
  readonly verdict: VerdictBody;
}

/** Columns of the longest line. */
const COLUMNS_MAX = 79;
/** Columns of the answer and the title, and so where the sentence begins. */
const MARK_COLUMNS = 4;
const SENTENCE_COLUMN = 22;

const MARKS = { yes: "ok", no: "no", unknown: "?" } as const;

/**
 * Returns the checks as a table for people, under 80 columns.
 *
 * @param result what was found; its text may hold any character
 * @returns lines, the last with its line end
 * @example
 * ```ts
 * import { checkupText } from "./checkup.ts";
 * import assert from "node:assert/strict";
 *
 * const text = checkupText({
 *   host: "local",
 *   checks: [{
 *     id: "tracefs",
 *     title: "tracefs",
 *     answer: "no",
 *     needed: true,
 *     blocks: true,
 *     says: "tracefs is not mounted",
 *     remedy: "mount -t tracefs tracefs /sys/kernel/tracing",
 *   }],
 *   verdict: {
 *     release: "6.12.1",
 *     machine: "x86_64",
 *     plan: false,
 *     probes: null,
 *     generation: null,
 *     law: null,
 *     blocked_by: ["tracefs"],
 *     command: null,
 *     exit_code: 3,
 *   },
 * });
 * assert.match(text, /^no  tracefs           tracefs is not mounted\n {22}-> mount -t tracefs/m);
 * ```
 */
export function checkupText(result: CheckupResult): string {
  const { host, checks, verdict } = result;
  const needed = checks.filter((it) => it.needed);
  const others = checks.filter((it) => !it.needed);
  return [
    ...wrap(printableText(`${host}: Linux ${verdict.release} on ${verdict.machine}`), COLUMNS_MAX, {
      indent: "",
    }),
    "",
    "Needed",
    ...needed.flatMap(rowLines),
    ...(others.length === 0 ? [] : ["", "Good to know", ...others.flatMap(rowLines)]),
    "",
    ...verdictLines(verdict),
  ].map((it) => `${it}\n`).join("");
}

/**
 * Returns the checks and the verdict as NDJSON.
 *
 * @param result what was found
 * @returns one object a line, as the published JSON Schema of answers says; the verdict is the last
 * @example
 * ```ts
 * import { checkupJson } from "./checkup.ts";
 * import assert from "node:assert/strict";
 *
 * const verdict = {
 *   release: "6.12.1",
 *   machine: "x86_64",
 *   plan: true,
 *   probes: 18,
 *   generation: "G3 (pidfs)",
 *   law: "per-inode",
 *   blocked_by: [],
 *   command: null,
 *   exit_code: 0,
 * } as const;
 * const line = checkupJson({ host: "local", checks: [], verdict });
 * assert.equal(JSON.parse(line).type, "verdict");
 * ```
 */
export function checkupJson(result: CheckupResult): string {
  const common = { schema: EVENT_SCHEMA, host: printableText(result.host) } as const;
  const answers: readonly Answer<"check" | "verdict">[] = [
    ...result.checks.map((it): Answer<"check"> => ({
      ...common,
      type: "check",
      ...it,
      says: printableText(it.says),
    })),
    { ...common, type: "verdict", ...result.verdict },
  ];
  return answers.map((it) => `${JSON.stringify(it)}\n`).join("");
}

function rowLines(check: CheckBody): readonly string[] {
  const indent = " ".repeat(SENTENCE_COLUMN);
  const room = COLUMNS_MAX - SENTENCE_COLUMN;
  const [first = "", ...more] = wrap(printableText(check.says), room, { indent: "" });
  const head = `${MARKS[check.answer].padEnd(MARK_COLUMNS)}${check.title}`.padEnd(SENTENCE_COLUMN);
  const remedy = check.remedy === null
    ? []
    : wrap(`-> ${printableText(check.remedy)}`, room, { indent: "   " });
  return [`${head}${first}`, ...[...more, ...remedy].map((it) => `${indent}${it}`)];
}

function verdictLines(verdict: VerdictBody): readonly string[] {
  if (verdict.plan) {
    const holder = verdict.law === "per-inode" ? "pidfs inode" : "file";
    return wrap(
      `A plan is possible: ${verdict.probes} probes, generation ${verdict.generation}, one reference of a struct pid ` +
        `for each ${holder}.`,
      COLUMNS_MAX,
      { indent: "" },
    );
  }
  const causes = verdict.blocked_by.join(", ");
  const head = wrap(`No plan here, because of: ${causes}.`, COLUMNS_MAX, { indent: "" });
  // A command is copied from here, so it is never broken.
  return verdict.command === null ? head : [...head, "This works:", `  ${verdict.command}`];
}
