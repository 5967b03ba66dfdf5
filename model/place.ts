/**
 * The places in which processes are: cgroups and containers.
 *
 * @module
 */

/** Where a process is. */
export interface Place {
  /** Its cgroup v2 as a path from the root. */
  readonly path: string;
  /** Id of its container; `undefined` when it is in none. */
  readonly container: string | undefined;
}

/**
 * Returns whether a place is one of those that are asked for.
 *
 * @param place the place of a process
 * @param asked paths of cgroups, each with everything below it, and begins of ids of containers; `undefined` for all
 * @returns whether it is in one of the cgroups and in one of the containers
 *
 * @example
 * ```ts
 * import { isPlaceIn } from "./place.ts";
 * import assert from "node:assert/strict";
 *
 * const place = { path: "/system.slice/cron.service", container: undefined };
 * assert.ok(isPlaceIn(place, { cgroups: ["/system.slice"] }));
 * assert.ok(!isPlaceIn(place, { cgroups: ["/system.slice/cron"] }));
 * ```
 */
export function isPlaceIn(
  { path, container }: Place,
  asked: {
    readonly cgroups?: readonly string[] | undefined;
    readonly containers?: readonly string[] | undefined;
  },
): boolean {
  const { cgroups, containers } = asked;
  const isInside = (it: string) => it === "/" || path === it || path.startsWith(`${it}/`);
  if (cgroups !== undefined && !cgroups.some(isInside)) return false;
  return containers === undefined || containers.some((it) => container?.startsWith(it) === true);
}
