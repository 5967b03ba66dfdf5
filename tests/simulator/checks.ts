/**
 * Every property that must hold on any history, by name: for the tests, and for as many histories as one likes.
 *
 * @module
 */

import type { RefcountLaw } from "../../model/mod.ts";
import { checkCounts, checkInterleaved, checkLossy } from "./count_checks.ts";
import type { History, Share } from "./count_checks.ts";
import { checkFault, checkMixed, RATES } from "./fault_checks.ts";
import type { FaultName } from "./faults.ts";
import { GENERATIONS, LAWS } from "./generations.ts";
import type { KernelGeneration } from "./generations.ts";
import { checkFaultySlots, checkLossySlots, checkSlots } from "./slot_checks.ts";
import { checkRelabelled, checkRelabelledSlots, checkSplit, checkTraffic } from "./symmetry_checks.ts";

/** A property. */
export interface Check {
  /** Its name. */
  readonly kind: string;
  /** Calls of a history in the tests. */
  readonly calls: number;
  /**
   * Throws when it does not hold.
   *
   * @param history which history
   * @returns where there is one, how many lifecycles keep a definite verdict
   */
  run(history: History): Share | undefined;
}

const FAULT_NAMES = Object.keys(RATES) as FaultName[];

/** Every property by its name. */
export const CHECKS: ReadonlyMap<string, Check> = new Map(
  [
    ...GENERATIONS.flatMap(checksOf),
    ...LAWS.flatMap(slotChecksOf),
  ].map((it) => [it.kind, it]),
);

function checksOf(generation: KernelGeneration): readonly Check[] {
  const { name: shape } = generation;
  return [
    check(`counts/${shape}`, 60, (it) => checkCounts(generation, it)),
    check(`interleaved/${shape}`, 120, (it) => void checkInterleaved(generation, it)),
    check(`lossy/${shape}`, 200, (it) => checkLossy(generation, it)),
    check(`relabelled/${shape}`, 60, (it) => checkRelabelled(generation, it)),
    check(`split/${shape}`, 60, (it) => checkSplit(generation, it)),
    check(`traffic/${shape}`, 60, (it) => checkTraffic(generation, it)),
    ...FAULT_NAMES.map((name) => check(`${name}/${shape}`, 60, (it) => checkFault({ name, generation }, it))),
    check(`mixed/${shape}`, 60, (it) => checkMixed(generation, it)),
  ];
}

function slotChecksOf(law: RefcountLaw): readonly Check[] {
  return [
    check(`slots/${law}`, 120, (it) => void checkSlots(law, it)),
    check(`slots-lossy/${law}`, 240, (it) => void checkLossySlots(law, it)),
    check(`slots-relabelled/${law}`, 120, (it) => checkRelabelledSlots(law, it)),
    ...FAULT_NAMES.map((name) => {
      const faults = [{ name, rate: RATES[name] }];
      return check(`slots-${name}/${law}`, 120, (it) => checkFaultySlots({ law, faults }, it));
    }),
  ];
}

function check(kind: string, calls: number, run: (history: History) => Share | void): Check {
  return { kind, calls, run: (history) => run(history) ?? undefined };
}
