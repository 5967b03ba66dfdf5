/**
 * Moves a process to another cgroup after pidfds could not be made.
 *
 * A kernel without commit c3b7112df86b lets go of a lock then that it does not hold, and whoever moves a process waits
 * for it for good. So this is the last thing that is done to a machine, when the trace is over.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import { couldBeSeedLike } from "../../model/mod.ts";
import type { Move } from "../../model/mod.ts";
import type { Played, PlayOptions } from "./confirm_play.ts";
import { heard, runStimulus, STIMULUS_STATUS } from "./confirm_stimulus.ts";

/** The provocation that moves a process, and what is asked after. */
const MOVER = "confirm-pids-max";

/** Longest time that it may take: its own limit is shorter. */
const LIMIT_MS = 45_000;

/**
 * Moves a process, where that can show something and where a machine that hangs is no loss.
 *
 * @param options the machine and the stimulus there
 * @param played what was done to it before
 * @returns what came of it; `undefined` when it was not done
 */
export async function moveAfterwards(
  options: Pick<PlayOptions, "host" | "program" | "isLab" | "signal" | "onProgress">,
  played: Played,
): Promise<Move | undefined> {
  const { host, program, isLab, signal, onProgress } = options;
  const { facts, unfinished } = played;
  const hasMoved = facts.some((it) => it.scenario === MOVER);
  const hasFailed = facts.some((it) =>
    (it.scenario === "confirm-page" || it.scenario === "confirm-emfile") && it.ret === -1
  );
  const isSafe = isLab || couldBeSeedLike(facts) === false;
  if (!hasMoved || !hasFailed || !isSafe || unfinished.size > 0 || signal.aborted) return undefined;
  onProgress(`${host.name}: moving a process to another cgroup`);
  const result = await runStimulus(host, { argv: [program, MOVER, "1"], timeoutMs: LIMIT_MS, signal });
  if (signal.aborted) return undefined;
  if ("why" in result) return { facts: [], reason: printableText(result.why), hangs: result.begun };
  const said = heard(result, MOVER);
  return { ...said, hangs: result.code === STIMULUS_STATUS.hangs };
}
