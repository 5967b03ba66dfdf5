/**
 * What the filters of the user ask of the program in the kernel, and whether the target can tell what they rest on.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { cgroupOwner, readCgroupPaths } from "../../kernel/mod.ts";
import { isPlaceIn } from "../../model/mod.ts";
import type { ActorFilter, Plan, TraceLimits } from "../../tracers/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ActorOptions } from "./filter_grammar.ts";

/** What a run is about besides its filters. */
export interface FilteredRun {
  /** Whether there is a CMD, whose processes are asked for. */
  readonly command: boolean;
  /** Whether the probes are tried first. */
  readonly isTried: boolean;
  /** Whether everything is kept, so that a replay can ask for others. */
  readonly keepsAll: boolean;
}

/**
 * Returns what a plan has to know of the filters.
 *
 * @param filters what the user asked for
 * @param run what it is asked of
 * @returns limits of a plan; without filters those of a run without them
 *
 * @example
 * ```ts
 * import { filterLimits } from "./filter_plan.ts";
 * import { NO_FILTERS } from "./filters.ts";
 * import assert from "node:assert/strict";
 *
 * const run = { command: false, isTried: true, keepsAll: false };
 * assert.deepEqual(filterLimits({ ...NO_FILTERS, follow: false }, run), {});
 * ```
 */
export function filterLimits(
  filters: ActorOptions & { readonly follow: boolean },
  run: FilteredRun,
): Pick<TraceLimits, "roots" | "filter"> {
  const { pids, tids, uids, cgroups, containers, follow } = filters;
  const isNumbered = run.command || pids.length + tids.length + uids.length > 0;
  const owners = uids.length > 0;
  const places = cgroups.length + containers.length > 0;
  const leaveOut = isNumbered && !run.keepsAll;
  const filter: ActorFilter = {
    pids,
    tids,
    uids,
    isTree: run.command || follow,
    leaveOut,
    isTried: run.isTried,
    owners,
    places,
  };
  return {
    ...(follow ? { roots: pids } : {}),
    ...(leaveOut || owners || places ? { filter } : {}),
  };
}

/**
 * Looks whether the target tells what filters by cgroup and container rest on.
 *
 * @param host the machine
 * @param run its plan, the filters, and where remarks go
 * @throws {CliError} with code 3 when it does not
 * @throws {HostError} when the host is lost
 */
export async function checkPlaces(
  host: Host,
  run: {
    readonly plan: Pick<Plan, "cgroupsSeen">;
    readonly filters: Pick<ActorOptions, "cgroups" | "containers">;
    readonly onNote: (text: string) => void;
  },
): Promise<void> {
  const { plan, filters: { cgroups, containers }, onNote } = run;
  if (cgroups.length + containers.length === 0) return;
  const option = cgroups.length > 0 ? "-c" : "--container";
  const refused = (reason: string) =>
    new CliError(`Cannot filter by ${option} on "${host.name}": ${printableText(reason)}`, {
      code: EXIT.cannotRun,
      hint: "Filter by -p, -u or -n instead",
    });
  if (!plan.cgroupsSeen) throw refused("its kernel does not tell in which cgroup v2 a process is");
  const paths = await readCgroupPaths(host);
  if (paths.kind === "unknown") throw refused(paths.reason);
  const places = [...paths.value.values()].map((path) => {
    const owner = cgroupOwner(path);
    return { path, container: owner.kind === "container" ? owner.id : undefined };
  });
  for (const it of cgroups) {
    if (places.some((place) => isPlaceIn(place, { cgroups: [it] }))) continue;
    onNote(`there is no cgroup ${it} yet: nothing is shown until there is one`);
  }
  for (const it of containers) {
    if (places.some((place) => isPlaceIn(place, { containers: [it] }))) continue;
    onNote(`there is no container whose id begins with ${it} yet: nothing is shown until there is one`);
  }
}
