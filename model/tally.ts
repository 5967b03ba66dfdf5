/**
 * Counts what was published in scope, for the summary.
 *
 * @module
 */

import type { EventBody } from "../schema/mod.ts";
import type { StreamTrust } from "./stream_trust.ts";
import type { Update } from "./update.ts";

/** Counts updates in scope. */
export class Tally {
  #created = 0;
  #released = 0;
  #baselineReleased = 0;
  #cloneFailed = 0;
  #openFailed = 0;
  /** `seq` of the births of what is open. */
  readonly #open = new Set<number>();
  /** `seq` of those of them that were there before the probes. */
  readonly #fromBefore = new Set<number>();
  /** Targets that are not freed; their names are never used again. */
  readonly #targets = new Set<string>();
  #targetsSeen = 0;
  #exited = 0;
  #freed = 0;
  #findings = 0;
  #undetermined = 0;

  /** Takes one update that is in scope. */
  take(update: Update): void {
    switch (update.type) {
      case "pidfd.create":
        return this.#create(update);
      case "pidfd.release":
        if (this.#isFromBefore(update.body.created_seq)) this.#baselineReleased += 1;
        else this.#released += 1;
        this.#open.delete(update.body.created_seq ?? 0);
        return;
      case "clone.failed":
        this.#cloneFailed += 1;
        return;
      case "open.failed":
        this.#openFailed += 1;
        return;
      case "process.exit":
        this.#exited += 1;
        return;
      case "pid.free":
        this.#freed += 1;
        this.#targets.delete(update.body.target.id);
        return;
      case "finding":
        if (update.body.verdict === "broken") this.#findings += 1;
        else this.#undetermined += 1;
        return;
    }
  }

  #create({ seq, body }: Update<"pidfd.create">): void {
    if (body.origin === "baseline") this.#fromBefore.add(seq);
    else this.#created += 1;
    if (body.released_seq === null) this.#open.add(seq);
    else {
      // Its release came first and counted as that of an unknown one.
      this.#released += 1;
      this.#baselineReleased -= 1;
    }
    if (this.#targets.has(body.target.id)) return;
    this.#targets.add(body.target.id);
    this.#targetsSeen += 1;
  }

  #isFromBefore(createdSeq: number | null): boolean {
    return createdSeq === null || this.#fromBefore.delete(createdSeq);
  }

  /** Pidfds and failed calls that were seen. */
  get seen(): number {
    return this.#created + this.#released + this.#baselineReleased + this.#cloneFailed + this.#openFailed;
  }

  /** Rules that were broken. */
  get findings(): number {
    return this.#findings;
  }

  /** Judgements that losses made impossible. */
  get undetermined(): number {
    return this.#undetermined;
  }

  /** Returns the summary, with what is known of the stream as a whole. */
  summary(trust: StreamTrust): EventBody<"summary"> {
    return {
      created: this.#created,
      released: this.#released,
      open: trust.releasesSeen ? this.#open.size : null,
      baseline_released: this.#baselineReleased,
      clone_failed: this.#cloneFailed,
      open_failed: this.#openFailed,
      targets: this.#targetsSeen,
      targets_exited: this.#exited,
      targets_freed: this.#freed,
      counts_checked: trust.countsChecked,
      counts_equal: trust.countsEqual,
      counts_above: trust.countsAbove,
      findings: this.#findings,
      undetermined: this.#undetermined,
      records: trust.records,
      lost: trust.lost,
      late: trust.late,
      baseline: trust.baseline,
      proc_agreed: trust.comparison?.agreed ?? null,
      proc_only: trust.comparison?.onlyProc.length ?? null,
      proc_lacks: trust.comparison?.whole === true ? trust.comparison.onlyModel.length : null,
      proc_changed: trust.comparison?.changed ?? null,
      unmatched: trust.unmatched,
      missed: trust.missed,
      recursion_misses: trust.recursionMisses,
      witnesses_compared: trust.witnessesCompared,
      witnesses_differing: trust.witnessesDiffering,
      not_known: trust.notKnown,
    };
  }
}
