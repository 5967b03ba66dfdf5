/**
 * What must be true of the model's word on a history of counts of which not everything arrives as it was printed.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Update } from "../../model/mod.ts";
import { expectedEvents } from "../oracle.ts";
import { assertComplete, assertCounted, assertNotBroken, shareOf, tell, WHOLE } from "./count_checks.ts";
import type { History, Share } from "./count_checks.ts";
import { damage } from "./faults.ts";
import type { Fault, FaultName } from "./faults.ts";
import type { KernelGeneration } from "./generations.ts";
import { simulate } from "./history.ts";
import type { SimulatedKernel } from "./kernel.ts";
import { Random } from "./random.ts";

/** How often each fault strikes when it is tried alone. */
export const RATES: Readonly<Record<FaultName, number>> = {
  "attached-late": 100,
  "missed-returns": 5,
  "clock-forward": 100,
  "clock-back": 100,
  reordered: 5,
  late: 1,
  lost: 1,
  "lost-bursts": 0.3,
  "lost-puts": 30,
  duplicated: 2,
  truncated: 1,
  "no-end": 100,
};

/** After these every record arrives whole and in its place, if only once more. */
const HARMLESS: readonly FaultName[] = ["reordered", "duplicated", "clock-forward"];

/** After these alone it is known how many records are lost. */
const COUNTED: readonly FaultName[] = [
  "lost",
  "lost-bursts",
  "lost-puts",
  "missed-returns",
  "attached-late",
  ...HARMLESS,
];

/** After these a record may tell another moment than the one that is the truth. */
const MOVES_TIME: readonly FaultName[] = ["clock-forward", "clock-back"];

/** One fault at its own rate: nothing false is said. */
export function checkFault(
  { name, generation }: { readonly name: FaultName; readonly generation: KernelGeneration },
  history: History,
): Share {
  return checkFaults([{ name, rate: RATES[name] }], generation, history);
}

/** Some faults at once, each at a tenth of its rate up to all of it. */
export function checkMixed(generation: KernelGeneration, history: History): Share {
  const random = new Random(history.seed ^ 0x5eed);
  const names = Object.keys(RATES) as FaultName[];
  const chosen = names.filter(() => random.percent(40));
  const faults = chosen.map((name) => ({ name, rate: RATES[name] * random.between(1, 10) / 10 }));
  return checkFaults(faults, generation, history);
}

function checkFaults(faults: readonly Fault[], generation: KernelGeneration, history: History): Share {
  const random = new Random(history.seed);
  const interleaved = random.percent(50);
  const kernel = simulate({ ...history, generation, interleaved });
  const lines = kernel.printer.arrivals(random, WHOLE);
  const damaged = damage(lines, { faults, totals: kernel.printer.totals, random });
  const { messages, attachedNs, isEnded, lost, struck, touched } = damaged;
  const told = tell({ messages }, { generation, attachedNs, isEnded });
  assertNotBroken(told.updates);
  const names = [...struck.keys()];
  const { trust } = told.correlator;
  if (names.every((it) => COUNTED.includes(it))) assert.equal(trust.lost, lost);
  if (names.includes("truncated") && isEnded) assert.equal(trust.lost, null);
  if (names.every((it) => it === "reordered")) {
    assertComplete(kernel, told);
    if (generation.isTyped) assertCounted(told.updates);
  }
  if (!names.some((it) => MOVES_TIME.includes(it))) {
    assertTrue(kernel, told.updates, { touched, isExact: !interleaved });
  }
  return shareOf(kernel, { updates: told.updates, touched });
}

/**
 * Whatever is said of a target that no fault has touched did happen, and where one call comes after the other its
 * holders are those that it had.
 */
function assertTrue(
  kernel: SimulatedKernel,
  updates: readonly Update[],
  { touched, isExact }: { readonly touched: ReadonlySet<string>; readonly isExact: boolean },
): void {
  const { truth, law } = kernel;
  const byKey = new Map(updates.map((it) => [`${it.ktimeNs} ${it.type}`, it]));
  for (const target of new Set(truth.map((it) => it.target))) {
    if (target === "" || touched.has(target)) continue;
    for (const expected of expectedEvents(truth.filter((it) => it.target === target), law)) {
      const body = byKey.get(`${expected.ktimeNs} ${expected.type}`)?.body;
      if (body === undefined || !("count" in body) || body.count === null) continue;
      const { expected: number, after, holders, unknown_holders: unknown } = body.count;
      if (number === null) continue;
      if (after !== null) assert.equal(unknown, after - number);
      if (isExact && !expected.isMade) assert.deepEqual(holders, expected.holders);
    }
  }
}
