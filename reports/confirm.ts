/**
 * What was found about the rules on one kernel, for people and for programs.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import type { Backport, Judgement, Risk, Update, Verdict } from "../model/mod.ts";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { backportLines } from "./_backport.ts";
import { columnsOf, wrap } from "./_columns.ts";
import { withEvents } from "./_exhibits.ts";
import type { Origin } from "./publish.ts";

/** One rule, and whether it was asked for. */
export interface ConfirmedRule extends Judgement {
  /** False: it was not, and yet it was seen broken. */
  readonly asked: boolean;
}

/** One stimulus, and what came of it. */
export interface PlayedStimulus {
  /** Its name. */
  readonly name: string;
  /** What it risks. */
  readonly risk: Risk;
  /** What it tries. */
  readonly summary: string;
  /** How many facts it told. */
  readonly facts: number;
  /** Why it was not made, or not to its end; `null` when it was. */
  readonly silent: string | null;
}

/** A kernel, confirmed. */
export interface ConfirmResult {
  /** The target as the user wrote it, and the clock of its events. */
  readonly origin: Origin;
  /** Name and version of the tool. */
  readonly tool: string;
  /** What was done at random is done alike with it. */
  readonly seed: number;
  /** Who and what was looked at, how, and how far that can be trusted: fields of the answer as they are. */
  readonly about: Pick<
    Answer<"confirm">,
    "release" | "machine" | "bpftrace" | "generation" | "law" | "cannot_see" | "probes" | "trust"
  >;
  /** What was to be made. */
  readonly stimuli: readonly PlayedStimulus[];
  /** What was found. */
  readonly rules: readonly ConfirmedRule[];
  /** What follows for the kernel as a whole. */
  readonly backport: Backport;
  /** What the model said, which exhibits name by number. */
  readonly updates: readonly Update[];
  /** Why the run ended. */
  readonly reason: string;
  /** Whether all was played to its end, and everything was seen. */
  readonly complete: boolean;
  /** See `EXIT`. */
  readonly exitCode: number;
}

/** Columns of the longest line of text. */
const COLUMNS_MAX = 79;
/** Columns of a label under a rule. */
const LABEL_COLUMNS = 10;

/** The verdicts, as people read them. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  "holds": "holds",
  "broken": "broken",
  "undetermined": "undetermined",
  "not-exercised": "not exercised",
};

/**
 * Returns a table of the rules, under each one that does not hold what was expected and what was there, and at the end
 * what follows for the kernel.
 *
 * @param result what was found; its text may hold any character
 * @returns lines under 80 columns, the last with its line end
 */
export function confirmText(result: ConfirmResult): string {
  const { origin, about, rules, stimuli, complete, reason } = result;
  const told = new Set(rules.flatMap((it) => it.reasons));
  const untold = stimuli.flatMap(({ silent }) => silent === null || told.has(silent) ? [] : [silent]);
  return [
    ...words(`${origin.host}: Linux ${about.release} on ${about.machine}, ${about.bpftrace}`),
    ...(complete ? [] : words(`Not all of it was seen: ${reason}. This is what is known.`)),
    "",
    ...table(rules),
    ...section("Not made, or not to the end", untold),
    ...section("Not seen there", about.cannot_see),
    ...section("Lost", about.trust.losses),
    "",
    ...backportLines(result, COLUMNS_MAX),
    "",
    ...sumLines(result),
  ].map((it) => `${it}\n`).join("");
}

/**
 * Returns everything as one line of JSON.
 *
 * @param result what was found
 * @returns one object, as the published JSON Schema of answers says
 */
export function confirmJson(result: ConfirmResult): string {
  const { origin, tool, seed, about, stimuli, rules, backport, updates, reason, complete, exitCode } = result;
  const host = printableText(origin.host);
  const book = { bySeq: new Map(updates.map((it) => [it.seq, it])), origin: { ...origin, host } };
  const of = (state: Backport["fixes"][number]["state"]) =>
    backport.fixes.filter((it) => it.state === state).map((it) => it.commit);
  const answer: Answer<"confirm"> = {
    schema: EVENT_SCHEMA,
    type: "confirm",
    host,
    tool,
    release: printableText(about.release),
    machine: printableText(about.machine),
    bpftrace: printableText(about.bpftrace),
    generation: about.generation,
    law: about.law,
    seed,
    stimuli: stimuli.map((it) => ({ ...it, silent: it.silent === null ? null : printableText(it.silent) })),
    rules: rules.map((it) => ({
      id: it.rule.id,
      statement: it.rule.statement,
      verdict: it.verdict,
      asked: it.asked,
      checks: it.checked,
      as_expected: it.asExpected,
      expected: escaped(it.expected),
      observed: escaped(it.observed),
      step: escaped(it.step),
      way: escaped(it.way),
      tried: escaped(it.tried),
      reasons: it.reasons.map(printableText),
      ...withEvents(it.exhibits, book),
      exhibits_left_out: it.exhibitsLeftOut,
    })),
    backport: {
      behaves_like: backport.behavesLike,
      because: backport.because,
      broken: backport.broken,
      missing: of("missing"),
      cannot_tell: of("cannot-tell"),
      fixes: backport.fixes.map(({ commit, mends, state, says, exhibits }) => ({
        commit,
        mends,
        state,
        says: printableText(says),
        ...withEvents(exhibits, book),
      })),
    },
    cannot_see: about.cannot_see.map(printableText),
    probes: about.probes,
    trust: { ...about.trust, losses: about.trust.losses.map(printableText) },
    reason: printableText(reason),
    complete,
    exit_code: exitCode,
  };
  return `${JSON.stringify(answer)}\n`;
}

function escaped(text: string | null): string | null {
  return text === null ? null : printableText(text);
}

function words(text: string): readonly string[] {
  return wrap(printableText(text), COLUMNS_MAX, { indent: "" });
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const wrapped = lines.flatMap((it) => wrap(printableText(it), COLUMNS_MAX - 2, { indent: "  " }));
  return ["", title, ...wrapped.map((it) => `  ${it}`)];
}

function table(rules: readonly ConfirmedRule[]): readonly string[] {
  const rows = rules.map((it) => [
    it.rule.id,
    `${VERDICT_WORDS[it.verdict]}${it.asked ? "" : " *"}`,
    it.checked === 0 ? "-" : `${it.asExpected}/${it.checked}`,
  ]);
  const titles = ["RULE", "VERDICT", "CHECKS"];
  const widths = titles.map((_, at) => Math.max(...[titles, ...rows].map((it) => columnsOf(it[at] ?? ""))));
  const head = (row: readonly string[]) =>
    row.map((cell, at) => at === 2 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)).join(" ");
  const indent = widths.reduce((sum, it) => sum + it, 0) + titles.length + 1;
  const room = COLUMNS_MAX - indent;
  const unasked = rules.some((it) => !it.asked);
  return [
    `${head(titles)}  WHAT MUST BE TRUE`,
    ...rules.flatMap((rule, at) => {
      const [first = "", ...more] = wrap(rule.rule.statement, room, { indent: "" });
      const under = [...more, ...details(rule, room)].map((it) => `${" ".repeat(indent)}${it}`);
      return [`${head(rows[at] ?? [])}  ${first}`, ...under];
    }),
    ...(unasked ? ["", "* --only does not name it, but it was seen broken"] : []),
  ];
}

/** What stands under a rule. */
function details(rule: Judgement, room: number): readonly string[] {
  const rows: readonly (readonly [label: string, text: string | null])[] = [
    ["expected", rule.expected],
    ["observed", rule.observed],
    ["step", rule.step],
    ["way", rule.way],
    ["tried", rule.tried],
    ...rule.reasons.map((it) => [rule.verdict === "holds" ? "without" : "why", it] as const),
  ];
  const indent = " ".repeat(LABEL_COLUMNS);
  return rows.flatMap(([label, text]) =>
    text === null ? [] : wrap(printableText(text), room - LABEL_COLUMNS, { indent: "" })
      .map((line, at) => `${at === 0 ? label.padEnd(LABEL_COLUMNS) : indent}${line}`)
  );
}

function sumLines({ rules, seed, about: { trust } }: ConfirmResult): readonly string[] {
  const parts = (Object.keys(VERDICT_WORDS) as Verdict[])
    .map((it) => [rules.filter((rule) => rule.verdict === it).length, VERDICT_WORDS[it]] as const)
    .filter(([many]) => many > 0)
    .map(([many, word]) => `${many} ${many > 1 && word === "holds" ? "hold" : word}`);
  const sum = rules.length === 0 ? "" : `: ${parts.join(", ")}`;
  return [
    `${rules.length} ${rules.length === 1 ? "rule" : "rules"}${sum}`,
    `trust: ${trust.records} records, lost ${
      trust.lost ?? "unknown"
    }, late ${trust.late}, unmatched ${trust.unmatched}; seed ${seed}`,
  ];
}
