/**
 * How a kernel behaves, read off what the stimulus told.
 *
 * @module
 */

import type { Answer } from "../../schema/mod.ts";
import type { Fact } from "../rules/facts.ts";
import { BIRTH_ROWS } from "./_birth_rows.ts";
import { CLONE_ROWS } from "./_clone_rows.ts";
import { FAILURE_ROWS } from "./_failure_rows.ts";
import { FILE_ROWS } from "./_file_rows.ts";
import { USE_ROWS } from "./_use_rows.ts";
import { type ProfileRow, provocationOf, readRow } from "./profile_row.ts";

/** A profile as it is printed. */
export type Profile = Answer<"profile">;
/** One fact of it. */
export type ProfileFact = Profile["facts"][number];

/** Everything that a profile tells, in its order. */
export const PROFILE_ROWS: readonly ProfileRow[] = [
  ...CLONE_ROWS,
  ...FAILURE_ROWS,
  ...FILE_ROWS,
  ...BIRTH_ROWS,
  ...USE_ROWS,
];

/** The provocations that a profile needs. */
export const PROFILE_PROVOCATIONS: readonly string[] = [
  ...new Set(PROFILE_ROWS.flatMap((it) => it.rests.map(provocationOf))),
];

/**
 * Makes a profile.
 *
 * @param facts what the stimulus told, of one round of each provocation
 * @param silent why a provocation told nothing, or not all, by its name
 * @returns a fact for each of {@linkcode PROFILE_ROWS}
 *
 * @example
 * ```ts
 * import { makeProfile } from "./profile.ts";
 * import assert from "node:assert/strict";
 *
 * const [first] = makeProfile([], new Map([["confirm-conflicts", "it was not made"]]));
 * assert.deepEqual([first?.id, first?.value, first?.unknown], ["clone-pidfd", null, "it was not made"]);
 * ```
 */
export function makeProfile(
  facts: readonly Fact[],
  silent: ReadonlyMap<string, string>,
): readonly ProfileFact[] {
  const named = new Map(facts.map((it) => [`${it.scenario} ${it.fact} ${it.call}`, it]));
  return PROFILE_ROWS.map((row) => {
    const { id, says, how, rests } = row;
    return { id, ...readRow(row, { facts: named, silent }), says, how, rests_on: rests };
  });
}
