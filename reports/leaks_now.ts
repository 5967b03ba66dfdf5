/**
 * Who holds pidfds at this moment, for people and for programs.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { columnsOf, cutTo, wrap } from "./_columns.ts";

/** One holder: the fields of its answer, without those that every answer has. */
export type HolderBody = Omit<Answer<"holder">, "schema" | "type" | "host">;
/** What follows from all of them, likewise. */
export type LeaksNowBody = Omit<Answer<"leaks-now">, "schema" | "type" | "host">;

/** A machine, and who holds pidfds there. */
export interface LeaksNowResult {
  /** The target as the user wrote it. */
  readonly host: string;
  /** The holders that are shown. */
  readonly holders: readonly HolderBody[];
  /** What follows from all. */
  readonly body: LeaksNowBody;
}

/** Columns of the longest line. */
const COLUMNS_MAX = 79;
/** Columns of a name at most. */
const NAME_COLUMNS = 15;

const TITLES = ["PID", "COMM", "PIDFDS", "DEAD", "OPEN", "LIMIT", "LEFT", "LEADING TO"];

/**
 * Returns the holders as a table, under it what follows and what could not be looked at.
 *
 * @param result what was found; its text may hold any character
 * @returns lines under 80 columns, the last with its line end
 *
 * @example
 * ```ts
 * import { leaksNowText } from "./leaks_now.ts";
 * import assert from "node:assert/strict";
 *
 * const who = { pid: 7, start_ticks: "1", comm: "agent", uid: 0, cgroup: null, container: null };
 * const held = { pidfds: 300, dead: 300, outside: 0, open: 310, limit: 1024, headroom: 714 };
 * const targets = [{ pid: null, state: "reaped", fds: [3, 4, 5] }] as const;
 * const body = { holders: 1, shown: 1, pidfds: 300, dead: 300, outside: 0, missing: [], failed_on: [], exit_code: 0 };
 * const text = leaksNowText({ host: "local", holders: [{ ...who, ...held, targets }], body });
 * assert.match(text, /^ +7 agent +300 +300 +310 +1024 +714 reaped x3$/m);
 * ```
 */
export function leaksNowText({ host, holders, body }: LeaksNowResult): string {
  const rows = holders.map(cells);
  const titles = TITLES.slice(0, -1);
  const widths = titles.map((it, at) =>
    Math.max(it.length, ...rows.map((row) => columnsOf(row.cells[at] ?? "")))
  );
  const room = COLUMNS_MAX - widths.reduce((sum, it) => sum + it + 1, 0);
  const line = (texts: readonly string[], last: string) => {
    const padded = texts.map((it, at) => {
      const blanks = " ".repeat((widths[at] ?? 0) - columnsOf(it));
      return titles[at] === "COMM" ? it + blanks : blanks + it;
    });
    return `${padded.join(" ")} ${cutTo(last, Math.max(room, 1))}`.trimEnd();
  };
  const table = rows.length === 0
    ? []
    : [line(titles, TITLES.at(-1) ?? ""), ...rows.map((it) => line(it.cells, it.targets))];
  const hidden = body.holders - body.shown;
  const said = [
    ...(hidden > 0 ? [`${hidden} more ${hidden === 1 ? "process is" : "processes are"} not shown`] : []),
    sumOf(body),
    ...body.failed_on,
    ...body.missing,
  ];
  return [
    ...table,
    ...(table.length === 0 ? [] : [""]),
    ...said.flatMap((it) => wrap(printableText(`${host}: ${it}`), COLUMNS_MAX, { indent: "  " })),
  ].map((it) => `${it}\n`).join("");
}

/**
 * Returns the holders, and what follows, as NDJSON.
 *
 * @param result what was found
 * @returns one object a line, as the published JSON Schema of answers says; what follows is the last
 *
 * @example
 * ```ts
 * import { leaksNowJson } from "./leaks_now.ts";
 * import assert from "node:assert/strict";
 *
 * const body = { holders: 0, shown: 0, pidfds: 0, dead: 0, outside: 0, missing: [], failed_on: [], exit_code: 0 };
 * const line = leaksNowJson({ host: "local", holders: [], body });
 * assert.deepEqual([JSON.parse(line).type, JSON.parse(line).pidfds], ["leaks-now", 0]);
 * ```
 */
export function leaksNowJson({ host, holders, body }: LeaksNowResult): string {
  const about = { schema: EVENT_SCHEMA, host: printableText(host) } as const;
  const answers: readonly Answer<"holder" | "leaks-now">[] = [
    ...holders.map((it): Answer<"holder"> => ({ ...about, type: "holder", ...it })),
    { ...about, type: "leaks-now", ...body, missing: body.missing.map(printableText) },
  ];
  return answers.map((it) => `${JSON.stringify(it)}\n`).join("");
}

function cells(
  holder: HolderBody,
): { readonly cells: readonly string[]; readonly targets: string } {
  const { pid, comm, pidfds, dead, open, limit, headroom, targets } = holder;
  const number = (it: number | null) => it === null ? "-" : `${it}`;
  return {
    cells: [
      `${pid}`,
      cutTo(printableText(comm ?? "-"), NAME_COLUMNS),
      `${pidfds}`,
      `${dead}`,
      number(open),
      number(limit),
      number(headroom),
    ],
    targets: targets.map(targetText).join(", "),
  };
}

function targetText({ pid, state, fds }: HolderBody["targets"][number]): string {
  const times = fds.length === 1 ? "" : ` x${fds.length}`;
  if (pid === null) return `${state}${times}`;
  return state === "alive" ? `${pid}${times}` : `${pid} ${state}${times}`;
}

function sumOf({ holders, pidfds, dead, outside }: LeaksNowBody): string {
  if (pidfds === 0) return "no pidfd is open where we may look";
  const who = `${holders} ${holders === 1 ? "process holds" : "processes hold"}`;
  const what = `${pidfds} ${pidfds === 1 ? "pidfd" : "pidfds"}`;
  const ended = dead === 0
    ? "none of an ended process"
    : `${dead} of ${dead === 1 ? "an ended process" : "ended processes"}`;
  const away = outside === 0 ? "" : `, ${outside} out of our pid namespace`;
  return `${who} ${what}: ${ended}${away}`;
}
