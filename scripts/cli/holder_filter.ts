/**
 * Whether a holder of pidfds is one of those who are asked for.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import type { ProcessFacts } from "../../kernel/mod.ts";
import { isPlaceIn } from "../../model/mod.ts";
import type { Place, Update } from "../../model/mod.ts";
import type { WhoOptions } from "./filter_grammar.ts";

/** Who a holder is, as far as it is known. */
export interface HolderIdentity {
  /** Process id on the target; `null` when it is not known. */
  readonly pid: number | null;
  /** Its name; `null` when it is not known. */
  readonly comm: string | null;
  /** Its real user id; `undefined` when it is not known. */
  readonly uid: number | undefined;
  /** Its cgroup v2 and its container, in printable text; `undefined` when they are not known. */
  readonly place: Place | undefined;
}

/**
 * Returns whether a holder is asked for.
 *
 * @param holder who it is
 * @param asked the filters of the user
 * @returns `"unknown"` where it is asked for what is not known of it
 *
 * @example
 * ```ts
 * import { isHolderAsked } from "./holder_filter.ts";
 * import assert from "node:assert/strict";
 *
 * const asked = { pids: [], comm: undefined, uids: [33], cgroups: [], containers: [] };
 * const holder = { pid: 7, comm: "agent", place: undefined };
 * assert.equal(isHolderAsked({ ...holder, uid: 33 }, asked), "yes");
 * assert.equal(isHolderAsked({ ...holder, uid: undefined }, asked), "unknown");
 * ```
 */
export function isHolderAsked(holder: HolderIdentity, asked: WhoOptions): "yes" | "no" | "unknown" {
  const { pid, comm, uid, place } = holder;
  const { pids, uids, cgroups, containers } = asked;
  if (pids.length > 0 && !pids.includes(pid ?? 0)) return "no";
  if (asked.comm !== undefined && !asked.comm.test(comm ?? "")) return "no";
  const byUid = uids.length > 0;
  if (byUid && uid !== undefined && !uids.includes(uid)) return "no";
  const byPlace = cgroups.length + containers.length > 0;
  if (byPlace && place !== undefined) {
    const isInside = isPlaceIn(place, {
      cgroups: cgroups.length === 0 ? undefined : cgroups.map((it) => printableText(it)),
      containers: containers.length === 0 ? undefined : containers,
    });
    if (!isInside) return "no";
  }
  return (byUid && uid === undefined) || (byPlace && place === undefined) ? "unknown" : "yes";
}

/** What is said of holders of whom it is not known whether they are asked for; nothing when there are none. */
export function notPlaced(holders: number): readonly string[] {
  if (holders === 0) return [];
  return [`Whether ${holders} holders have the uid, cgroup or container that is asked for is not known`];
}

/** Returns the place of a process, as /proc tells it; `undefined` when it does not. */
export function placeOf(facts: ProcessFacts | undefined): Place | undefined {
  if (facts === undefined || facts.cgroups.kind === "unknown") return undefined;
  const { places, owner } = facts.cgroups.value;
  const path = places.find((it) => it.hierarchy === 0)?.path;
  const container = owner.kind === "container" ? printableText(owner.id) : undefined;
  // Without v2 there is no path that -c could mean, but a container can be known.
  return { path: printableText(path ?? ""), container };
}

/** Most processes whose place is remembered; beyond that the oldest is forgotten. */
const PROCESSES_MAX = 65_536;

/** Remembers in which cgroup processes were when they acted last. */
export class HolderPlaces {
  readonly #places = new Map<string, Place>();

  /** Takes an update that may tell of a process. */
  take({ body }: Pick<Update, "body">): void {
    if (!("process" in body) || body.process === null) return;
    const { pid, start_ns: start, cgroup, container } = body.process;
    if (cgroup === null) return;
    const key = `${pid} ${start}`;
    this.#places.delete(key);
    this.#places.set(key, { path: cgroup, container: container ?? undefined });
    if (this.#places.size <= PROCESSES_MAX) return;
    for (const oldest of this.#places.keys()) {
      this.#places.delete(oldest);
      return;
    }
  }

  /** Where a process is; `undefined` when nobody told. */
  of({ pid, start }: { readonly pid: number; readonly start: string }): Place | undefined {
    return this.#places.get(`${pid} ${start}`);
  }
}
