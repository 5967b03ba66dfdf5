/**
 * What is compared when probes are tried, and what comes out of it.
 *
 * @module
 */

import type { StimulusReport } from "../capture/mod.ts";
import type { WireEvent } from "../schema/mod.ts";
import type { Rung } from "../tracers/mod.ts";

/** Whether what is seen through some doors can be relied on. */
export interface Trial {
  /** What is seen, as in the plan's ladder. */
  readonly what: string;
  /** Whether the doors fired, with the right values; `untried` when the stimulus could not show it. */
  readonly verdict: "fired" | "silent" | "wrong" | "untried";
  /** The doors that are to blame, or were tried. */
  readonly doors: readonly string[];
  /** What was expected and what came; capital first letter, no full stop. */
  readonly says: string;
}

/** What is compared. */
export interface Rehearsal {
  /** What the stimulus did. */
  readonly report: StimulusReport;
  /** All records that came while it ran, and shortly after. */
  readonly events: readonly WireEvent[];
  /** How the plan sees each thing. */
  readonly ladder: readonly Rung[];
}

/** Why something is untried that no stimulus of the tool shows. */
export const NO_STIMULUS = "No stimulus shows it";

/** The doors of some functions; all doors of the rung when it has none of them. */
export function doorsOf(rung: Rung, functions: readonly string[]): readonly string[] {
  const some = rung.doors.filter((door) => functions.some((it) => door.endsWith(`:${it}`)));
  return some.length === 0 ? rung.doors : some;
}

export function trial(rung: Rung, doors: readonly string[], outcome: {
  readonly done: number;
  readonly came: number;
  readonly wrong?: string | undefined;
  readonly things: string;
}): Trial {
  const { done, came, wrong, things } = outcome;
  const { what } = rung;
  const names = doors.join(", ");
  if (done === 0) return { what, verdict: "untried", doors, says: `The stimulus could make no ${things}` };
  if (came < done) {
    return { what, verdict: "silent", doors, says: `${names} told of ${came} of ${done} ${things}` };
  }
  if (wrong !== undefined) {
    return { what, verdict: "wrong", doors, says: `${names} told wrong values: ${wrong}` };
  }
  return { what, verdict: "fired", doors, says: `${names} told of ${done} of ${done} ${things}` };
}
