/**
 * Which targets a loss makes doubtful: those that were there when it happened.
 *
 * @module
 */

import type { DoubtWindow, ModelState, Target } from "./state.ts";

/** Remembers a window in which something was lost. */
export function addDoubt(state: ModelState, window: DoubtWindow): void {
  state.doubts.waiting.push(window);
  beginDoubts(state);
}

/** Takes up the windows that have begun. */
export function beginDoubts(state: ModelState): void {
  const { doubts, nowNs } = state;
  if (doubts.waiting.length === 0) return;
  doubts.waiting = doubts.waiting.filter(({ fromNs, toNs }) => {
    if (fromNs !== null && fromNs > nowNs) return true;
    if (toNs === null || doubts.untilNs === "unknown") doubts.untilNs = "unknown";
    else if (doubts.untilNs === null || toNs > doubts.untilNs) doubts.untilNs = toNs;
    return false;
  });
}

/** Whether something was lost that could have been about a target. */
export function isDoubtful(state: ModelState, target: Target): boolean {
  return isLossSince(state, target.bornNs);
}

/**
 * Whether the end of something that was there at a moment can have gone unseen: it was lost, or not all probes were
 * attached yet, which comes one after the other.
 */
export function isEndUncertain(state: ModelState, sinceNs: bigint): boolean {
  return sinceNs < state.options.attachedNs || isLossSince(state, sinceNs);
}

/** Whether something was lost at a moment or after it, CLOCK_BOOTTIME in ns. */
export function isLossSince(state: ModelState, sinceNs: bigint): boolean {
  const { untilNs } = state.doubts;
  return untilNs === "unknown" || (untilNs !== null && untilNs >= sinceNs);
}
