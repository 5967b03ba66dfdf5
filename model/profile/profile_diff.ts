/**
 * Two profiles side by side.
 *
 * @module
 */

import type { Answer } from "../../schema/mod.ts";
import { originsOf } from "./origins.ts";
import type { ProfileFact } from "./profile.ts";

/** A difference as it is printed, and its parts. */
export type ProfileDiff = Pick<Answer<"profile-diff">, "changed" | "untold" | "same">;
/** A fact with two values. */
export type ChangedFact = ProfileDiff["changed"][number];
/** A fact that one of both does not know. */
export type UntoldFact = ProfileDiff["untold"][number];

/**
 * Compares two profiles.
 *
 * A fact that is not known to both is no difference: nothing can be said of it. It is told apart.
 *
 * @param a the facts of one
 * @param b the facts of the other
 * @returns what differs, in the order of the first
 *
 * @example
 * ```ts
 * import { compareProfiles } from "./profile_diff.ts";
 * import assert from "node:assert/strict";
 *
 * const fact = { id: "pidfd-mode", unknown: null, says: "", how: "", rests_on: [] };
 * const { changed } = compareProfiles([{ ...fact, value: "0600" }], [{ ...fact, value: "0700" }]);
 * assert.deepEqual(changed.map((it) => [it.a, it.b, it.since]), [["0600", "0700", "6.9"]]);
 * ```
 */
export function compareProfiles(a: readonly ProfileFact[], b: readonly ProfileFact[]): ProfileDiff {
  const others = new Map(b.map((it) => [it.id, it]));
  const own = new Set(a.map((it) => it.id));
  const pairs: readonly (readonly [ProfileFact | undefined, ProfileFact | undefined])[] = [
    ...a.map((it) => [it, others.get(it.id)] as const),
    ...b.filter((it) => !own.has(it.id)).map((it) => [undefined, it] as const),
  ];
  const changed: ChangedFact[] = [];
  const untold: UntoldFact[] = [];
  let same = 0;
  for (const [one, other] of pairs) {
    const fact = one ?? other;
    if (fact === undefined) continue;
    const { id, says } = fact;
    const [before, after] = [one?.value ?? null, other?.value ?? null];
    if (before === null || after === null) {
      untold.push({ id, a: before, b: after, unknown: reasonOf(one, other) });
    } else if (before === after) same += 1;
    else changed.push({ id, says, a: before, b: after, ...originOf(id, [before, after]) });
  }
  return { changed, untold, same };
}

/** Why they cannot be compared. */
function reasonOf(one: ProfileFact | undefined, other: ProfileFact | undefined): string {
  const reasons = [["the first", one], ["the second", other]] as const;
  const said = reasons.flatMap(([name, fact]) => {
    if (fact === undefined) return [`${name} does not have it`];
    return fact.unknown === null ? [] : [`${name}: ${fact.unknown}`];
  });
  return said.join("; ");
}

function originOf(
  id: string,
  values: readonly [string, string],
): Pick<ChangedFact, "since" | "commits" | "source"> {
  const origins = originsOf(id, values);
  if (origins.length === 0) return { since: null, commits: [], source: null };
  return {
    since: [...new Set(origins.map((it) => it.since))].join(", then "),
    commits: [...new Set(origins.flatMap((it) => it.commits))],
    source: [...new Set(origins.map((it) => it.source))].join(", then "),
  };
}
