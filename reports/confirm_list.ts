/**
 * The rules and the stimuli of a confirmation, before anything is played.
 *
 * @module
 */

import type { Attempt, ConfirmRule, Risk } from "../model/mod.ts";
import { columnsOf, wrap } from "./_columns.ts";

/** Columns of the longest line. */
const COLUMNS_MAX = 79;

/** What a risk means. */
export const RISK_MEANINGS: Readonly<Record<Risk, string>> = {
  harmless: "touches its own processes and descriptors, and nothing else",
  scratch: "makes a cgroup, a folder or a mount of its own, and removes it",
  dangerous: "touches or loads the whole machine, or could harm a kernel that lacks a fix",
};

/**
 * Returns the rules and the stimuli, for people.
 *
 * @param rules the rules
 * @param attempts the stimuli
 * @returns lines under 80 columns, the last with its line end
 */
export function confirmListText(rules: readonly ConfirmRule[], attempts: readonly Attempt[]): string {
  const lines = [
    "Rules",
    ...rows(rules.map((it) => [it.id, it.statement])),
    "",
    "Stimuli",
    ...stimulusRows(attempts),
    "",
    ...riskRows(attempts),
  ];
  return lines.map((it) => `${it}\n`).join("");
}

/**
 * Returns what is about to be played on a machine that is no guest, and what is left out there.
 *
 * @param host the target as the user wrote it
 * @param played what is played
 * @param leftOut what is not, for its risk
 * @returns lines under 80 columns
 */
export function consentText(
  host: string,
  stimuli: { readonly played: readonly Attempt[]; readonly leftOut: readonly Attempt[] },
): string {
  const { played, leftOut } = stimuli;
  const fails = played.some((it) => it.fails);
  const note =
    "Those that make a pidfd fail are left out when confirm-integer shows a kernel like that of the first " +
    "pidfds, which could hang.";
  const again =
    "Where the trace of one has holes it is played again, as all of them may be, up to five times.";
  return [
    ...wrap(`Confirm would play on ${host}, while it traces:`, COLUMNS_MAX, { indent: "" }),
    ...stimulusRows(played),
    ...(leftOut.length === 0
      ? []
      : ["Left out there, unless --dangerous names it:", ...stimulusRows(leftOut)]),
    ...riskRows([...played, ...leftOut]),
    ...(fails ? wrap(note, COLUMNS_MAX, { indent: "" }) : []),
    ...wrap(again, COLUMNS_MAX, { indent: "" }),
  ].join("\n");
}

function stimulusRows(attempts: readonly Attempt[]): readonly string[] {
  return rows(attempts.map((it) => [it.name, it.risk, it.summary]));
}

function riskRows(attempts: readonly Attempt[]): readonly string[] {
  const met = (Object.keys(RISK_MEANINGS) as Risk[]).filter((risk) =>
    attempts.some((it) => it.risk === risk)
  );
  return rows(met.map((it) => [it, RISK_MEANINGS[it]]));
}

/** Cells in columns; the last one is wrapped. */
function rows(cells: readonly (readonly string[])[]): readonly string[] {
  const heads = cells.map((row) => row.slice(0, -1));
  const widths = (heads[0] ?? []).map((_, at) => Math.max(...heads.map((row) => columnsOf(row[at] ?? ""))));
  const indent = " ".repeat(2 + widths.reduce((sum, it) => sum + it + 2, 0));
  return cells.flatMap((row) => {
    const head = widths.map((width, at) => `${(row[at] ?? "").padEnd(width)}  `).join("");
    return wrap(row.at(-1) ?? "", COLUMNS_MAX - indent.length, { indent: "" })
      .map((line, at) => at === 0 ? `  ${head}${line}` : `${indent}${line}`);
  });
}
