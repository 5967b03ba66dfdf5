/**
 * Who keeps pidfds too long, as a screen that is drawn again and again.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { columnsOf, cutTo } from "./_columns.ts";
import { fromText, fullText, NAME_COLUMNS, spanText } from "./leaks.ts";
import type { LeakBody, LeaksResult } from "./leaks.ts";

/** What groups are sorted by, each with the key that chooses it, in the order in which they are offered. */
export const LEAK_SORTS = [
  { id: "verdict", key: "v", title: "VERDICT" },
  { id: "pidfds", key: "p", title: "PIDFDS" },
  { id: "dead", key: "d", title: "DEAD" },
  { id: "age", key: "a", title: "OLDEST" },
  { id: "rate", key: "r", title: "/HOUR" },
] as const;

/** What groups are sorted by. */
export type LeakSort = (typeof LEAK_SORTS)[number]["id"];

/** How a screen looks. */
export interface LeaksScreenOptions {
  /** Columns of the terminal. */
  readonly columns: number;
  /** Its lines. */
  readonly rows: number;
  /** What the groups are sorted by. */
  readonly sort: LeakSort;
  /** For how long was watched, s; `undefined` before anything was told. */
  readonly watchedS: number | undefined;
  /** How often something was lost. */
  readonly losses: number;
  /** What is said besides; it may hold any character. */
  readonly note?: string | undefined;
  /** The last line; it may hold any character. */
  readonly foot: string;
}

/** A line of a screen. */
export interface ScreenLine {
  /** Printable text, no wider than the screen. */
  readonly text: string;
  /** Whether it names the columns below it. */
  readonly isTitle: boolean;
}

const TITLES = [
  "RULE",
  "VERDICT",
  "PID",
  "COMM",
  "PIDFDS",
  "DEAD",
  "OLDEST",
  "/HOUR",
  "FULL IN",
  "FROM",
  "FAMILY",
] as const;
const LEFT: readonly string[] = ["RULE", "VERDICT", "COMM", "FROM", "FAMILY"];

/** Words for a verdict that are no wider than they need be. */
const VERDICTS = { broken: "broken", undetermined: "unsure", holds: "-" } as const;

/** Stands behind the title that the groups are sorted by. */
const MARK = "*";

/**
 * Returns the screen: what is true of all, the groups that fit, a note, and a last line.
 *
 * @param result what is known now, with all groups, those that break a rule first; its text may hold any character
 * @param options how large the screen is, and what is asked for
 * @returns at most as many lines as the screen has, none of them wider than it
 *
 * @example
 * ```ts
 * import { leaksScreen } from "./leaks_screen.ts";
 * import assert from "node:assert/strict";
 *
 * const counts = { groups: 0, shown: 0, broken: 0, undetermined: 0, pidfds: 0, dead: 0 };
 * const end = { watched_ns: "1", not_seen: [], reason: "it runs", complete: false, exit_code: 0 };
 * const more = { harmless: [], command_status: null, cost: null };
 * const result = { host: "local", groups: [], body: { ...counts, ...end, ...more } };
 * const asked = { columns: 40, rows: 24, sort: "verdict", watchedS: 61, losses: 0, foot: "q ends" } as const;
 * const [first, , last] = leaksScreen(result, asked);
 * assert.equal(first?.text, "local  1m1s  no leak  no pidfd so far");
 * assert.equal(last?.text, "q ends");
 * ```
 */
export function leaksScreen(result: LeaksResult, options: LeaksScreenOptions): readonly ScreenLine[] {
  const { rows, sort, note, foot } = options;
  const columns = Math.max(1, options.columns);
  const below = note === undefined ? [foot] : [note, foot];
  const room = Math.max(0, rows - 2 - below.length);
  const sorted = sortedBy(result.groups, sort);
  const isTight = sorted.length > room;
  const shown = sorted.slice(0, isTight ? Math.max(0, room - 1) : room);
  const hidden = sorted.length - shown.length;
  const said = (text: string): ScreenLine => ({ text: cutTo(printableText(text), columns), isTitle: false });
  const table = tableOf(shown, { columns, sort });
  const lines = [
    said(headOf(result, options)),
    ...table,
    ...(hidden > 0 ? [said(`${hidden} more ${hidden === 1 ? "group does" : "groups do"} not fit`)] : []),
  ];
  // A screen of few lines keeps its last one, which says how to get out.
  return [...lines.slice(0, Math.max(0, rows - below.length)), ...below.map(said)].slice(-Math.max(1, rows));
}

function headOf({ host, body }: LeaksResult, { watchedS, losses }: LeaksScreenOptions): string {
  const { groups, broken, undetermined, pidfds, dead } = body;
  if (watchedS === undefined) return `${host}  waiting for what is open`;
  const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
  const held = pidfds === null
    ? ["who holds a pidfd is not told"]
    : pidfds === 0
    ? ["no pidfd so far"]
    : [many(pidfds, "pidfd", "pidfds"), many(groups, "group", "groups"), `${dead ?? 0} dead`];
  return [
    host,
    spanText(watchedS),
    broken === 0 ? "no leak" : many(broken, "leak", "leaks"),
    ...(undetermined > 0 ? [`${undetermined} unsure`] : []),
    ...held,
    ...(losses > 0 ? [`SOMETHING WAS LOST ${many(losses, "time", "times")}`] : []),
  ].join("  ");
}

function sortedBy(groups: readonly LeakBody[], sort: LeakSort): readonly LeakBody[] {
  // The sort keeps the order of those that are equal: those that break a rule stay first among them.
  const by = (of: (group: LeakBody) => number) => groups.toSorted((one, other) => of(other) - of(one));
  switch (sort) {
    case "verdict":
      return groups;
    case "pidfds":
      return by((it) => it.pidfds);
    case "dead":
      return by((it) => it.dead);
    case "age":
      return by((it) => Number(it.oldest_ns));
    case "rate":
      return by((it) => it.per_hour ?? -1);
    default:
      return sort satisfies never;
  }
}

function tableOf(
  groups: readonly LeakBody[],
  { columns, sort }: Pick<LeaksScreenOptions, "columns" | "sort">,
): readonly ScreenLine[] {
  const marked = LEAK_SORTS.find((it) => it.id === sort)?.title;
  const titles = TITLES.map((it) => it === marked ? it + MARK : it);
  const rows = groups.map(cells);
  const widths = titles.map((it, at) =>
    // The mark moves, and nothing else should move with it.
    Math.max(
      columnsOf(TITLES[at] ?? it) + (isSort(TITLES[at]) ? 1 : 0),
      ...rows.map((row) => columnsOf(row[at] ?? "")),
    )
  );
  const line = (texts: readonly string[]) => {
    const padded = texts.map((it, at) => {
      const blanks = " ".repeat(Math.max((widths[at] ?? 0) - columnsOf(it), 0));
      return LEFT.includes(TITLES[at] ?? "") ? it + blanks : blanks + it;
    });
    return cutTo(padded.join(" ").trimEnd(), columns);
  };
  return [
    ...(groups.length > 0 ? [{ text: line(titles), isTitle: true }] : [{ text: "", isTitle: false }]),
    ...rows.map((it) => ({ text: line(it), isTitle: false })),
  ];
}

function isSort(title: string | undefined): boolean {
  return LEAK_SORTS.some((it) => it.title === title);
}

function cells(group: LeakBody): readonly string[] {
  const { rule, verdict, pid, comm, pidfds, dead, family, oldest_ns: oldestNs } = group;
  return [
    rule ?? "-",
    VERDICTS[verdict],
    pid === null ? "-" : `${pid}`,
    cutTo(printableText(comm ?? "-"), NAME_COLUMNS),
    `${pidfds}`,
    `${dead}`,
    spanText(Number(BigInt(oldestNs) / 1_000_000_000n)),
    group.per_hour === null ? "-" : `+${group.per_hour}`,
    fullText(group),
    fromText(group),
    // Every pidfd is of some family; only what breaks a rule is told which.
    rule === null ? "" : printableText(family ?? "-"),
  ];
}
