// The model against the oracle, on random histories of a simulated kernel.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Correlator, Tally } from "../model/mod.ts";
import type { RefcountLaw, Update } from "../model/mod.ts";
import { publish } from "../reports/mod.ts";
import { expectedEvents, openFiles } from "./oracle.ts";
import { simulate } from "./simulator/history.ts";
import type { SimulatedKernel } from "./simulator/kernel.ts";
import { CPUS } from "./simulator/printer.ts";
import type { Delivered } from "./simulator/printer.ts";
import { Random } from "./simulator/random.ts";
import { assertValid } from "./support/json_schema.ts";

const seed = fc.integer();
const WHOLE = { dropPercent: 0, chunkMax: 200, delayNsMax: 900_000_000n };

interface Told {
  readonly updates: readonly Update[];
  readonly correlator: Correlator;
  readonly tally: Tally;
}

const LAWS: readonly RefcountLaw[] = ["per-inode", "per-file"];

function tell({ messages }: Delivered, law: RefcountLaw): Told {
  const scope = { pids: undefined, comm: undefined, descendants: false };
  const correlator = new Correlator({ law, attachedNs: 0n, scope, cpus: CPUS });
  const updates: Update[] = [];
  for (let at = 0; at < messages.length; at += 37) {
    updates.push(...correlator.take(messages.slice(at, at + 37)));
  }
  updates.push(...correlator.finish());
  const tally = new Tally();
  for (const update of updates) tally.take(update);
  return { updates, correlator, tally };
}

/** A word for each event that tells which one it is. */
function keys(
  events: readonly { readonly type: string; readonly ktimeNs: bigint | null }[],
): readonly string[] {
  return events.map((it) => `${it.ktimeNs} ${it.type}`).sort();
}

const JUDGED = ["pidfd.create", "pidfd.release", "pid.free", "clone.failed"];

function assertComplete(kernel: SimulatedKernel, told: Told): void {
  const { updates, correlator, tally } = told;
  assert.deepEqual(updates.filter((it) => it.type === "finding" || it.type === "lost"), []);
  const seen = updates.filter((it) => JUDGED.includes(it.type));
  assert.deepEqual(keys(seen), keys(expectedEvents(kernel.truth, kernel.law)));
  const { trust } = correlator;
  assert.deepEqual([trust.lost, trust.late], [0, 0]);
  const summary = tally.summary(trust);
  assert.equal(summary.open, openFiles(kernel.truth).length);
  assert.equal(summary.baseline_released, 0);
}

for (const law of LAWS) {
  test(`Correlator agrees with the oracle, count for count, when one call comes after the other, ${law}`, () => {
    fc.assert(
      fc.property(seed, (it) => {
        const kernel = simulate({ seed: it, law, calls: 60, interleaved: false });
        const told = tell(kernel.printer.deliver(new Random(it), WHOLE), law);
        assertComplete(kernel, told);
        assert.equal(told.correlator.trust.unmatched, 0);
        const bySeq = new Map(told.updates.map((update) => [update.seq, update]));
        const byKey = new Map(told.updates.map((update) => [`${update.ktimeNs} ${update.type}`, update]));
        for (const expected of expectedEvents(kernel.truth, law)) {
          const update = byKey.get(`${expected.ktimeNs} ${expected.type}`);
          assert.ok(update !== undefined && "count" in update.body && update.body.count !== null);
          const { count } = update.body;
          if (update.type === "clone.failed") {
            assert.deepEqual([update.body.file_released, update.body.pid_dropped], [true, true]);
            continue;
          }
          assert.deepEqual(count.holders, expected.holders);
          assert.deepEqual([count.expected, count.unknown_holders], [
            expected.holders.length,
            count.after === null ? null : 0,
          ]);
          // Without pidfs the count at some births does not have their own reference in it, and says nothing.
          const isRead = update.type !== "pidfd.create" || update.body.origin !== "so_peerpidfd" ||
            law === "per-inode";
          assert.equal(count.after, isRead ? count.expected : null);
          if (update.type === "pidfd.release") {
            assert.equal(bySeq.get(update.body.created_seq ?? 0)?.ktimeNs, expected.createdNs);
            const isLast = !expected.holders.includes("pidfs inode");
            assert.equal(update.body.last_of_inode, law === "per-inode" ? isLast : null);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`Correlator tells everything once and blames nobody when calls come between each other, ${law}`, () => {
    fc.assert(
      fc.property(seed, (it) => {
        const kernel = simulate({ seed: it, law, calls: 120, interleaved: true });
        const told = tell(kernel.printer.deliver(new Random(it), WHOLE), law);
        assertComplete(kernel, told);
        for (const update of told.updates) {
          if (!("count" in update.body) || update.body.count === null) continue;
          const { after, expected, unknown_holders: unknown } = update.body.count;
          if (after === null) continue;
          assert.ok(expected !== null && after >= expected && unknown === after - expected);
        }
        for (const update of told.updates.slice(0, 20)) {
          assertValid(publish(update, { host: "lab:6.12", utcOffsetNs: 10n ** 18n }));
        }
      }),
      { numRuns: 150 },
    );
  });

  test(`Correlator counts every loss, never says broken, and stays sure of what the loss did not touch, ${law}`, () => {
    let untouched = 0;
    let definite = 0;
    fc.assert(
      fc.property(seed, (it) => {
        const kernel = simulate({ seed: it, law, calls: 200, interleaved: true });
        const delivered = kernel.printer.deliver(new Random(it), { ...WHOLE, dropPercent: 1 });
        const { updates, correlator } = tell(delivered, law);
        assert.equal(correlator.trust.lost, delivered.dropped);
        const findings = updates.filter((update) => update.type === "finding");
        assert.deepEqual(findings.filter((update) => update.body.verdict === "broken"), []);
        const told = new Map(updates.map((update) => [`${update.ktimeNs} ${update.type}`, update]));
        const doubted = new Set(findings.flatMap((update) => update.body.evidence));
        const bySubject = Map.groupBy(
          kernel.truth.filter((action) => !delivered.touched.has(action.target)),
          (action) => action.target,
        );
        for (const actions of bySubject.values()) {
          const events = expectedEvents(actions, law).map((event) =>
            told.get(`${event.ktimeNs} ${event.type}`)
          );
          untouched += 1;
          if (events.every((event) => event !== undefined && isDefinite(event) && !doubted.has(event.seq))) {
            definite += 1;
          }
        }
      }),
      { numRuns: 40 },
    );
    assert.ok(untouched > 500, `${untouched} lifecycles`);
    assert.ok(definite / untouched >= 0.9, `${definite} of ${untouched} untouched lifecycles are definite`);
  });
}

test("Correlator does not say how much is lost when a line cannot be read", () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 0, max: 50 }), (it, at) => {
      const kernel = simulate({ seed: it, law: "per-inode", calls: 20, interleaved: false });
      const whole = kernel.printer.deliver(new Random(it), WHOLE);
      assert.equal(tell(whole, "per-inode").correlator.trust.lost, 0);
      const messages = whole.messages.toSpliced(at, 0, { kind: "record", text: "clone 0 1 half of a li" });
      const { updates, correlator } = tell({ ...whole, messages }, "per-inode");
      assert.equal(correlator.trust.lost, null);
      assert.equal(updates.filter((update) => update.type === "lost").length, 1);
    }),
    { numRuns: 20 },
  );
});

function isDefinite(update: Update): boolean {
  return !("count" in update.body) || update.body.count === null || update.body.count.expected !== null;
}
