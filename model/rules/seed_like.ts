/**
 * Whether a kernel behaves like that of the first pidfds: told by several signs, for a tree can have one of their fixes
 * and lack another.
 *
 * @module
 */

import { copyResult, reached } from "./_calls.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";

const EINVAL = 22;
const ENOSYS = 38;
const POLLIN = 1;

/** Something that the first pidfds did, and that no later ones do. */
interface Sign {
  /** What it is, as the end of a sentence. */
  readonly says: string;
  /** Whether it is there; `null` when that was not tried, or gave something else. */
  of(facts: readonly Fact[]): boolean | null;
}

const INTEGER: Sign = {
  says: "a user's integer that does not hold 0 is refused",
  of(facts) {
    const tried = facts.find((it) =>
      it.scenario === "confirm-integer" && it.fact === "holds-12345" && it.call === "clone"
    );
    if (tried === undefined || tried.ret === null) return null;
    if (tried.ret >= 0) return false;
    return tried.errno === EINVAL ? true : null;
  },
};

const SIGNS: readonly Sign[] = [
  INTEGER,
  {
    says: "there is no pidfd_open",
    of(facts) {
      const tried = facts.find((it) => it.call === "pidfd_open" && it.ret !== null);
      return tried === undefined ? null : tried.errno === ENOSYS;
    },
  },
  {
    says: "poll of a living process is readable at once",
    of(facts) {
      const tried = facts.find((it) => it.scenario === "confirm-poll" && it.fact === "alive");
      if (tried === undefined || tried.ret === null || tried.ret < 0) return null;
      return ((tried.revents ?? 0) & POLLIN) !== 0;
    },
  },
];

/**
 * Whether a kernel behaves like that of the first pidfds, by most of the signs that were tried.
 *
 * @param facts what user space saw
 * @returns `null` when nothing was tried, or as many signs speak for it as against
 */
export function isSeedLike(facts: readonly Fact[]): boolean | null {
  const said = SIGNS.map((it) => it.of(facts));
  const [yes, no] = [true, false].map((answer) => said.filter((it) => it === answer).length);
  return yes === no ? null : (yes ?? 0) > (no ?? 0);
}

/**
 * Whether a kernel could have the faults of the first pidfds: one sign is enough.
 *
 * @param facts what user space saw until now
 * @returns `null` when nothing was tried
 */
export function couldBeSeedLike(facts: readonly Fact[]): boolean | null {
  const said = SIGNS.map((it) => it.of(facts));
  if (said.includes(true)) return true;
  // What comes first has to have spoken: the others are tried late.
  return said[0] === false ? false : null;
}

/**
 * The signs that are there, as a sentence.
 *
 * @param facts what user space saw
 */
export function signsOf(facts: readonly Fact[]): string {
  const text = SIGNS.filter((it) => it.of(facts) === true).map((it) => it.says).join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Whether a kernel looks at the user's integer before it makes anything: at what it holds, or whether it can be read.
 *
 * @param evidence what both witnesses have told
 * @returns `null` when that was not tried
 */
export function looksAtInteger(evidence: Evidence): boolean | null {
  const holds = INTEGER.of(evidence.all);
  const isRead = evidence.calls("confirm-unreadable", "unreadable").some(({ fact, steps }) =>
    fact.call === "clone" && steps !== null && copyResult(steps) === "EFAULT" &&
    reached(steps) === "before a struct pid was there"
  );
  if (holds === true || isRead) return true;
  return holds ?? evidence.truth.isSeedLike;
}
