// The soak runner: many small histories, and what it says of one that fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { History } from "./simulator/count_checks.ts";
import { generationOf } from "./simulator/generations.ts";
import { simulate } from "./simulator/history.ts";
import { commandOf, runCheck } from "./simulator/replay.ts";
import { describeSoak, parseSoak, soak } from "./simulator/soak.ts";

/** Histories of this test; `soak.ts --histories 100000` tries more. */
const HISTORIES = 5000;

test(`soak() finds nothing in ${HISTORIES} small histories of all kinds`, () => {
  const began = performance.now();
  const result = soak(parseSoak(["--seed", "20000", "--histories", String(HISTORIES)]));
  const said = describeSoak(result, (performance.now() - began) / 1000);
  console.log(said);
  assert.equal(result.failure, undefined, said);
  assert.equal(result.histories, HISTORIES);
  assert.ok(result.definite / result.untouched >= 0.9, said);
});

/** A property that does not hold: no history has two releases in it. */
const WRONG = {
  kind: "wrong",
  calls: 60,
  run: (history: History) => {
    const { truth } = simulate({ ...history, generation: generationOf("G3"), interleaved: false });
    const releases = truth.filter((it) => it.kind === "release").length;
    if (releases >= 2) throw new RangeError(`Cannot have ${releases} releases`);
    return undefined;
  },
};

test("soak() makes a history that fails small, and it still fails", () => {
  const options = { seed: 1, histories: 50, checks: [WRONG], calls: 60, without: new Set<number>() };
  const { failure } = soak(options);
  assert.ok(failure !== undefined);
  const { history, original } = failure;
  const left = history.calls - (history.without?.size ?? 0);
  // Two births and two releases.
  assert.ok(left >= 4 && left <= 8, `${left} calls are left`);
  assert.throws(() => WRONG.run(history), RangeError);
  const said = describeSoak(soak(options), 1);
  assert.match(said, /"wrong" does not hold for seed 1/);
  assert.ok(said.includes(commandOf("wrong", original.history)), said);
  assert.ok(said.includes(commandOf("wrong", history)), said);
});

test("runCheck() says how to replay a history that fails", () => {
  const history = { seed: 1, calls: 60, without: new Set([3, 5]) };
  assert.throws(
    () => runCheck(WRONG, history),
    (error: Error) =>
      error.message.includes("soak.ts --kind=wrong --seed=1 --histories=1 --calls=60 --without=3,5"),
  );
});

test("parseSoak() reads what commandOf() writes, and refuses other words", () => {
  const command = commandOf("mixed/G2", { seed: -3, calls: 9, without: new Set([1, 2]) });
  const words = command.slice(command.indexOf("soak.ts ") + 8).split(" ");
  const { checks, ...options } = parseSoak(words);
  assert.deepEqual(checks.map((it) => it.kind), ["mixed/G2"]);
  assert.deepEqual(options, { seed: -3, histories: 1, calls: 9, without: new Set([1, 2]) });
  assert.throws(() => parseSoak(["--kind", "nothing"]), /must be one of counts/);
  assert.throws(() => parseSoak(["--seed", "x"]), /must be an integer, got "x"/);
});
