import assert from "node:assert/strict";
import { originsOf } from "./origins.ts";
import type { ProfileFact } from "./profile.ts";
import { compareProfiles } from "./profile_diff.ts";

function fact(id: string, value: string | null, unknown = "it hung"): ProfileFact {
  return { id, value, unknown: value === null ? unknown : null, says: `About ${id}`, how: "", rests_on: [] };
}

Deno.test("compareProfiles() names what changed with both values and where it comes from", () => {
  const { changed, untold, same } = compareProfiles(
    [fact("open", "a pidfd"), fact("thread-pidfd", "EINVAL"), fact("of-tomorrow", "1")],
    [fact("open", "a pidfd"), fact("thread-pidfd", "a pidfd of the thread"), fact("of-tomorrow", "2")],
  );
  assert.deepEqual([same, untold], [1, []]);
  assert.deepEqual(changed, [
    {
      id: "thread-pidfd",
      says: "About thread-pidfd",
      a: "EINVAL",
      b: "a pidfd of the thread",
      since: "6.9",
      commits: ["83b290c9e3b5"],
      source: "upstream: pidfd: clone: allow CLONE_THREAD | CLONE_PIDFD together",
    },
    { id: "of-tomorrow", says: "About of-tomorrow", a: "1", b: "2", since: null, commits: [], source: null },
  ]);
});

Deno.test("compareProfiles() calls what one of both does not know no difference", () => {
  const { changed, untold, same } = compareProfiles(
    [fact("a", null, "no root"), fact("b", "1"), fact("c", null), fact("d", "1")],
    [fact("a", "1"), fact("b", null), fact("c", null), fact("e", "1")],
  );
  assert.deepEqual([changed, same], [[], 0]);
  assert.deepEqual(untold, [
    { id: "a", a: null, b: "1", unknown: "the first: no root" },
    { id: "b", a: "1", b: null, unknown: "the second: it hung" },
    { id: "c", a: null, b: null, unknown: "the first: it hung; the second: it hung" },
    { id: "d", a: "1", b: null, unknown: "the second does not have it" },
    { id: "e", a: null, b: "1", unknown: "the first does not have it" },
  ]);
});

Deno.test("originsOf() finds a change in both directions, and one change after the other", () => {
  const commits = (id: string, one: string, other: string) =>
    originsOf(id, [one, other]).flatMap((it) => it.commits);
  assert.deepEqual(commits("pidfd-mode", "0600", "0700"), ["cb12fd8e0dab"]);
  assert.deepEqual(commits("pidfd-mode", "0700", "0600"), ["cb12fd8e0dab"]);
  assert.deepEqual(originsOf("birth-reopen-writable", ["ENXIO", "a pidfd"]).map((it) => it.since), [
    "6.9",
    "after 6.12, by 6.18",
  ]);
  assert.deepEqual(originsOf("pidfd-mode", ["0600", "0644"]), []);
  assert.deepEqual(originsOf("open", ["0600", "0700"]), []);
});
