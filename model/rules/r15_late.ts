/** R15: a failure at the last moment. */

import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Update } from "../update.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";

const ENOSYS = 38;

/** Errors of copy_process() once it has the tasklist's lock: a signal that kills, a dead pid namespace. */
const LATE: readonly string[] = ["EINTR", "ENOMEM"];

const SCENARIO = "confirm-into-cgroup";

/** Clones that failed at the last moment. */
function lateFailures(updates: readonly Update[]): readonly Update<"clone.failed">[] {
  return updates.filter((it) => it.type === "clone.failed")
    .filter(({ body }) => body.stage === "after-pidfd" && LATE.includes(body.errno));
}

/**
 * Whether the moment was met that the provocation is for, which is chance, or never can be.
 *
 * @param told what user space saw, and what the model said
 * @returns whether it need not be tried again
 */
export function hasMetTheMoment(told: {
  readonly facts: readonly Fact[];
  readonly updates: readonly Update[];
}): boolean {
  const loops = told.facts.filter((it) => it.scenario === SCENARIO && it.fact === "loop");
  const isThere = loops.some((it) => [...it.errnos?.keys() ?? []].some((errno) => errno !== ENOSYS));
  // Those of a try that was made again are not looked at any more.
  const isIn = (ktimeNs: bigint | null) =>
    loops.some(({ fromNs, toNs }) =>
      ktimeNs !== null && fromNs !== null && toNs !== null && ktimeNs >= fromNs && ktimeNs <= toNs
    );
  return (loops.length > 0 && !isThere) || lateFailures(told.updates).some((it) => isIn(it.ktimeNs));
}

function late({ updates }: Evidence): readonly Check[] {
  return lateFailures(updates).flatMap(({ body, seq }) => {
    const exhibits = [{ kind: "event", seq }] as const;
    const word = (it: boolean | null, yes: string, no: string) => it === null ? null : it ? yes : no;
    return [
      compared(`${body.origin}, ${body.errno} after the file was made`, {
        witness: "K",
        expected: "the file released",
        observed: word(body.file_released, "the file released", "the file kept"),
        step: "copy_process",
        exhibits,
      }),
    ];
  });
}

/** How many calls ran while cgroups came and went and the callers were killed. */
function tries(evidence: Evidence): string | undefined {
  const sum = (name: string) =>
    evidence.facts(SCENARIO, name).flatMap((it) => [...it.errnos?.values() ?? []]).reduce(
      (one, many) => one + many,
      0,
    );
  const calls = sum("loop");
  return calls === 0
    ? undefined
    : `${calls} calls of clone3, whose callers were killed ${sum("loop-kill")} times`;
}

/** R15. */
export const R15: ConfirmRule = {
  id: "R15",
  statement:
    "A call that fails at the last moment, by a fatal signal or a dead pid namespace, undoes its pidfd",
  why: "The caller is killed at that moment: nobody is left who could close anything",
  since: "5.2 (b3e583825266)",
  stimuli: [SCENARIO],
  witnesses: {
    K: "copy_process() returns EINTR or ENOMEM after the file was made; the file goes",
  },
  necessary: ["K"],
  counterExample: "A process is killed in clone3, and the struct pid of its child is never freed",
  undetermined: "the moment was met, and the file was not followed to its end",
  tried: tries,
  checks: late,
};
