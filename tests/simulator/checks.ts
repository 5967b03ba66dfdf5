/**
 * Every property that must hold on any history, by name: for the tests, and for as many histories as one likes.
 *
 * @module
 */

import type { RefcountLaw } from "../../model/mod.ts";
import { checkCounts, checkInterleaved, checkLossy, LAWS } from "./count_checks.ts";
import type { History, Share } from "./count_checks.ts";
import { checkFault, checkMixed, RATES } from "./fault_checks.ts";
import type { FaultName } from "./faults.ts";
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
    ...LAWS.flatMap(checksOf),
    check("slots", 120, (it) => void checkSlots(it)),
    check("slots-lossy", 240, (it) => void checkLossySlots(it)),
    check("slots-relabelled", 120, checkRelabelledSlots),
    ...FAULT_NAMES.map((name) =>
      check(`slots-${name}`, 120, (it) => checkFaultySlots([{ name, rate: RATES[name] }], it))
    ),
  ].map((it) => [it.kind, it]),
);

function checksOf(law: RefcountLaw): readonly Check[] {
  return [
    check(`counts/${law}`, 60, (it) => checkCounts(law, it)),
    check(`interleaved/${law}`, 120, (it) => void checkInterleaved(law, it)),
    check(`lossy/${law}`, 200, (it) => checkLossy(law, it)),
    check(`relabelled/${law}`, 60, (it) => checkRelabelled(law, it)),
    check(`split/${law}`, 60, (it) => checkSplit(law, it)),
    check(`traffic/${law}`, 60, (it) => checkTraffic(law, it)),
    ...FAULT_NAMES.map((name) => check(`${name}/${law}`, 60, (it) => checkFault({ name, law }, it))),
    check(`mixed/${law}`, 60, (it) => checkMixed(law, it)),
  ];
}

function check(kind: string, calls: number, run: (history: History) => Share | void): Check {
  return { kind, calls, run: (history) => run(history) ?? undefined };
}
