/**
 * From steps in the kernel to the path of each call.
 *
 * @module
 */

import type { WireEvent } from "../../schema/mod.ts";
import { PATH_CALLS, PATH_FUNCTIONS } from "../../tracers/mod.ts";
import type { PathCall } from "../../tracers/mod.ts";
import { isBirth } from "./matrix_stimulus.ts";
import type { StimulusCall, StimulusRun } from "./matrix_stimulus.ts";

/** A step as the program printed it. */
export type Step = WireEvent<"step">;

/** The path of each call; `null` where it was not seen whole. */
export type Paths = Readonly<Record<PathCall, string | null>>;

/** Scenarios in which a process has one pidfd, so that each close is the last one. */
const SINGLE: readonly string[] = ["clone", "clone3", "pidfd-open"];

/**
 * Returns the way that each call took, in the order in which its functions were entered.
 *
 * @param steps what the program printed, in any order
 * @param runs what user space did
 * @returns such as `kernel_clone > copy_process > …`; two ways of the same call have ` or ` between them
 */
export function pathsOf(steps: readonly Step[], runs: readonly StimulusRun[]): Paths {
  const calls = runs.filter((it) => SINGLE.includes(it.scenario)).flatMap((it) => it.calls);
  const threads = Map.groupBy(steps, (it) => it.tid);
  const path = (name: PathCall) => {
    const made = calls.filter((it) => it.call === name && (name === "close" || isBirth(it)));
    const ways = [...Map.groupBy(made, (it) => it.tid)].flatMap(([tid, calls]) =>
      waysOf(name, calls, threads.get(tid) ?? [])
    );
    // A call without a single step is no way, but a hole in what was seen.
    if (ways.length !== made.length || ways.length === 0 || ways.includes("")) return null;
    return [...new Set(ways)].join(" or ");
  };
  return {
    clone: path("clone"),
    clone3: path("clone3"),
    pidfd_open: path("pidfd_open"),
    close: path("close"),
  };
}

/** The ways of one thread's calls of one name; the thread may have closed other files in between. */
function waysOf(name: PathCall, calls: readonly StimulusCall[], steps: readonly Step[]): readonly string[] {
  const fds = new Set(calls.map((it) => it.fd));
  const own = steps.filter((it) =>
    it.call === PATH_CALLS[name] && (name !== "close" || fds.has(it.argument))
  );
  const begun = Map.groupBy(own, (it) => it.beganNs);
  return [...begun.values()].map((entered) =>
    entered.toSorted((a, b) => Number(a.ktimeNs - b.ktimeNs))
      .map((it) => PATH_FUNCTIONS[it.function] ?? `function ${it.function}`).join(" > ")
  );
}
