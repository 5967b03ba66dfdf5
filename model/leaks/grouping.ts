/**
 * What makes a group of pidfds: by whom, how, and from where.
 *
 * @module
 */

import type { HolderId, Holding, Way } from "./holdings.ts";

/** What pidfds of a group have in common. */
export const GROUPINGS = ["origin", "stack", "comm", "container"] as const;

/** One of them. */
export type Grouping = (typeof GROUPINGS)[number];

/** What decides to which group a slot belongs. */
export type Grouped =
  & Pick<Holding, "holder" | "comm" | "origin" | "frames" | "container" | "cgroup">
  & { readonly table: string; readonly way: Way | "closed" };

/**
 * Returns the key of the group that a slot belongs to.
 *
 * A stack is compared up to its first frame without a name: what lies behind it can be what is left on a stack of code
 * without frame pointers, and another one each time.
 *
 * @param of the slot
 * @param by what is compared
 *
 * @example
 * ```ts
 * import { groupKey } from "./grouping.ts";
 * import assert from "node:assert/strict";
 *
 * const slot = { table: "t1", comm: "a", origin: null, way: "opened", container: null, cgroup: null } as const;
 * const one = { ...slot, holder: { pid: 1, start: "5" }, frames: ["f+1 (/m)", "0x10"] };
 * const other = { ...one, frames: ["f+1 (/m)", "0x20"] };
 * assert.equal(groupKey(one, "stack"), groupKey(other, "stack"));
 * ```
 */
export function groupKey(of: Grouped, by: Grouping): string {
  const { table, origin, way, comm, container, cgroup } = of;
  const holder = of.holder === null ? table : holderKey(of.holder);
  switch (by) {
    case "origin":
      return JSON.stringify([holder, origin, way]);
    case "stack":
      return JSON.stringify([holder, origin, way, ...namedFrames(of.frames ?? [])]);
    case "comm":
      return JSON.stringify([comm, origin, way]);
    case "container":
      return JSON.stringify([container ?? cgroup, origin, way]);
    default:
      return by satisfies never;
  }
}

/**
 * The frames that a stack is known by: those up to the first one without a name, or that one alone.
 *
 * @param frames the innermost first
 */
export function namedFrames(frames: readonly string[]): readonly string[] {
  const unnamed = frames.findIndex((it) => it.startsWith("0x"));
  return unnamed < 0 ? frames : frames.slice(0, Math.max(unnamed, 1));
}

/** A process in one word. */
export function holderKey({ pid, start }: HolderId): string {
  return `${pid} ${start}`;
}
