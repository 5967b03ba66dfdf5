/**
 * Which targets a loss makes doubtful: those that were there when it happened.
 *
 * @module
 */

import type { Doubts, DoubtWindow, ModelState, Target } from "./state.ts";

/** Remembers a window in which something was lost. */
export function addDoubt(state: ModelState, window: DoubtWindow): void {
  state.doubts.waiting.push(window);
  beginDoubts(state);
}

/** Takes up the windows that have begun. */
export function beginDoubts(state: ModelState): void {
  const { doubts, nowNs } = state;
  if (doubts.waiting.length === 0) return;
  doubts.waiting = doubts.waiting.filter(({ fromNs, toNs, only }) => {
    if (fromNs !== null && fromNs > nowNs) return true;
    if (only === "put") doubts.putsUntilNs = later(doubts.putsUntilNs, toNs);
    else doubts.untilNs = later(doubts.untilNs, toNs);
    return false;
  });
}

/** The end of all windows, when one more has begun. */
function later(untilNs: Doubts["untilNs"], toNs: bigint | null): Doubts["untilNs"] {
  if (toNs === null || untilNs === "unknown") return "unknown";
  return untilNs === null || toNs > untilNs ? toNs : untilNs;
}

/**
 * Whether something was lost that could have been about a target, and would change what is known of its count.
 *
 * Of one that was waited for, the hash may have dropped its reference at any moment: the record of that says nothing
 * that is not allowed for.
 */
export function isDoubtful(state: ModelState, target: Target): boolean {
  return target.reaped ? isSince(state.doubts.untilNs, target.bornNs) : isLossSince(state, target.bornNs);
}

/**
 * Whether the end of something that was there at a moment can have gone unseen: it was lost, or not all probes were
 * attached yet, which comes one after the other.
 */
export function isEndUncertain(state: ModelState, sinceNs: bigint): boolean {
  return sinceNs < state.options.attachedNs || isLossSince(state, sinceNs);
}

/** Whether something was lost at a moment or after it, CLOCK_BOOTTIME in ns. */
export function isLossSince({ doubts }: ModelState, sinceNs: bigint): boolean {
  return isSince(doubts.untilNs, sinceNs) || isSince(doubts.putsUntilNs, sinceNs);
}

function isSince(untilNs: Doubts["untilNs"], sinceNs: bigint): boolean {
  return untilNs === "unknown" || (untilNs !== null && untilNs >= sinceNs);
}
