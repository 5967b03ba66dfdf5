/**
 * The page about what `confirm` said of kernels with known changes.
 *
 * @module
 */

import { KERNEL_MUTANTS } from "../../lab/mod.ts";
import type { KernelCase, MutantVerdict, Said } from "./mutant_verdict.ts";

/** One kernel that was confirmed. */
export interface ConfirmedMutant {
  /** The kernel. */
  readonly mutant: KernelCase;
  /** What was said of it. */
  readonly said: Said;
  /** What is to be thought of that. */
  readonly verdict: MutantVerdict;
}

/** What changed in the tool because of them; told by hand. */
const CHANGES: readonly string[] = [
  "A pidfd that a failed clone had left open was nobody's when it was closed: a false L1, also of `trace`.",
  "Where the kernel tells of the free inside of a release, two references that went were not told as R14.",
  "A release function of another name was not seen, and files of failed clones were said to be kept: `__fput` is the " +
  "next place to look, and where nobody looks nothing is said.",
  "Flags that no type let read were told as O\\_RDONLY.",
  "A struct pid that a failed clone keeps, or gives up with another count, is looked for (L1, L2, R12).",
  "Where the integer or the pidfd names something else (R16), what user space did with it blames no other rule.",
  "A kernel is like the first pidfds by most of three signs, and no longer by the integer alone; whether it looks at " +
  "the integer is asked by itself.",
  "An integer without rights is tried last: where the lock is wrong, nothing that moves a process is left to try.",
  "A poller that came back when its time was over was said to have been woken.",
  "fdinfo is read from outside through the procfs of an inner pid namespace too.",
  "A call of which the caller died is judged by the trace of it.",
  "The moment of R15 is tried until it is met.",
];

/**
 * Returns one line about a kernel.
 *
 * @param confirmed what was said, and what is to be thought of it
 * @returns its name, what was found, and what was missed or found falsely
 */
export function mutantWords({ mutant, said, verdict }: ConfirmedMutant): string {
  const { missed, falsely } = verdict;
  return [
    `${mutant.id}: ${outcome({ mutant, said, verdict })}`,
    `code ${said.code}`,
    ...(said.broken.length === 0 ? [] : [`found ${said.broken.join(", ")}`]),
    ...(missed.length === 0 ? [] : [`missed ${missed.join(", ")}`]),
    ...(falsely.length === 0 ? [] : [`falsely ${falsely.join(", ")}`]),
  ].join("; ");
}

function outcome({ mutant, verdict }: ConfirmedMutant): string {
  if (verdict.isRight) return "right";
  const isQuiet = verdict.falsely.length === 0 && mutant.onlyWhen !== undefined;
  return isQuiet ? "not provoked" : "WRONG";
}

/**
 * Returns the page.
 *
 * @param confirmed the kernels, in the order of the table
 * @returns Markdown, to be formatted
 */
export function mutantsPage(confirmed: readonly ConfirmedMutant[]): string {
  const right = confirmed.filter((it) => it.verdict.isRight).length;
  const mutants = confirmed.filter((it) => KERNEL_MUTANTS.some(({ id }) => id === it.mutant.id));
  const quiet = confirmed.filter((it) => outcome(it) === "not provoked");
  const lines = [
    "# Kernels with known bugs, confirmed",
    "",
    "`deno task kernel:confirm --page docs/kernel-mutants.md`, then `deno task fmt`, wrote this page. It builds each",
    "kernel of [lab/mutants](../lab/mutants/README.md), has `trace-clone confirm` judge it, and compares the answer with",
    "what was written down about that kernel before any rule was code. No expectation was changed since. A row is of the",
    "latest answer about its kernel; those that a change of the tool does not touch are not asked for again each time.",
    "",
    `${right} of ${confirmed.length} kernels are told as they are; ${mutants.length} of them are mutants.`,
    ...quiet.flatMap((
      { mutant },
    ) => ["", `\`${mutant.id}\` was not provoked. It shows only when: ${mutant.onlyWhen}.`]),
    "",
    "`L` stands for one of L1 to L3 at least. `F:` is a fix that the kernel's behaviour lacks; it is told, and breaks no",
    "rule. The exit code is 1 when a rule is broken, 4 when one cannot be told, 0 otherwise.",
    "",
    "| kernel | what is wrong with it | must be found | was found | code | as it must be |",
    "| --- | --- | --- | --- | --- | --- |",
    ...confirmed.map(row),
    "",
    "## What they changed",
    "",
    "They were written before the rules. When they were confirmed for the first time they showed mistakes of the tool:",
    "",
    ...CHANGES.map((it) => `- ${it}`),
  ];
  return `${lines.join("\n")}\n`;
}

function row(confirmed: ConfirmedMutant): string {
  const { mutant, said, verdict } = confirmed;
  const words = { right: "yes", WRONG: "**no**", "not provoked": "not provoked" }[outcome(confirmed)];
  const ids = (those: readonly string[]) => those.join(", ");
  const cells = [
    `\`${mutant.id}\``,
    mutant.wrong,
    ids(verdict.required),
    ids(said.broken),
    `${said.code}`,
    words ?? "",
  ];
  return `| ${cells.map((it) => it.replaceAll("|", "\\|")).join(" | ")} |`;
}
