/**
 * The pidfds that are open on a target already, as its kernel tells of them.
 *
 * @module
 */

import { ProgramError, runOnce } from "../../capture/mod.ts";
import { decodeFound } from "../../events/mod.ts";
import type { FoundSlot } from "../../events/mod.ts";
import { HostError } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { known, notKnown, reasonOf } from "../../kernel/mod.ts";
import type { KernelFacts, Known } from "../../kernel/mod.ts";
import { environmentOf, renderProgram } from "../../program/mod.ts";
import { FILES_SEEN_MAP, planBaseline } from "../../tracers/mod.ts";

/** What was open. */
export interface Baseline {
  /** One record for each slot. */
  readonly slots: readonly FoundSlot[];
  /** The same records as they were printed. */
  readonly lines: readonly string[];
  /** What to add to `references` of a record for the references that others than the walk itself have. */
  readonly referencesBias: number;
  /** Open files of any kind that the walk has looked at; some may have been looked at twice. */
  readonly filesSeen: number;
  /** CLOCK_BOOTTIME of the target in ns before the walk; each record has its own moment. */
  readonly beganNs: bigint;
  /** The same after the walk. */
  readonly endedNs: bigint;
}

/** Options of {@linkcode takeBaseline}. */
export interface BaselineOptions {
  /** bpftrace on the target. @default {"bpftrace"} */
  readonly bpftrace?: string;
  /** Whether it is started by sudo. @default {false} */
  readonly sudo?: boolean;
  /** Longest time in milliseconds. @default {60000} */
  readonly limitMs?: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the kernel of a target which slots of fd tables hold pidfds now. Nothing is changed there.
 *
 * @param host the target
 * @param options what is known of its kernel, and how to ask
 * @returns the slots; unknown with the reason when this kernel or its bpftrace cannot tell
 * @throws {HostError} when the host is lost
 * @throws the signal's reason when it was aborted
 */
export async function takeBaseline(
  host: Host,
  options: BaselineOptions & { readonly facts: KernelFacts },
): Promise<Known<Baseline>> {
  const plan = planBaseline(options.facts);
  if ("reasons" in plan) return notKnown(plan.reasons.join("; "));
  try {
    const { facts: _facts, ...how } = options;
    const said = await runOnce(host, {
      ...how,
      source: renderProgram(plan.program, options.facts.symbols.places),
      environment: environmentOf(plan.program),
    });
    const filesSeen = said.totals.get(FILES_SEEN_MAP)?.get(0) ?? 0;
    // bpftrace itself has files open: a walk that has met none did not take place.
    if (filesSeen === 0) return notKnown("The kernel's walk over open files has met none at all");
    const slots = decodeFound(said.lines);
    const { beganNs, endedNs } = said;
    const lines = said.lines.filter((it) => it !== "");
    return known({ slots, lines, referencesBias: plan.referencesBias, filesSeen, beganNs, endedNs });
  } catch (error) {
    if (error instanceof HostError && error.kind !== "lost") {
      return notKnown(reasonOf(error), error.kind === "denied");
    }
    if (error instanceof ProgramError || error instanceof SyntaxError) return notKnown(error.message);
    throw error;
  }
}
