/**
 * A kernel that is changed in one respect, as data: what is wrong with it, and the edits that make it so.
 *
 * @module
 */

/** What a variant starts from: Debian's source of a series, or that of 5.10 with the seed's patch in it. */
export type MutantBase = "5.10" | "seed" | "6.12";

/** A rule of the project's design that a kernel can break; of the follow-up fixes each one by its commit. */
export type RuleId =
  | "R1"
  | "R2"
  | "R3"
  | "R4a"
  | "R4b"
  | "R5"
  | "R6"
  | "R7"
  | "R8"
  | "R9"
  | "R10"
  | "R11"
  | "R12"
  | "R13"
  | "R14"
  | "R15"
  | "R16"
  | "R17"
  | "L"
  | `F:${string}`;

/** What is done to the kernel, by its kind; each kind has a variant at least. */
export const MUTANT_CLASSES = [
  "seed",
  "seed with a fix",
  "count: clone",
  "count: release",
  "count: pidfd_open",
  "file kept when put_user fails",
  "number not given back",
  "installed before cgroup_can_fork",
  "made before copy_files",
  "O_CLOEXEC lost",
  "O_RDONLY",
  "check lost",
  "wrong process",
  "integer",
  "fdinfo",
  "poll",
  "cleanup frees too little",
  "fix undone",
  "harmless: renamed",
  "harmless: static",
  "harmless: inlined",
  "harmless: not inlined",
  "harmless: extra get and put",
  "harmless: fields moved",
  "harmless: another path",
] as const;

/** One of {@linkcode MUTANT_CLASSES}. */
export type MutantClass = (typeof MUTANT_CLASSES)[number];

/** One change in one place of the source. */
export interface SourceEdit {
  /** The file, from the top of the kernel's source. */
  readonly file: string;
  /** What stands there, exactly once. */
  readonly original: string;
  /** What is put into its place. */
  readonly replacement: string;
}

/** A kernel that is changed. */
export interface KernelMutant {
  /** Its name: small letters, digits and dashes. */
  readonly id: string;
  /** What it starts from. */
  readonly base: MutantBase;
  /** What kind of change it is. */
  readonly class: MutantClass;
  /** What is wrong, or different: a sentence without its full stop. */
  readonly wrong: string;
  /**
   * Rules that must be found broken, beyond those that its base breaks. It was written down before there was code that
   * judges, and is never made to fit what a program says.
   */
  readonly breaks: readonly RuleId[];
  /** Rules that may be found broken too, for the same fact can be counted there; no other rule may. @default {[]} */
  readonly mayBreak?: readonly RuleId[];
  /** Rules that its base breaks and that must not be found broken here. @default {[]} */
  readonly mends?: readonly RuleId[];
  /** What a user could see of it: a sentence without its full stop. */
  readonly visible: string;
  /** Whether nothing is wrong with it beyond its base, so that every further finding is a mistake of the finder. */
  readonly harmless: boolean;
  /** What provoking it can do to the guest, when that is more than a leak. */
  readonly danger?: string;
  /** What must happen for it to show, when ordinary use does not do; without it no rule can be found broken. */
  readonly onlyWhen?: string;
  /** The changes; none of them touches what another one has put there. */
  readonly edits: readonly SourceEdit[];
}

/**
 * Makes the changes of one file.
 *
 * @param text the file
 * @param edits changes of this file, in their order
 * @returns the file with the changes
 * @throws {RangeError} when an original is not there exactly once, or a change changes nothing
 *
 * @example
 * ```ts
 * import { applyEdits } from "./mutant.ts";
 * import assert from "node:assert/strict";
 *
 * const edit = { file: "a.c", original: "get(p);", replacement: "" };
 * assert.equal(applyEdits("x = get(p);\n", [edit]), "x = \n");
 * assert.throws(() => applyEdits("get(p); get(p);", [edit]), /is there 2 times/);
 * ```
 */
export function applyEdits(text: string, edits: readonly SourceEdit[]): string {
  let changed = text;
  for (const { file, original, replacement } of edits) {
    const times = changed.split(original).length - 1;
    if (times !== 1 || original === "") {
      const message = `Cannot change "${file}": "${original}" must be there once, it is there ${times} times`;
      throw new RangeError(message);
    }
    if (original === replacement) {
      throw new RangeError(`Cannot change "${file}": "${original}" stays as it is`);
    }
    changed = changed.replace(original, () => replacement);
  }
  return changed;
}
