/**
 * Who kept pidfds too long, and what to change, for people and for programs.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { columnsOf, cutTo, wrap } from "./_columns.ts";
import { costWords } from "./_leaks_cost.ts";

/** One group: the fields of its answer, without those that every answer has. */
export type LeakBody = Omit<Answer<"leak">, "schema" | "type" | "host">;
/** What follows from all of them, likewise. */
export type LeaksBody = Omit<Answer<"leaks">, "schema" | "type" | "host">;

/** What a run cost. */
export type LeaksCost = NonNullable<LeaksBody["cost"]>;

/** A machine, and who holds pidfds there. */
export interface LeaksResult {
  /** The target as the user wrote it. */
  readonly host: string;
  /** The groups that are shown. */
  readonly groups: readonly LeakBody[];
  /** What follows from all. */
  readonly body: LeaksBody;
}

/** Columns of the longest line. */
const COLUMNS_MAX = 79;
/** Columns of a name at most. */
export const NAME_COLUMNS = 15;
const INDENT = "     ";

const TITLES = ["PID", "COMM", "PIDFDS", "DEAD", "OLDEST", "/HOUR", "FULL IN", "RULE", "FROM"];
const LEFT: readonly string[] = ["COMM", "RULE", "FROM"];

/** Words for a verdict behind the id of a rule. */
const DOUBT = { broken: "", undetermined: "?", holds: "" } as const;

/**
 * Returns the groups as a table, under each that breaks a rule what the program did and what to change.
 *
 * @param result what was found; its text may hold any character
 * @returns lines under 80 columns, the last with its line end
 *
 * @example
 * ```ts
 * import { leaksText } from "./leaks.ts";
 * import assert from "node:assert/strict";
 *
 * const counts = { groups: 0, shown: 0, broken: 0, undetermined: 0, pidfds: 0, dead: 0 };
 * const end = { watched_ns: "60000000000", not_seen: [], reason: "the time is over", complete: true, exit_code: 0 };
 * const more = { harmless: [], command_status: null, cost: null };
 * const text = leaksText({ host: "local", groups: [], body: { ...counts, ...end, ...more } });
 * assert.equal(text, "local: no leak in 1m0s: no pidfd is held\nlocal: ended: the time is over\n");
 * ```
 */
export function leaksText({ host, groups, body }: LeaksResult): string {
  const rows = groups.map(cells);
  const widths = TITLES.map((it, at) => Math.max(it.length, ...rows.map((row) => columnsOf(row[at] ?? ""))));
  const line = (texts: readonly string[]) =>
    texts.map((it, at) => {
      const blanks = " ".repeat(Math.max((widths[at] ?? 0) - columnsOf(it), 0));
      return LEFT.includes(TITLES[at] ?? "") ? it + blanks : blanks + it;
    }).join(" ").trimEnd();
  const table = rows.length === 0
    ? []
    : [line(TITLES), ...groups.flatMap((it, at) => [line(rows[at] ?? []), ...remarks(it)]), ""];
  const hidden = body.groups - body.shown;
  const said = [
    ...(hidden > 0 ? [`${hidden} more ${hidden === 1 ? "group is" : "groups are"} not shown`] : []),
    sumOf(body),
    ...endOf(body),
    ...body.not_seen,
    ...body.harmless.map((it) => `harmless: ${it}`),
    ...(body.command_status === null ? [] : [`the command ended with status ${body.command_status}`]),
    ...costWords(body),
  ];
  return [
    ...table,
    ...said.flatMap((it) => wrap(printableText(`${host}: ${it}`), COLUMNS_MAX, { indent: "  " })),
  ].map((it) => `${it}\n`).join("");
}

/**
 * Returns the groups, and what follows, as NDJSON.
 *
 * @param result what was found
 * @returns one object a line, as the published JSON Schema of answers says; what follows is the last
 *
 * @example
 * ```ts
 * import { leaksJson } from "./leaks.ts";
 * import assert from "node:assert/strict";
 *
 * const counts = { groups: 0, shown: 0, broken: 0, undetermined: 0, pidfds: 0, dead: 0 };
 * const end = { watched_ns: "1", not_seen: [], reason: "the time is over", complete: true, exit_code: 0 };
 * const more = { harmless: [], command_status: null, cost: null };
 * const line = leaksJson({ host: "local", groups: [], body: { ...counts, ...end, ...more } });
 * assert.equal(JSON.parse(line).type, "leaks");
 * ```
 */
export function leaksJson({ host, groups, body }: LeaksResult): string {
  const about = { schema: EVENT_SCHEMA, host: printableText(host) } as const;
  const answers: readonly Answer<"leak" | "leaks">[] = [
    ...groups.map((it): Answer<"leak"> => ({
      ...about,
      type: "leak",
      ...it,
      stack: it.stack?.map(printableText) ?? null,
    })),
    {
      ...about,
      type: "leaks",
      ...body,
      reason: printableText(body.reason),
      not_seen: body.not_seen.map(printableText),
    },
  ];
  return answers.map((it) => `${JSON.stringify(it)}\n`).join("");
}

/**
 * Returns a time as people read it: `1h02m`, `3m04s`, `5s`.
 *
 * @param seconds whole seconds
 */
export function spanText(seconds: number): string {
  const two = (it: number) => `${it}`.padStart(2, "0");
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  if (days > 0) return `${days}d${two(hours)}h`;
  if (hours > 0) return `${hours}h${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

function cells(group: LeakBody): readonly string[] {
  const { pid, comm, pidfds, dead, oldest_ns: oldestNs, per_hour: perHour } = group;
  return [
    pid === null ? (group.holders > 1 ? `${group.holders} of` : "-") : `${pid}`,
    cutTo(printableText(comm ?? "-"), NAME_COLUMNS),
    `${pidfds}`,
    `${dead}`,
    spanText(Number(BigInt(oldestNs) / 1_000_000_000n)),
    perHour === null ? "-" : `+${perHour}`,
    fullText(group),
    group.rule === null ? "-" : `${group.rule}${DOUBT[group.verdict]}`,
    fromText(group),
  ];
}

/**
 * Returns when a holder may open no more: `full` where it is so. Who is full has stopped to grow, and not because all is
 * well.
 */
export function fullText({ headroom, emfile_s: seconds }: Pick<LeakBody, "headroom" | "emfile_s">): string {
  if (headroom === 0) return "full";
  return seconds === null ? "-" : spanText(seconds);
}

/** Returns where the pidfds of a group came from. */
export function fromText({ origin, way }: Pick<LeakBody, "origin" | "way">): string {
  if (way === "opened") return origin ?? "-";
  return origin === null || origin === "baseline" ? way : `${way}, ${origin}`;
}

/** Frames of a stack that are shown at most. */
const FRAMES_MAX = 8;

/** What is said below a group that breaks a rule. */
function remarks(group: LeakBody): readonly string[] {
  const { rule, statement, verdict, certainty, says, advice, reasons, left, suspects, stack } = group;
  if (rule === null) return [];
  const times = suspects === 1 ? "once" : `${suspects} times`;
  const lines = [
    certainty !== null
      ? `${statement}: this was broken ${times}, ${certainty}`
      : verdict === "broken"
      ? `${statement}: this is broken`
      : `${statement}: this cannot be told`,
    ...(left === 0 ? [] : [`${left} of them stayed open until their process ended`]),
    ...(says === null ? [] : [says]),
    ...reasons,
    ...(advice === null ? [] : [`-> ${advice}`]),
  ];
  const frames = (stack ?? []).slice(0, FRAMES_MAX).map((it, at) => `${at === 0 ? "at" : "by"} ${it}`);
  return [...lines, ...frames].flatMap((it) =>
    wrap(printableText(it), COLUMNS_MAX - INDENT.length, { indent: "   " }).map((text) => INDENT + text)
  );
}

/** Why the run ended; where a command ended it, its status says so. */
function endOf({ complete, reason, command_status: status }: LeaksBody): readonly string[] {
  if (!complete) return [`not all was seen: ${reason}`];
  return status === null ? [`ended: ${reason}`] : [];
}

function sumOf({ broken, undetermined, pidfds, dead, watched_ns: watchedNs }: LeaksBody): string {
  const time = spanText(Number(BigInt(watchedNs) / 1_000_000_000n));
  const found = broken > 0
    ? `${broken} ${broken === 1 ? "leak" : "leaks"} in ${time}`
    : undetermined > 0
    ? `no certain leak in ${time}, ${undetermined} that cannot be told`
    : `no leak in ${time}`;
  if (pidfds === null) return `${time} were watched, and nothing can be told of leaks`;
  if (pidfds === 0) return `${found}: no pidfd is held`;
  const held = `${pidfds} ${pidfds === 1 ? "pidfd is" : "pidfds are"} held`;
  return `${found}: ${held}, ${dead === 0 ? "none" : dead} of processes that have ended`;
}
