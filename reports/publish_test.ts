import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyEvent } from "../tests/support/arbitrary_events.ts";
import { assertValid } from "../tests/support/json_schema.ts";
import { NdjsonReport, publish, summaryText, utcText } from "./mod.ts";

test("utcText() writes nine decimals and a Z", () => {
  const rows = [
    [0n, "1970-01-01T00:00:00.000000000Z"],
    [1n, "1970-01-01T00:00:00.000000001Z"],
    [999_999_999n, "1970-01-01T00:00:00.999999999Z"],
    [951_782_400_000_000_000n, "2000-02-29T00:00:00.000000000Z"],
    [1_767_323_045_000_000_006n, "2026-01-02T03:04:05.000000006Z"],
    [253_402_300_799_999_999_999n, "9999-12-31T23:59:59.999999999Z"],
  ] as const;
  for (const [ns, text] of rows) assert.equal(utcText(ns), text);
});

test("utcText() keeps every nanosecond and the order of time", () => {
  const ns = fc.bigInt(0n, 253_402_300_799_999_999_999n);
  fc.assert(fc.property(ns, ns, (a, b) => {
    const [, seconds = "", rest = ""] = /^(.*)\.(\d{9})Z$/.exec(utcText(a)) ?? [];
    assert.equal(BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(rest), a);
    assert.equal(utcText(a) < utcText(b), a < b);
  }));
});

test("publish() puts the common fields first and turns times into text", () => {
  const body = {
    rule: "L1",
    verdict: "broken",
    statement: "s",
    expected: "e",
    observed: "o",
    evidence: [1],
    next: "n",
  };
  const update = { type: "finding", seq: 7, ktimeNs: 5n, followed: true, body } as const;
  const event = publish(update as Parameters<typeof publish>[0], { host: "local", utcOffsetNs: 10n });
  assertValid(event);
  assert.deepEqual(Object.keys(event).slice(0, 6), ["schema", "type", "seq", "time", "ktime_ns", "host"]);
  assert.deepEqual([event.time, event.ktime_ns], ["1970-01-01T00:00:00.000000015Z", "5"]);
  const timeless = publish({ ...update, ktimeNs: null } as Parameters<typeof publish>[0], {
    host: "local",
    utcOffsetNs: 10n,
  });
  assert.deepEqual([timeless.time, timeless.ktime_ns], [null, null]);
});

test("NdjsonReport writes one line for an event, which says the same and is valid", () => {
  const report = new NdjsonReport();
  assert.equal(report.header(), "");
  fc.assert(
    fc.property(anyEvent, (event) => {
      const text = report.event(event);
      assert.equal(text.indexOf("\n"), text.length - 1);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(event)));
      assertValid(event);
    }),
    { numRuns: 300 },
  );
});

test("summaryText() says unknown where nothing can be known", () => {
  const summary = {
    created: 23,
    released: 22,
    open: 1,
    baseline_released: 0,
    clone_failed: 2,
    open_failed: 1,
    targets: 23,
    targets_exited: 22,
    targets_freed: 21,
    counts_checked: 100,
    counts_equal: 98,
    counts_above: 1,
    findings: 1,
    undetermined: 0,
    records: 140,
    lost: null,
    late: 0,
    unmatched: 3,
    baseline: null,
    proc_agreed: null,
    proc_only: null,
    proc_lacks: null,
    proc_changed: null,
    missed: 0,
    recursion_misses: 0,
    witnesses_compared: 12,
    witnesses_differing: 0,
    not_known: [],
  };
  const text = summaryText(summary);
  assert.match(text, /23 created, 22 released, 1 open; 3 failed calls\n/);
  assert.match(text, /100, 98 exact, 1 with other holders, 1 too low\n/);
  assert.match(text, /140 records, lost unknown, late 0, unmatched 3; findings 1, undetermined 0\n$/);
  assert.match(
    summaryText({ ...summary, baseline_released: 4, lost: 0 }),
    /1 open, 4 from before released; .*lost 0,/s,
  );
  const unknown = { recursion_misses: null, not_known: ["The kernel\u001b does not count them"] };
  assert.match(
    summaryText({ ...summary, missed: 2, witnesses_differing: 1, ...unknown }),
    /did not run: missed 2 \(1 of 12 comparisons differ\), recursion misses unknown\nnot known: The kernel\\x1b does not/,
  );
});
