/**
 * What a run cannot see, told to people and to whoever reads the exit code.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import type { Plan } from "../../tracers/mod.ts";
import { EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** Where it is told, and about which target. */
export interface Audience {
  /** Name of the target. */
  readonly host: string;
  /** Where remarks go. */
  readonly terminal: Pick<Terminal, "note">;
}

/**
 * Tells what is not seen by functions of the kernel, and why: it is not what people expect.
 *
 * @param plan the plan in force
 * @param audience who hears it
 */
export function tellSteps(plan: Pick<Plan, "ladder">, { host, terminal }: Audience): void {
  for (const { what, step, instead } of plan.ladder) {
    if (step !== "tracepoint" && step !== "none") continue;
    const how = step === "none" ? "not seen" : "seen by tracepoints";
    terminal.note(`trace-clone: ${host}: ${what}: ${how}: ${printableText(instead.join("; "))}`);
  }
}

/** What is known when a run is over. */
export interface Sighted {
  /** The plan that was in force. */
  readonly plan: Pick<Plan, "releasesSeen">;
  /** What is not known of its probes, one sentence each. */
  readonly unconfirmed: readonly string[];
  /** How many pidfds and failed calls were seen. */
  readonly seen: number;
}

/**
 * The exit codes for what a run cannot tell: without releases nobody knows what is open, and that nothing was seen says
 * nothing where no probe was ever seen to fire.
 *
 * @param sighted what is known
 * @param audience who hears the reasons
 * @returns one code for each reason; none when the run can tell
 */
export function blindness(sighted: Sighted, { host, terminal }: Audience): readonly ExitCode[] {
  const { plan, unconfirmed, seen } = sighted;
  const [doubt] = unconfirmed;
  const reasons = [
    ...(plan.releasesSeen
      ? []
      : ["when a pidfd's last reference goes was not seen, so how many are open cannot be told"]),
    ...(seen === 0 && doubt !== undefined ? [`nothing was seen, and that is no answer: ${doubt}`] : []),
  ];
  for (const it of reasons) terminal.note(`trace-clone: ${host}: ${printableText(it)}`);
  return reasons.map(() => EXIT.undetermined);
}
