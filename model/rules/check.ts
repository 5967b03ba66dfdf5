/**
 * What a witness has to say about one thing that a rule demands.
 *
 * @module
 */

import type { Fact } from "./facts.ts";
import type { Step } from "./step.ts";

/** Who saw it: U is user space, K the kernel itself. */
export type Witness = "U" | "K";

/** What a check rests on. */
export type Exhibit =
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "step"; readonly step: Step }
  | { readonly kind: "event"; readonly seq: number };

/** One thing that was looked at. */
export interface Check {
  /** Who looked. */
  readonly witness: Witness;
  /** What was looked at, such as `clone with CLONE_DETACHED`. */
  readonly what: string;
  /** What a sound kernel gives. */
  readonly expected: string;
  /** What was there. */
  readonly observed: string;
  /** Whether it was as expected; `null`: it cannot be told. */
  readonly isAsExpected: boolean | null;
  /** The function in which it went wrong, as far as that is known. */
  readonly step?: string | undefined;
  /** What it rests on. */
  readonly exhibits: readonly Exhibit[];
}

/**
 * A check that compares one thing with what is expected.
 *
 * @param what what was looked at
 * @param found who looked, and both sides as words; `observed` is `null` where it cannot be told, `reason` then says why
 * @returns the check
 *
 * @example
 * ```ts
 * import { compared } from "./check.ts";
 * import assert from "node:assert/strict";
 *
 * const check = compared("clone", { witness: "U", expected: "EINVAL", observed: "success", exhibits: [] });
 * assert.equal(check.isAsExpected, false);
 * ```
 */
export function compared(
  what: string,
  found: {
    readonly witness: Witness;
    readonly expected: string;
    readonly observed: string | null;
    readonly reason?: string;
    readonly step?: string | undefined;
    readonly exhibits: readonly Exhibit[];
  },
): Check {
  const { witness, expected, observed, reason = "Nobody has looked", step, exhibits } = found;
  return {
    witness,
    what,
    expected,
    observed: observed ?? reason,
    isAsExpected: observed === null ? null : observed === expected,
    step,
    exhibits,
  };
}
