/**
 * The page about what `confirm` says of the stock kernels of the lab.
 *
 * @module
 */

import type { Answer } from "../../schema/mod.ts";

/** A kernel that was confirmed, once or several times. */
export interface ConfirmedKernel {
  /** Its name in the lab. */
  readonly kernel: string;
  /** What was said of it, run by run. */
  readonly answers: readonly Pick<
    Answer<"confirm">,
    "release" | "rules" | "backport" | "trust" | "exit_code"
  >[];
}

/**
 * Whether all runs gave the same verdicts.
 *
 * @param confirmed the kernel, and its answers
 * @returns whether each rule has one verdict, and the kernel behaves like one generation
 *
 * @example
 * ```ts
 * import { agreedOn } from "./stock_page.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(agreedOn({ kernel: "6.12", answers: [] }), true);
 * ```
 */
export function agreedOn({ answers }: ConfirmedKernel): boolean {
  const words = answers.map(({ rules, backport }) =>
    JSON.stringify([rules.map((it) => [it.id, it.verdict]), backport.behaves_like, backport.missing])
  );
  return new Set(words).size <= 1;
}

/**
 * Returns the page.
 *
 * @param confirmed the kernels, in the order of the columns
 * @returns Markdown, to be formatted
 */
export function stockPage(confirmed: readonly ConfirmedKernel[]): string {
  const ids = [
    ...new Set(confirmed.flatMap((it) => it.answers.flatMap(({ rules }) => rules.map(({ id }) => id)))),
  ];
  const runs = confirmed[0]?.answers.length ?? 0;
  const agree = confirmed.filter(agreedOn).length;
  const lines = [
    "# Stock kernels, confirmed",
    "",
    "`deno task kernel:stock --page docs/stock-kernels.md`, then `deno task fmt`, wrote this page: what `confirm` says of",
    "the stock kernels of the lab. [The rules](rules.md) tell what each one asks.",
    "",
    `Each kernel was confirmed ${runs} times; the runs of ${agree} of ${confirmed.length} kernels agree. A cell has the`,
    "verdict and how many things were looked at in the last run; where a rule was not exercised, the reason stands below.",
    "",
    `| rule | ${confirmed.map((it) => it.kernel).join(" | ")} |`,
    `| --- |${" --- |".repeat(confirmed.length)}`,
    ...ids.map((id) => `| ${id} | ${confirmed.map((it) => cell(it, id)).join(" | ")} |`),
    `| release | ${confirmed.map((it) => it.answers.at(-1)?.release ?? "").join(" | ")} |`,
    `| behaves like | ${
      confirmed.map((it) => it.answers.at(-1)?.backport.behaves_like ?? "?").join(" | ")
    } |`,
    `| missing fixes | ${
      confirmed.map((it) => it.answers.at(-1)?.backport.missing.join(", ") || "none").join(" | ")
    } |`,
    `| lost records | ${
      confirmed.map((it) => it.answers.map(({ trust }) => trust.lost ?? "?").join(", ")).join(" | ")
    } |`,
    "",
    ...reasons(confirmed),
  ];
  return `${lines.join("\n")}\n`;
}

function cell({ answers }: ConfirmedKernel, id: string): string {
  const verdicts = new Set(answers.map(({ rules }) => rules.find((it) => it.id === id)?.verdict ?? "?"));
  const last = answers.at(-1)?.rules.find((it) => it.id === id);
  const words = [...verdicts].map((it) => it.replace("-", " ")).join(", then ");
  return last === undefined || last.checks === 0 ? words : `${words}, ${last.as_expected}/${last.checks}`;
}

/** Why rules were not exercised, each reason once. */
function reasons(confirmed: readonly ConfirmedKernel[]): readonly string[] {
  const rules = confirmed.flatMap(({ kernel, answers }) =>
    answers.flatMap((it) => it.rules.map((rule) => ({ kernel, ...rule })))
  );
  const why = new Map<string, Set<string>>();
  for (const { kernel, id, verdict, reasons: texts } of rules) {
    if (verdict !== "not-exercised") continue;
    const words = `${id}: ${texts.join("; ")}`;
    why.set(words, (why.get(words) ?? new Set()).add(kernel));
  }
  return [...why].map(([words, kernels]) => `- ${words} (${[...kernels].join(", ")})`);
}
