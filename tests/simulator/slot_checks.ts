/**
 * What must be true of the model's graph of slots on a history of fd tables.
 *
 * @module
 */

import assert from "node:assert/strict";
import { decode, isTimed, NumberingCheck, Order } from "../../events/mod.ts";
import { Correlator, initialState, step } from "../../model/mod.ts";
import type { ModelInput, ModelState, Update } from "../../model/mod.ts";
import { TABLE_IDLE_NS } from "../../model/_slot_doubts.ts";
import { sizesOf } from "../support/model_sizes.ts";
import { slotDifferences } from "../support/slot_truth.ts";
import type { History } from "./count_checks.ts";
import { damage } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { FdHistory } from "./fd_history.ts";
import { Random } from "./random.ts";

const EVERYTHING = { pids: undefined, comm: undefined, descendants: false };
const OPTIONS = { law: "per-inode", attachedNs: 0n, scope: EVERYTHING, slotsSeen: true } as const;

/** The model, and what it said. */
export class SlotModel {
  /** What it remembers. */
  state: ModelState = initialState(OPTIONS);
  /** What it said. */
  readonly updates: Update[] = [];

  /** Takes what comes next. */
  take(input: ModelInput): void {
    const result = step(this.state, input);
    this.state = result.state;
    this.updates.push(...result.updates);
  }

  /** Takes records that have all come, in their order. */
  lines(lines: readonly string[]): void {
    for (const line of lines) {
      const event = decode(line, 1);
      if (!isTimed(event)) continue;
      this.take({ kind: "event", placed: { event, late: false, certain: true } });
    }
  }
}

const EMPTY = sizesOf(initialState(OPTIONS));

/** After each call the model knows every slot of every process; returns what it said. */
export function checkSlots({ seed, calls, without }: History): readonly Update[] {
  const history = new FdHistory(new Random(seed));
  const model = new SlotModel();
  const done: string[] = [];
  for (let at = 0; at < calls; at += 1) {
    done.push(history.step(without?.has(at)));
    if (at % 40 === 39) history.machine.tick(1000n);
    const lines = history.machine.take();
    model.lines(lines);
    const where = () => `after ${done.slice(-5).join(", ")}\n${lines.join("\n")}`;
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
  return model.updates;
}

/** The same way as {@linkcode Correlator} takes them, to a state that can be looked at. */
function stateAfter(lines: readonly string[]): ModelState {
  const model = new SlotModel();
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

/** Everything that is printed of a history to its end, and long after it. */
function storyOf(
  { seed, calls, without }: History,
): { readonly history: FdHistory; readonly random: Random } {
  const random = new Random(seed);
  const history = new FdHistory(random);
  const { machine } = history;
  for (let at = 0; at < calls; at += 1) {
    history.step(without?.has(at));
    if (at % 40 === 39) machine.tick(1_000_000_000n);
  }
  history.end();
  for (const seconds of [1n, 1n, 1n, TABLE_IDLE_NS / 1_000_000_000n]) machine.tick(seconds * 1_000_000_000n);
  return { history, random };
}

/** Records of each hundred that are lost. */
const LOST_PERCENT = 1;

/** Nothing is kept of tables that are gone, and nobody is blamed, when records are lost; returns how many were. */
export function checkLossySlots(history: History): number {
  const { history: { machine }, random } = storyOf(history);
  const printed = machine.take();
  const lines = printed.filter((it) => it.startsWith("tick") || !random.percent(LOST_PERCENT));
  const correlator = new Correlator({ ...OPTIONS, cpus: 1 });
  const updates = [
    ...correlator.take(lines.map((text) => ({ kind: "record", text }))),
    ...correlator.finish(),
  ];
  assert.equal(correlator.trust.lost, printed.length - lines.length);
  assertNotBroken(updates);
  const { tables, slots, held, users, unborn, copies } = sizesOf(stateAfter(lines));
  assert.deepEqual([tables, slots, held, users, unborn, copies], [0, 0, 0, 0, 0, 0]);
  return printed.length - lines.length;
}

/** Nobody is blamed, whatever faults there are; where every record arrives whole, everything is known. */
export function checkFaultySlots(faults: readonly Fault[], history: History): void {
  const { history: { machine }, random } = storyOf(history);
  const totals = [{ cpu: 0, ...machine.kernel.numbered }];
  const lines = machine.take().map((text) => ({ text, about: undefined }));
  const damaged = damage(lines, { faults, totals, random });
  const { messages, attachedNs, isEnded, struck } = damaged;
  const correlator = new Correlator({ ...OPTIONS, attachedNs, cpus: 1 });
  const updates = [...correlator.take(messages)];
  if (!isEnded) correlator.cut();
  updates.push(...correlator.finish());
  assertNotBroken(updates);
  if ([...struck.keys()].some((it) => it !== "reordered")) return;
  assert.deepEqual(updates.filter((it) => it.type === "finding" || it.type === "lost"), []);
  assert.equal(correlator.trust.unmatched, 0);
  assert.deepEqual(correlator.slots, []);
}

function assertNotBroken(updates: readonly Update[]): void {
  const broken = updates.filter((it) => it.type === "finding" && it.body.verdict === "broken");
  assert.deepEqual(broken, []);
}
