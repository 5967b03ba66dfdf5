import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceOf, fact, failed, steps } from "../../tests/support/told.ts";
import { couldBeSeedLike, isSeedLike, looksAtInteger, signsOf } from "./seed_like.ts";

const REFUSED = fact("confirm-integer clone holds-12345", failed(22));
const TAKEN = fact("confirm-integer clone holds-12345", { ret: 101 });
const NO_OPEN = fact("confirm-flags pidfd_open open", failed(38));
const OPENED = fact("confirm-flags pidfd_open open", { ret: 3 });
const AT_ONCE = fact("confirm-poll poll alive", { ret: 1, revents: 0x145 });
const QUIET = fact("confirm-poll poll alive", { ret: 0, revents: 0 });

const ROWS = [
  ["nothing", [], null, null],
  ["the integer alone", [REFUSED], true, true],
  ["an integer that is taken", [TAKEN], false, false],
  ["all signs", [REFUSED, NO_OPEN, AT_ONCE], true, true],
  ["no sign", [TAKEN, OPENED, QUIET], false, false],
  ["all but the integer", [TAKEN, NO_OPEN, AT_ONCE], true, true],
  ["the integer, and younger calls", [REFUSED, OPENED, QUIET], false, true],
  ["one against one", [REFUSED, OPENED], null, true],
  ["an integer with another error", [fact("confirm-integer clone holds-12345", failed(1))], null, null],
] as const;

for (const [name, facts, like, could] of ROWS) {
  test(`isSeedLike() of ${name} is ${like}, and it could be: ${could}`, () => {
    assert.equal(isSeedLike(facts), like);
    assert.equal(couldBeSeedLike(facts), could);
  });
}

test("signsOf() names the signs that are there", () => {
  assert.equal(
    signsOf([TAKEN, NO_OPEN, AT_ONCE]),
    "There is no pidfd_open, poll of a living process is readable at once",
  );
});

const UNREADABLE = fact("confirm-unreadable clone unreadable", failed(14));
const EARLY = "kernel_clone > copy_process > copy_process = -14 > kernel_clone = -14";
const LATE =
  "kernel_clone > copy_process > alloc_pid = 101 > free_pid > copy_process = -14 > kernel_clone = -14";

test("looksAtInteger() by what it holds, or by whether it can be read", () => {
  assert.equal(looksAtInteger(evidenceOf({ facts: [REFUSED] })), true);
  assert.equal(looksAtInteger(evidenceOf({ facts: [TAKEN, UNREADABLE], steps: steps(EARLY) })), true);
  assert.equal(looksAtInteger(evidenceOf({ facts: [TAKEN, UNREADABLE], steps: steps(LATE) })), false);
  assert.equal(looksAtInteger(evidenceOf({ truth: { isSeedLike: null } })), null);
});
