import assert from "node:assert/strict";
import type { Fact } from "../rules/facts.ts";
import { plainFact } from "../../tests/support/plain_fact.ts";
import { type ProfileRow, type Reading, readRow, RIGHTS_OF_ROOT } from "./profile_row.ts";

const BIRTH = "confirm-x birth clone";
const USE = "confirm-x use ioctl";
const ROW: ProfileRow = {
  id: "use",
  says: "What it gives",
  how: "ioctl",
  rests: [BIRTH, USE],
  value: (facts) => facts.at(-1)?.link ?? undefined,
};

function reading(facts: readonly Fact[], more: Partial<ProfileRow> = {}, silent?: string): Reading {
  const told = new Map(facts.map((it) => [`${it.scenario} ${it.fact} ${it.call}`, it]));
  return readRow({ ...ROW, ...more }, {
    facts: told,
    silent: new Map(silent === undefined ? [] : [["confirm-x", silent]]),
  });
}

const birth = plainFact(BIRTH);

Deno.test("readRow() gives the value that the facts tell, or the error of the first that failed", () => {
  const known: readonly (readonly [Reading, string])[] = [
    [reading([birth, plainFact(USE, { link: "uts:[1]" })]), "uts:[1]"],
    [reading([birth, plainFact(USE, { errno: 25 })]), "ENOTTY"],
    [reading([plainFact(BIRTH, { errno: 22 }), plainFact(USE, { link: "x" })]), "EINVAL"],
    [reading([birth, plainFact(USE, { errno: 1 })]), "EPERM"],
    [reading([birth, plainFact(USE, { errno: 22, link: "read" })], { readsFailure: true }), "read"],
    [reading([plainFact(BIRTH, { errno: 24 })], { readsFailure: true }), "EMFILE"],
  ];
  for (const [read, value] of known) assert.deepEqual(read, { value, unknown: null });
});

Deno.test("readRow() says why a value is not known, and guesses none", () => {
  const unknown: readonly (readonly [Reading, RegExp])[] = [
    [reading([birth]), /^nothing was told of "confirm-x use ioctl"$/],
    [reading([birth], {}, "it hung"), /^it hung$/],
    [reading([]), /^nothing was told of "confirm-x birth clone"$/],
    [reading([birth, plainFact(USE, { ret: null, errno: null, toNs: null })]), /^ioctl did not come back$/],
    [reading([birth, plainFact(USE, { errno: 38 })]), /ENOSYS: this kernel lacks it, or a filter/],
    [
      reading([birth, plainFact(USE, { errno: 38 })], { readsFailure: true }),
      /ENOSYS: this kernel lacks it, or a filter/,
    ],
    [
      reading([birth, plainFact(USE, { errno: 1 })], { rights: RIGHTS_OF_ROOT }),
      /rights of root .*: ioctl gives EPERM$/,
    ],
    [
      reading([plainFact(BIRTH, { errno: 13 })], { rights: ["EACCES"] }),
      /rights of root .*: clone gives EACCES$/,
    ],
    [reading([birth, plainFact(USE)]), /^the facts are there, but do not tell it$/],
  ];
  for (const [read, why] of unknown) {
    assert.equal(read.value, null);
    assert.match(read.unknown ?? "", why);
  }
});
