/**
 * The control groups of a process, as /proc/PID/cgroup lists them.
 *
 * @module
 */

import { type CgroupOwner, cgroupOwner } from "./cgroup_owner.ts";

/** One line of /proc/PID/cgroup: the place of a process in one hierarchy. */
export interface CgroupPlace {
  /** The hierarchy's number, 0 for that of cgroup v2. */
  readonly hierarchy: number;
  /** The controllers of a v1 hierarchy; none for v2 and for a hierarchy that only has a name. */
  readonly controllers: readonly string[];
  /** The name of a v1 hierarchy without controllers, such as `systemd`. */
  readonly name: string | undefined;
  /** Path from the root of the reader's cgroup namespace; it begins with `/..` for a place outside of that. */
  readonly path: string;
  /** Whether the kernel says that the cgroup has been removed, which it does in v2 only. */
  readonly deleted: boolean;
}

/** What /proc/PID/cgroup says. */
export interface Cgroups {
  /** Which hierarchies there are: only v2, only v1, or v1 with v2 beside it. */
  readonly layout: "v2" | "v1" | "hybrid";
  /** One place for each hierarchy, in the order of the file. */
  readonly places: readonly CgroupPlace[];
  /** The path that names the process best: the first that names an owner, otherwise the one of v2 or of systemd. */
  readonly path: string;
  /** Who owns that cgroup. */
  readonly owner: CgroupOwner;
}

const DELETED = " (deleted)";

/**
 * Reads /proc/PID/cgroup.
 *
 * @param text its content; its names have no line feeds (`cgroup_mkdir()`); where one was renamed to have one, the text is refused
 * @returns what it says; `undefined` when it is not such a text, or empty: a process that has gone has no cgroup
 *
 * @example
 * ```ts
 * import { parseCgroups } from "./cgroup.ts";
 * import assert from "node:assert/strict";
 *
 * const cgroups = parseCgroups("0::/system.slice/cron.service\n");
 * assert.equal(cgroups?.layout, "v2");
 * assert.deepEqual(cgroups.owner, { kind: "unit", unit: "cron.service", userUnit: undefined });
 * ```
 */
export function parseCgroups(text: string): Cgroups | undefined {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const places = lines.map(placeOf);
  if (places.length === 0 || !places.every((it) => it !== undefined)) return undefined;
  const unified = places.find((it) => it.hierarchy === 0);
  const layout = unified === undefined ? "v1" : places.length === 1 ? "v2" : "hybrid";
  // Container engines without systemd leave the hierarchies of systemd and v2 alone, and use those with controllers.
  const systemd = places.find((it) => it.name === "systemd");
  const ordered = [...new Set([systemd, unified, ...places])].filter((it) => it !== undefined);
  const owned = ordered.map(({ path }) => ({ path, owner: cgroupOwner(path) }));
  const best = owned.find((it) => it.owner.kind === "container") ??
    owned.find((it) => it.owner.kind === "machine") ??
    owned.find((it) => it.owner.kind === "unit") ??
    owned.find((it) => it.path !== "/") ?? owned[0];
  return best && { layout, places, ...best };
}

function placeOf(line: string): CgroupPlace | undefined {
  const [, number = "", words = "", path = ""] = /^(\d{1,10}):([^:]*):(\/[^]*)$/.exec(line) ?? [];
  if (number === "") return undefined;
  const hierarchy = Number(number);
  const deleted = hierarchy === 0 && path.endsWith(DELETED);
  const all = words === "" ? [] : words.split(",");
  return {
    hierarchy,
    controllers: all.filter((it) => !it.startsWith("name=")),
    name: all.find((it) => it.startsWith("name="))?.slice("name=".length),
    path: deleted ? path.slice(0, -DELETED.length) : path,
    deleted,
  };
}
