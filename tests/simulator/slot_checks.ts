/**
 * What must be true of the model's graph of slots on a history of fd tables.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { CaptureMessage } from "../../capture/mod.ts";
import { decode, isTimed, NumberingCheck, Order } from "../../events/mod.ts";
import { Correlator, initialState, step } from "../../model/mod.ts";
import type { ModelInput, ModelState, RefcountLaw, Update } from "../../model/mod.ts";
import { TABLE_IDLE_NS } from "../../model/_slot_doubts.ts";
import { sizesOf } from "../support/model_sizes.ts";
import { slotDifferences } from "../support/slot_truth.ts";
import { WHOLE } from "./count_checks.ts";
import type { History } from "./count_checks.ts";
import { damage } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { FdHistory } from "./fd_history.ts";
import { arrivalsOf, CPUS } from "./printer.ts";
import { Random } from "./random.ts";

const EVERYTHING = { pids: undefined, comm: undefined, descendants: false };
const OPTIONS = { attachedNs: 0n, scope: EVERYTHING, slotsSeen: true } as const;

/** The model, and what it said. */
export class SlotModel {
  /** What it remembers. */
  state: ModelState;
  /** What it said. */
  readonly updates: Update[] = [];

  /** @param law what holds one reference */
  constructor(law: RefcountLaw) {
    this.state = initialState({ ...OPTIONS, law });
  }

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

const EMPTY = sizesOf(initialState({ ...OPTIONS, law: "per-inode" }));

/**
 * After each call the model knows every slot of every process; and when one CPU is read after the other, and all is put
 * in order, it says the same.
 *
 * @param law what holds one reference
 * @param history the history
 * @returns what it said
 */
export function checkSlots(law: RefcountLaw, { seed, calls, without }: History): readonly Update[] {
  const random = new Random(seed);
  const history = new FdHistory(random, { law });
  const model = new SlotModel(law);
  const done: string[] = [];
  const all: string[] = [];
  for (let at = 0; at < calls; at += 1) {
    done.push(history.step(without?.has(at)));
    if (at % 40 === 39) history.machine.tick(1000n);
    const lines = history.machine.take();
    all.push(...lines);
    model.lines(lines);
    const where = () => `after ${done.slice(-5).join(", ")}\n${lines.join("\n")}`;
    assert.deepEqual(slotDifferences(model.state, history.machine), [], where());
    assert.equal(model.state.unmatched, 0, where());
  }
  history.end();
  history.machine.tick(2_000_000_000n);
  const rest = history.machine.take();
  model.lines(rest);
  model.take({ kind: "finish" });
  assert.deepEqual(model.updates.filter((it) => it.type === "finding"), []);
  assert.equal(model.state.unmatched, 0, "at the end");
  assert.deepEqual({ ...sizesOf(model.state), early: 0 }, EMPTY);
  assert.deepEqual(saidOfSlots(law, arrivalsOf([...all, ...rest], { random, ...WHOLE })), model.updates);
  return model.updates;
}

/**
 * What is said of records of slots that arrive whole.
 *
 * @param law what holds one reference
 * @param lines the records, those of each CPU in their order
 */
export function saidOfSlots(law: RefcountLaw, lines: readonly string[]): readonly Update[] {
  const correlator = new Correlator({ ...OPTIONS, law, cpus: CPUS });
  const messages = lines.map((text): CaptureMessage => ({ kind: "record", text }));
  return [...correlator.take(messages), ...correlator.finish()];
}

/** The same way as {@linkcode Correlator} takes them, to a state that can be looked at. */
function stateAfter(law: RefcountLaw, lines: readonly string[]): ModelState {
  const model = new SlotModel(law);
  const numbering = new NumberingCheck();
  const order = new Order(CPUS);
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
  law: RefcountLaw,
  { seed, calls, without }: History,
): { readonly history: FdHistory; readonly random: Random } {
  const random = new Random(seed);
  const history = new FdHistory(random, { law });
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
export function checkLossySlots(law: RefcountLaw, history: History): number {
  const { history: { machine }, random } = storyOf(law, history);
  const printed = arrivalsOf(machine.take(), { random, ...WHOLE });
  const lines = printed.filter((it) => it.startsWith("tick") || !random.percent(LOST_PERCENT));
  const correlator = new Correlator({ ...OPTIONS, law, cpus: CPUS });
  const updates = [
    ...correlator.take(lines.map((text) => ({ kind: "record", text }))),
    ...correlator.finish(),
  ];
  assert.equal(correlator.trust.lost, printed.length - lines.length);
  assertNotBroken(updates);
  const { tables, slots, held, users, unborn, copies } = sizesOf(stateAfter(law, lines));
  assert.deepEqual([tables, slots, held, users, unborn, copies], [0, 0, 0, 0, 0, 0]);
  return printed.length - lines.length;
}

/** Nobody is blamed, whatever faults there are; where every record arrives whole, everything is known. */
export function checkFaultySlots(
  { law, faults }: { readonly law: RefcountLaw; readonly faults: readonly Fault[] },
  history: History,
): void {
  const { history: { machine }, random } = storyOf(law, history);
  const { totals } = machine.kernel.printer;
  const lines = arrivalsOf(machine.take(), { random, ...WHOLE }).map((text) => ({ text, about: undefined }));
  const damaged = damage(lines, { faults, totals, random });
  const { messages, attachedNs, isEnded, struck } = damaged;
  const correlator = new Correlator({ ...OPTIONS, law, attachedNs, cpus: CPUS });
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
