/**
 * What `leaks --now` has to say of the programs that hold pidfds and say which.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { HolderBody } from "../../reports/mod.ts";
import type { Bystander, Holder } from "./pidfd_holders.ts";

/** The part of a holder's answer that the programs know of themselves. */
export type OwnWord = Pick<HolderBody, "pid" | "pidfds" | "dead" | "outside" | "targets">;

/** What is to be said of pidfd_holder.c, and of the process that shares its fd table. */
export function wordOfHolder({ pid, sharer, late, copy, many }: Holder): readonly OwnWord[] {
  const fds = [copy, ...many].sort((one, other) => one - other);
  const targets = [
    { pid, state: "alive", fds },
    // Nobody knows any more which one it was.
    { pid: null, state: "reaped", fds: [late] },
  ] as const;
  return [pid, sharer].map((it) => ({ pid: it, pidfds: fds.length + 1, dead: 1, outside: 0, targets }));
}

/** What is to be said of a bystander of the stimulus. */
export function wordOfBystander({ tid, pid, fds }: Bystander): OwnWord {
  return { pid: tid, pidfds: fds.length, dead: 0, outside: 0, targets: [{ pid, state: "alive", fds }] };
}

/** Asserts that exactly these were told, whatever else is told of them. */
export function checkWords(told: readonly OwnWord[], expected: readonly OwnWord[]): void {
  const own = ({ pid, pidfds, dead, outside, targets }: OwnWord) => ({ pid, pidfds, dead, outside, targets });
  const byPid = (one: OwnWord, other: OwnWord) => one.pid - other.pid;
  assert.deepEqual(told.map(own).sort(byPid), expected.toSorted(byPid));
}
