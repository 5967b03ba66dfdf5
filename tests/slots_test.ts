// The graph of slots beside a small kernel of fd tables, on random histories, step by step.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode, isTimed, NumberingCheck, Order } from "../events/mod.ts";
import { Correlator, initialState } from "../model/mod.ts";
import type { ModelState } from "../model/mod.ts";
import { TABLE_IDLE_NS } from "../model/_slot_doubts.ts";
import { publish } from "../reports/mod.ts";
import { FdHistory } from "./simulator/fd_history.ts";
import { Random } from "./simulator/random.ts";
import { assertValid } from "./support/json_schema.ts";
import { sizesOf } from "./support/model_sizes.ts";
import { slotDifferences } from "./support/slot_truth.ts";
import { SteppedModel } from "./support/stepped_model.ts";

const EVERYTHING = { pids: undefined, comm: undefined, descendants: false };
const OPTIONS = { law: "per-inode", attachedNs: 0n, scope: EVERYTHING, slotsSeen: true } as const;

/** Calls of one history. */
const STEPS = 120;

const EMPTY = sizesOf(initialState(OPTIONS));

test("step() knows every slot of every process after each call of a random history", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const history = new FdHistory(new Random(seed));
      const model = new SteppedModel(OPTIONS);
      const done: string[] = [];
      for (let at = 0; at < STEPS; at += 1) {
        done.push(history.step());
        if (at % 40 === 39) history.machine.tick(1000n);
        const lines = history.machine.take();
        model.lines(lines);
        const where = () => `seed ${seed} after ${done.slice(-5).join(", ")}\n${lines.join("\n")}`;
        assert.deepEqual(slotDifferences(model.state, history.machine), [], where());
        assert.equal(model.state.unmatched, 0, where());
      }
      history.end();
      history.machine.tick(2_000_000_000n);
      model.lines(history.machine.take());
      model.take({ kind: "finish" });
      assert.deepEqual(model.updates.filter((it) => it.type === "finding"), []);
      assert.equal(model.state.unmatched, 0, "at the end");
      assert.deepEqual({ ...sizesOf(model.state), early: 0 }, EMPTY);
      for (const update of model.updates.filter((it) => it.type.startsWith("pidfd.")).slice(-5)) {
        assertValid(publish(update, { host: "lab:6.12", utcOffsetNs: 10n ** 18n }));
      }
    }),
    { numRuns: 200 },
  );
});

/** The same way as {@linkcode Correlator} takes them, to a state that can be looked at. */
function stateAfter(lines: readonly string[]): ModelState {
  const model = new SteppedModel(OPTIONS);
  const numbering = new NumberingCheck();
  const order = new Order(1);
  for (const line of lines) {
    const event = decode(line, 1);
    if (!isTimed(event)) continue;
    for (const loss of numbering.take(event)) model.take({ kind: "loss", loss });
    for (const placed of order.push(event, numbering.heardNs(event))) model.take({ kind: "event", placed });
  }
  for (const placed of order.flush()) model.take({ kind: "event", placed });
  model.take({ kind: "finish" });
  return model.state;
}

/** Records of each hundred that are lost. */
const LOST_PERCENT = 1;

test("step() keeps nothing of tables that are gone, and blames nobody, when records are lost", () => {
  let lost = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const history = new FdHistory(random);
      const { machine } = history;
      for (let at = 0; at < 2 * STEPS; at += 1) {
        history.step();
        if (at % 40 === 39) machine.tick(1_000_000_000n);
      }
      history.end();
      for (const seconds of [1n, 1n, 1n, TABLE_IDLE_NS / 1_000_000_000n]) {
        machine.tick(seconds * 1_000_000_000n);
      }
      const printed = machine.take();
      const lines = printed.filter((it) => it.startsWith("tick") || !random.percent(LOST_PERCENT));
      const correlator = new Correlator({ ...OPTIONS, cpus: 1 });
      const updates = [
        ...correlator.take(lines.map((text) => ({ kind: "record", text }))),
        ...correlator.finish(),
      ];
      assert.equal(correlator.trust.lost, printed.length - lines.length);
      const broken = updates.filter((it) => it.type === "finding" && it.body.verdict === "broken");
      assert.deepEqual(broken, []);
      const { tables, slots, held, users, unborn, copies } = sizesOf(stateAfter(lines));
      assert.deepEqual([tables, slots, held, users, unborn, copies], [0, 0, 0, 0, 0, 0]);
      lost += printed.length - lines.length;
    }),
    { numRuns: 200 },
  );
  assert.ok(lost > 200, `${lost} records were lost`);
});
