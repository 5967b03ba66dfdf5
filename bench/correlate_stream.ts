/**
 * From the lines of a stream to updates, as a run does it.
 *
 * @module
 */

import { readMessage } from "../capture/mod.ts";
import { Correlator, Tally } from "../model/mod.ts";
import type { StreamTrust, Update } from "../model/mod.ts";
import { STREAM_CPUS } from "./wire_stream.ts";

/** What became of a stream. */
export interface Correlated {
  /** What the updates were, counted. */
  readonly tally: Tally;
  /** What is known of the stream as a whole. */
  readonly trust: StreamTrust;
  /** Pidfds that are open at its end. */
  readonly live: number;
}

/** Starts the correlator of a synthetic stream, in which everything is in scope. */
export function streamCorrelator(): Correlator {
  const scope = { pids: undefined, comm: undefined, descendants: false };
  return new Correlator({ law: "per-inode", attachedNs: 0n, scope, cpus: STREAM_CPUS });
}

/**
 * Follows a whole stream, and counts what it says.
 *
 * @param chunks the lines
 * @param take gets the updates of each chunk
 * @returns what became of it
 */
export function correlateStream(
  chunks: Iterable<readonly string[]>,
  take: (updates: readonly Update[]) => void = () => {},
): Correlated {
  const correlator = streamCorrelator();
  const tally = new Tally();
  const pass = (updates: readonly Update[]) => {
    for (const update of updates) tally.take(update);
    take(updates);
  };
  for (const lines of chunks) pass(correlator.take(lines.map(readMessage)));
  pass(correlator.finish());
  const { trust } = correlator;
  return { tally, trust, live: tally.summary(trust).open ?? 0 };
}

/**
 * Requires that a synthetic stream was understood to its last record: a rate of misunderstanding is no rate.
 *
 * @param correlated what became of it
 * @throws {Error} when something was lost, late, unmatched, found or undetermined
 */
export function requireWhole({ tally, trust }: Correlated): void {
  const { lost, late, unmatched, findings, undetermined } = tally.summary(trust);
  if (lost === 0 && late === 0 && unmatched === 0 && findings === 0 && undetermined === 0) return;
  const counts = JSON.stringify({ lost, late, unmatched, findings, undetermined });
  throw new Error(`Cannot measure: the model does not understand the synthetic stream, it says ${counts}`);
}
