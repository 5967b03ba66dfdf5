/**
 * The table of kernels with known bugs, from their headers.
 *
 * @module
 */

import { KERNEL_MUTANTS, type KernelMutant } from "../../lab/mod.ts";

/**
 * Returns the lines of the tables in lab/mutants/README.md: one for each base, and one for what is harmless.
 *
 * @returns Markdown
 *
 * @example
 * ```ts
 * import { mutantTable } from "./mutant_table.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(mutantTable().some((line) => line.startsWith("| `seed` |")));
 * ```
 */
export function mutantTable(): readonly string[] {
  const bugs = KERNEL_MUTANTS.filter((mutant) => !mutant.harmless);
  const harmless = KERNEL_MUTANTS.filter((mutant) => mutant.harmless);
  return [
    `${KERNEL_MUTANTS.length} variants: ${bugs.length} with a bug, ${harmless.length} harmless.`,
    "",
    ...table("With a bug", bugs),
    "",
    ...table("Harmless", harmless),
  ];
}

function table(title: string, mutants: readonly KernelMutant[]): readonly string[] {
  return [
    `### ${title}`,
    "",
    "| id | base | class | what is wrong, and what a user could see | must break | may break | mends |",
    "| -- | ---- | ----- | ---------------------------------------- | ---------- | --------- | ----- |",
    ...mutants.map(row),
  ];
}

function row(mutant: KernelMutant): string {
  const told = [
    mutant.wrong,
    mutant.visible,
    ...(mutant.onlyWhen === undefined ? [] : [`_Only when_: ${mutant.onlyWhen}`]),
    ...(mutant.danger === undefined ? [] : [`**Danger**: ${mutant.danger}`]),
  ];
  const cells = [
    `\`${mutant.id}\``,
    mutant.base,
    mutant.class,
    told.map((sentence) => `${sentence}.`).join(" "),
    mutant.breaks.join(", "),
    mutant.mayBreak?.join(", ") ?? "",
    mutant.mends?.join(", ") ?? "",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
