/**
 * Counts what was published in scope, for the summary.
 *
 * @module
 */

import type { EventBody } from "../schema/mod.ts";
import type { StreamTrust } from "./correlate.ts";
import type { Update } from "./update.ts";

/** Counts updates in scope. */
export class Tally {
  #created = 0;
  #released = 0;
  #baselineReleased = 0;
  #cloneFailed = 0;
  #openFailed = 0;
  readonly #open = new Set<number>();
  readonly #targets = new Set<string>();
  #exited = 0;
  #freed = 0;
  #findings = 0;
  #undetermined = 0;

  /** Takes one update that is in scope. */
  take(update: Update): void {
    switch (update.type) {
      case "pidfd.create":
        this.#created += 1;
        this.#open.add(update.seq);
        this.#targets.add(update.body.target.id);
        return;
      case "pidfd.release":
        if (update.body.created_seq === null) this.#baselineReleased += 1;
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
        return;
      case "finding":
        if (update.body.verdict === "broken") this.#findings += 1;
        else this.#undetermined += 1;
        return;
    }
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
      open: this.#open.size,
      baseline_released: this.#baselineReleased,
      clone_failed: this.#cloneFailed,
      open_failed: this.#openFailed,
      targets: this.#targets.size,
      targets_exited: this.#exited,
      targets_freed: this.#freed,
      counts_checked: trust.countsChecked,
      counts_equal: trust.countsEqual,
      findings: this.#findings,
      undetermined: this.#undetermined,
      records: trust.records,
      lost: trust.lost,
      late: trust.late,
      unmatched: trust.unmatched,
    };
  }
}
