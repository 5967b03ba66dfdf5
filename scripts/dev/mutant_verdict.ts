/**
 * Whether `confirm` has said of a kernel with a known change what was written down about it before.
 *
 * @module
 */

import { KERNEL_MUTANTS } from "../../lab/mod.ts";
import type { KernelMutant } from "../../lab/mod.ts";
import type { Answer } from "../../schema/mod.ts";
import { EXIT } from "../cli/exit_code.ts";

/** A kernel, and what must be said of it. */
export interface KernelCase
  extends Pick<KernelMutant, "id" | "base" | "wrong" | "breaks" | "mayBreak" | "mends" | "onlyWhen"> {
  /** Whether it hides so much from a tracer that not every rule can be told. @default {false} */
  readonly hides?: boolean;
}

/** What `confirm` said of a kernel, as far as it matters here. */
export interface Said {
  /** Ids of rules that are broken, and `F:` with the commit of each fix that is missing. */
  readonly broken: readonly string[];
  /** The exit code. */
  readonly code: number;
}

/** What is to be thought of it. */
export interface MutantVerdict {
  /** Whether it is as it must be. */
  readonly isRight: boolean;
  /** What must be found. */
  readonly required: readonly string[];
  /** What must be found and was not. */
  readonly missed: readonly string[];
  /** What was found and is not wrong there. */
  readonly falsely: readonly string[];
}

/** The families of which one rule is enough: their rules look at one thing from several sides. */
const FAMILIES = /^L[0-9]$/;

/** Kernels that are no mutants. */
const PLAIN_CASES: readonly KernelCase[] = [
  { id: "base-5.10", base: "5.10", wrong: "Nothing is changed", breaks: [] },
  { id: "base-6.12", base: "6.12", wrong: "Nothing is changed", breaks: [] },
  {
    id: "seed-nobtf",
    base: "seed",
    wrong: "The seed on a kernel without types",
    breaks: [],
    // When the pidfd comes into its slot no return value tells.
    mends: ["F:6fd2fe494b17"],
    mayBreak: ["F:6fd2fe494b17"],
    hides: true,
  },
];

/** All kernels, those without a change of their own first. */
export const KERNEL_CASES: readonly KernelCase[] = [...PLAIN_CASES, ...KERNEL_MUTANTS];

/**
 * Returns what `confirm` said.
 *
 * @param confirmation the exit code, and the answer if there is one
 * @returns the rules that are broken and the fixes that are missing
 */
export function saidOf({ code, answer }: {
  readonly code: number;
  readonly answer: Pick<Answer<"confirm">, "rules" | "backport"> | undefined;
}): Said {
  if (answer === undefined) return { broken: [], code };
  const broken = answer.rules.flatMap((it) => it.verdict === "broken" ? [it.id] : []);
  return { broken: [...broken, ...answer.backport.missing.map((it) => `F:${it}`)], code };
}

/**
 * Compares.
 *
 * @param mutant the kernel
 * @param said what `confirm` said
 * @returns what is missed, and what is blamed falsely; both are empty where it is right
 *
 * @example
 * ```ts
 * import { judgeMutant, KERNEL_CASES } from "./mutant_verdict.ts";
 * import assert from "node:assert/strict";
 *
 * const mutant = KERNEL_CASES.find((it) => it.id === "release-no-put");
 * assert.ok(mutant !== undefined);
 * assert.equal(judgeMutant(mutant, { broken: ["R14", "L2"], code: 1 }).isRight, true);
 * assert.deepEqual(judgeMutant(mutant, { broken: ["R5"], code: 1 }).falsely, ["R5"]);
 * ```
 */
export function judgeMutant(mutant: KernelCase, said: Said): MutantVerdict {
  const base = mutant.base === "seed" ? KERNEL_MUTANTS.find((it) => it.id === "seed")?.breaks ?? [] : [];
  const mends = new Set<string>(mutant.mends ?? []);
  const required = [...new Set([...base.filter((it) => !mends.has(it)), ...mutant.breaks])];
  const found = new Set(said.broken.map((it) => FAMILIES.test(it) ? "L" : it));
  const missed = required.filter((it) => !found.has(it));
  const allowed = new Set<string>([...required, ...mutant.mayBreak ?? []]);
  const falsely = [...found].filter((it) => !allowed.has(it));
  // A missing fix is told and is no broken rule.
  const isBroken = [...found].some((it) => !it.startsWith("F:"));
  const code = isBroken ? EXIT.broken : mutant.hides === true ? EXIT.undetermined : EXIT.well;
  const isRight = missed.length === 0 && falsely.length === 0 && said.code === code;
  return { isRight, required, missed, falsely };
}
