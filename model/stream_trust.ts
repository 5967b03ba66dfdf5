/**
 * How far a stream of records can be trusted.
 *
 * @module
 */

import type { SlotComparison } from "./_comparison.ts";

/** How often the kernel did not run a program because it was running on that CPU already. */
export type RecursionMisses =
  | { readonly misses: number }
  /** It is not known, and why: a sentence without its full stop. */
  | { readonly misses: null; readonly reason: string };

/** What is known of the stream as a whole. */
export interface StreamTrust {
  /** Records that arrived. */
  readonly records: number;
  /** Records known to be lost; `null` when some were lost uncounted. */
  readonly lost: number | null;
  /** Records that came after their place. */
  readonly late: number;
  /** Records that fit no lifecycle. */
  readonly unmatched: number;
  /** Times that a probe was passed and did not run; `null` when no probes that must agree were compared. */
  readonly missed: number | null;
  /** Times that the kernel did not run a program because it was running already; `null` when that is not known. */
  readonly recursionMisses: number | null;
  /** Comparisons of probes that must agree. */
  readonly witnessesCompared: number;
  /** Those that showed a lasting difference. */
  readonly witnessesDiffering: number;
  /** Why a number of these is `null`, and what was left out for nothing tells whose it is, one sentence each. */
  readonly notKnown: readonly string[];
  /** Whether it was seen when a pidfd's last reference goes. */
  readonly releasesSeen: boolean;
  /** Counts compared with an expected value. */
  readonly countsChecked: number;
  /** Those that were equal. */
  readonly countsEqual: number;
  /** Those that were higher, for holders that are not known. */
  readonly countsAbove: number;
  /** Slots that held a pidfd before the probes; `null` where that is not known. */
  readonly baseline: number | null;
  /** The comparison with /proc at the end; `null` when there was none. */
  readonly comparison: SlotComparison | null;
}
