import assert from "node:assert/strict";
import { test } from "node:test";
import type { CaptureMessage } from "../capture/mod.ts";
import { Correlator, errnoName } from "./mod.ts";

const OPTIONS = {
  law: "per-inode",
  attachedNs: 0n,
  scope: { pids: undefined, comm: undefined, descendants: false },
  cpus: 1,
} as const;
const CLONE = "clone 0 1 1000 100 100 5000 61 0 200 7000 a 2 1000 0 3 f f 1 2";

function record(text: string): CaptureMessage {
  return { kind: "record", text };
}

test("Correlator.trust counts what arrived, and nothing is known to be lost", () => {
  const correlator = new Correlator(OPTIONS);
  correlator.take([record("ready 1 5 1.0"), record(CLONE), record("tick 0 2000 1 0")]);
  correlator.finish();
  assert.deepEqual(correlator.trust, {
    baseline: null,
    comparison: null,
    releasesSeen: true,
    records: 1,
    lost: 0,
    late: 0,
    unmatched: 0,
    missed: null,
    recursionMisses: null,
    witnessesCompared: 0,
    witnessesDiffering: 0,
    notKnown: ["No probes that must agree were counted", "Nobody has read how often programs did not run"],
    countsChecked: 1,
    countsEqual: 1,
    countsAbove: 0,
  });
});

test("Correlator.trust says unknown, not 0, when a line could not be read", () => {
  for (const message of [record("put 0 x"), { kind: "unreadable", text: "\u009b" }] as const) {
    const correlator = new Correlator(OPTIONS);
    const [update] = correlator.take([message]);
    assert.equal(correlator.trust.lost, null);
    assert.equal(update?.type === "lost" && update.body.reason, "undecodable");
    assert.doesNotMatch(JSON.stringify(update?.body), /\u009b/);
  }
});

test("Correlator counts records that come late", () => {
  const correlator = new Correlator(OPTIONS);
  correlator.take([record("tick 0 1000000000 0 0"), record("tick 0 9000000000 0 0"), record(CLONE)]);
  assert.equal(correlator.trust.late, 1);
  correlator.take([record("tick 0 1000 0 0")]);
  assert.equal(correlator.trust.late, 1, "a late heartbeat says nothing");
});

test("Correlator.cut() takes what is numbered afterwards for what was not asked for", () => {
  const totals: CaptureMessage = { kind: "totals", map: "task_records", byCpu: new Map([[0, 9]]) };
  const correlator = new Correlator(OPTIONS);
  correlator.take([record(CLONE)]);
  correlator.cut();
  assert.deepEqual(correlator.take([totals]), []);
  assert.equal(correlator.trust.lost, 0);
  const whole = new Correlator(OPTIONS);
  whole.take([record(CLONE), totals]);
  assert.equal(whole.trust.lost, 8);
});

test("Correlator judges nothing of a time in which probes that must agree did not", () => {
  const born = "clone 0 1 2500000000 100 100 5000 61 0 200 7000 a 1 1000 0 3 f f 1 2";
  const heartbeat = (second: number, newtask: number) => [
    record(`witness 0 ${second}000000000 1 1 1 ${newtask} 0`),
    record(`tick 0 ${second}000000000 ${second > 2 ? 1 : 0} 0`),
  ];
  // A count of 1 where 2 are known to hold it: broken, unless something was not seen.
  for (const [newtask, verdict] of [[1, "broken"], [2, "undetermined"]] as const) {
    const correlator = new Correlator(OPTIONS);
    const updates = [
      ...correlator.take([record("witness 0 1000000000 0 0 0 0 0"), record("tick 0 1000000000 0 0")]),
      ...correlator.take([record("witness 0 2000000000 0 0 0 0 0"), record("tick 0 2000000000 0 0")]),
      ...correlator.take([record(born), ...heartbeat(3, newtask)]),
      ...[4, 5, 6].flatMap((second) => correlator.take(heartbeat(second, newtask))),
      ...correlator.finish(),
    ];
    const findings = updates.flatMap((it) => it.type === "finding" ? [it.body.verdict] : []);
    assert.deepEqual(findings, [verdict]);
    const losses = updates.flatMap((it) => it.type === "lost" ? [it.body] : []);
    assert.deepEqual(
      losses.map((it) => [it.reason, it.events, it.from_ns, it.to_ns]),
      newtask === 1 ? [] : [["missed-probe", 1, "2000000000", "3000000000"]],
    );
    const { missed, lost, witnessesDiffering } = correlator.trust;
    assert.deepEqual([missed, lost, witnessesDiffering], [newtask - 1, 0, newtask - 1]);
  }
});

test("Correlator compares the last counts in a run without two heartbeats", () => {
  const correlator = new Correlator(OPTIONS);
  correlator.hearRecursion({ misses: 0 });
  const totals = (map: string, count: number): CaptureMessage => ({
    kind: "totals",
    map,
    byCpu: new Map([[0, count]]),
  });
  correlator.take([
    record("witness 0 1000000000 3 2 2 1 0"),
    totals("copy_entries", 4),
    totals("copy_returns", 4),
  ]);
  correlator.take([totals("copy_births", 3), totals("new_tasks", 3)]);
  correlator.finish();
  const { missed, witnessesCompared, recursionMisses, notKnown } = correlator.trust;
  assert.deepEqual([missed, witnessesCompared, recursionMisses, notKnown], [0, 2, 0, []]);
});

test("Correlator.take() ignores other maps and what means nothing", () => {
  const correlator = new Correlator(OPTIONS);
  const messages: CaptureMessage[] = [
    { kind: "other" },
    { kind: "totals", map: "other", byCpu: new Map([[0, 9]]) },
  ];
  assert.deepEqual(correlator.take(messages), []);
});

test("Correlator.pending counts targets that only have to be freed", () => {
  const correlator = new Correlator(OPTIONS);
  const lines = [
    "clone 0 1 1000000 100 100 5000 61 0 200 7000 a 2 1000 0 3 f f 1 2",
    "release 0 2 1001000000 100 100 5000 61 0 f a 2 1",
    "evict 0 3 2001000000 100 100 5000 61 0 a 1 2 1",
    "exit 0 4 3001000000 200 200 7000 61 0 a 1 0 0",
    "put 0 1 4001000000 a 1",
  ];
  const pending = lines.map((line, at) => {
    const [tasks, softirqs] = at === 4 ? [4, 1] : [at + 1, 0];
    correlator.take([record(line), record(`tick 0 ${at + 1}000000000 ${tasks} ${softirqs}`)]);
    return correlator.pending;
  });
  assert.deepEqual(pending, [0, 1, 0, 1, 0]);
  assert.equal(correlator.trust.late, 0);
});

test("errnoName() names what the calls return, and gives other numbers as they are", () => {
  const rows = [[-1, "EPERM"], [-14, "EFAULT"], [-24, "EMFILE"], [-513, "ERESTARTNOINTR"], [
    -4000,
    "4000",
  ]] as const;
  for (const [result, name] of rows) assert.equal(errnoName(result), name);
});
