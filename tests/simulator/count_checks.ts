/**
 * What must be true of the model's word on a history of counts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Correlator, Tally } from "../../model/mod.ts";
import type { Update } from "../../model/mod.ts";
import { expectedEvents, openFiles } from "../oracle.ts";
import type { Expected } from "../oracle.ts";
import type { KernelGeneration } from "./generations.ts";
import { simulate } from "./history.ts";
import type { SimulatedKernel } from "./kernel.ts";
import { CPUS } from "./printer.ts";
import type { Delivered } from "./printer.ts";
import { Random } from "./random.ts";

/** A history to check. */
export interface History {
  /** The same seed gives the same history. */
  readonly seed: number;
  /** Calls that are made. */
  readonly calls: number;
  /** Calls that are left out, by their place from 0. */
  readonly without?: ReadonlySet<number> | undefined;
}

/** What the model said. */
export interface Told {
  /** All of it. */
  readonly updates: readonly Update[];
  /** The model with its loop. */
  readonly correlator: Correlator;
  /** The sums. */
  readonly tally: Tally;
}

/** Lifecycles that no loss has touched, and those of them that have a definite verdict. */
export interface Share {
  /** All of them. */
  readonly untouched: number;
  /** The definite ones. */
  readonly definite: number;
}

/** Nothing is lost, and one CPU is read up to 0.9 s later than the other. */
export const WHOLE = { dropPercent: 0, chunkMax: 200, delayNsMax: 900_000_000n } as const;

/** How many messages are read at once. */
const BATCH = 37;

/**
 * Tells the model everything that arrived.
 *
 * @param delivered what arrived
 * @param options the kernel, the CPUs, from when on probes are attached, and whether the end of the run arrived
 */
export function tell(
  { messages }: Pick<Delivered, "messages">,
  options: {
    readonly generation: KernelGeneration;
    readonly cpus?: number;
    readonly attachedNs?: bigint;
    readonly isEnded?: boolean;
  },
): Told {
  const { generation: { law, isTyped }, cpus = CPUS, attachedNs = 0n, isEnded = true } = options;
  const scope = { pids: undefined, comm: undefined, descendants: false };
  const correlator = new Correlator({ law, attachedNs, scope, cpus, hashPutsSeen: isTyped });
  const updates: Update[] = [];
  for (let at = 0; at < messages.length; at += BATCH) {
    updates.push(...correlator.take(messages.slice(at, at + BATCH)));
  }
  if (!isEnded) correlator.cut();
  updates.push(...correlator.finish());
  const tally = new Tally();
  for (const update of updates) tally.take(update);
  return { updates, correlator, tally };
}

/** A word for each event that tells which one it is. */
export function keys(
  events: readonly { readonly type: string; readonly ktimeNs: bigint | null }[],
): readonly string[] {
  return events.map((it) => `${it.ktimeNs} ${it.type}`).sort();
}

/** Types of events that the oracle foretells. */
export const JUDGED: readonly string[] = ["pidfd.create", "pidfd.release", "pid.free", "clone.failed"];

/** Everything is told once, nothing is undetermined, nobody is blamed. */
export function assertComplete(kernel: SimulatedKernel, told: Told): void {
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

/** One call comes after the other: the model agrees with the oracle, count for count. */
export function checkCounts(generation: KernelGeneration, history: History): void {
  const kernel = simulate({ ...history, generation, interleaved: false });
  const told = tell(kernel.printer.deliver(new Random(history.seed), WHOLE), { generation });
  assertComplete(kernel, told);
  assert.equal(told.correlator.trust.unmatched, 0);
  const bySeq = new Map(told.updates.map((update) => [update.seq, update]));
  const byKey = new Map(told.updates.map((update) => [`${update.ktimeNs} ${update.type}`, update]));
  for (const expected of expectedEvents(kernel.truth, generation.law)) {
    const update = byKey.get(`${expected.ktimeNs} ${expected.type}`);
    assert.ok(update !== undefined && "count" in update.body, `${expected.ktimeNs} ${expected.type}`);
    assertCount(update, expected, { generation, bySeq });
  }
}

function assertCount(
  update: Update,
  expected: Expected,
  { generation, bySeq }: {
    readonly generation: KernelGeneration;
    readonly bySeq: ReadonlyMap<number, Update>;
  },
): void {
  const { law, isTyped } = generation;
  const { body } = update as Update<"pidfd.create" | "pidfd.release" | "pid.free" | "clone.failed">;
  if (update.type === "clone.failed") {
    const isMade = update.body.file !== null;
    const done = isMade ? true : null;
    assert.deepEqual([update.body.file_released, update.body.pid_dropped], [done, done]);
    assert.equal(isMade, expected.isMade);
    // After the cleanup the count may be of either side of the hash's put.
    if (isMade) return;
  }
  if (expected.holders === undefined) return assert.equal(body.count, null);
  const { count } = body;
  // Where the hash's put is not told, no count is judged; and the child of a clone that failed has no name.
  if (!isTyped && count === null) return assert.equal(update.type, "clone.failed");
  assert.ok(count !== null);
  if (!isTyped) return assert.deepEqual([count.expected, count.unknown_holders], [null, null]);
  assert.deepEqual(count.holders, expected.holders);
  const unknown = count.after === null ? null : 0;
  assert.deepEqual([count.expected, count.unknown_holders], [expected.holders.length, unknown]);
  // Without pidfs the count at some births does not have their own reference in it, and says nothing.
  const isRead = update.type !== "pidfd.create" || law === "per-inode" ||
    ["clone", "pidfd_open"].includes(update.body.origin);
  assert.equal(count.after, isRead ? count.expected : null);
  if (update.type !== "pidfd.release") return;
  assert.equal(bySeq.get(update.body.created_seq ?? 0)?.ktimeNs, expected.createdNs);
  const isLast = !expected.holders.includes("pidfs inode");
  assert.equal(update.body.last_of_inode, law === "per-inode" ? isLast : null);
}

/** Calls come between each other: everything is told once, and a count is never below what is expected. */
export function checkInterleaved(generation: KernelGeneration, history: History): readonly Update[] {
  const kernel = simulate({ ...history, generation, interleaved: true });
  const told = tell(kernel.printer.deliver(new Random(history.seed), WHOLE), { generation });
  assertComplete(kernel, told);
  if (generation.isTyped) assertCounted(told.updates);
  return told.updates;
}

/** No count is below its known holders, and what is above them is said to be unknown. */
export function assertCounted(updates: readonly Update[]): void {
  for (const update of updates) {
    if (!("count" in update.body) || update.body.count === null) continue;
    const { after, expected, unknown_holders: unknown } = update.body.count;
    if (after === null) continue;
    assert.ok(expected !== null && after >= expected && unknown === after - expected);
  }
}

/** One of a hundred records is lost: every loss is counted, nothing is broken. */
export function checkLossy(generation: KernelGeneration, history: History): Share {
  const kernel = simulate({ ...history, generation, interleaved: true });
  const delivered = kernel.printer.deliver(new Random(history.seed), { ...WHOLE, dropPercent: 1 });
  const { updates, correlator } = tell(delivered, { generation });
  assert.equal(correlator.trust.lost, delivered.dropped);
  assertNotBroken(updates);
  return shareOf(kernel, { updates, touched: delivered.touched });
}

/** Nobody is blamed. */
export function assertNotBroken(updates: readonly Update[]): void {
  const findings = updates.filter((update) => update.type === "finding");
  assert.deepEqual(findings.filter((update) => update.body.verdict === "broken"), []);
}

/**
 * How many of the lifecycles that no fault has touched have a definite verdict: all of their events are there, with
 * an expected count, and no finding leaves them undetermined.
 *
 * @param kernel what really happened
 * @param told what was said, and the targets that were touched
 */
export function shareOf(
  kernel: SimulatedKernel,
  told: { readonly updates: readonly Update[]; readonly touched: ReadonlySet<string> },
): Share {
  const byKey = new Map(told.updates.map((update) => [`${update.ktimeNs} ${update.type}`, update]));
  const findings = told.updates.filter((update) => update.type === "finding");
  const doubted = new Set(findings.flatMap((update) => update.body.evidence));
  const bySubject = Map.groupBy(
    kernel.truth.filter((action) => action.target !== "" && !told.touched.has(action.target)),
    (action) => action.target,
  );
  const lifecycles = [...bySubject.values()].map((actions) =>
    expectedEvents(actions, kernel.law).map((event) => byKey.get(`${event.ktimeNs} ${event.type}`))
  );
  // Where no count is judged, it must only be told.
  const { isTyped } = kernel.generation;
  const isSure = (event: Update | undefined) =>
    event !== undefined && (!isTyped || isDefinite(event)) && !doubted.has(event.seq);
  return {
    untouched: lifecycles.length,
    definite: lifecycles.filter((events) => events.every(isSure)).length,
  };
}

function isDefinite(update: Update): boolean {
  return !("count" in update.body) || update.body.count === null || update.body.count.expected !== null;
}
