/**
 * Who is in scope: what the filters of the user let through.
 *
 * Scope decides what is shown and nothing else: the model takes every record, whoever acts in it.
 *
 * @module
 */

import { isPlaceIn } from "./place.ts";
import type { ModelState } from "./state.ts";
import type { ActorEvent } from "./_subject.ts";

/** Who acts in an event, and when. */
type Actor = Pick<ActorEvent, "pid" | "tid" | "startNs" | "comm" | "ktimeNs">;

/**
 * Returns whether the acting process of an event is in scope.
 *
 * Where it is not known in which cgroup or under which uid it acts, it counts as out of scope, and that is counted.
 *
 * @param state the model's state
 * @param event the event
 * @returns whether it is in scope
 */
export function inScope(state: ModelState, event: Actor): boolean {
  const { comm, tids } = state.options.scope;
  if (comm !== undefined && !comm.test(event.comm)) return false;
  if (tids !== undefined && !tids.has(event.tid)) return false;
  if (!isMember(state, event)) return false;
  const answers = [ofUid(state, event), ofPlace(state, event)];
  if (answers.includes("no")) return false;
  if (!answers.includes("unknown")) return true;
  state.unplaced += 1;
  return false;
}

/**
 * Returns whether a process is one of those that were named, or descends from one.
 *
 * A process id is used again, so a member that was forked in scope must also have the start time seen then.
 *
 * @param state the model's state
 * @param event an event in which it acts
 * @returns whether it is a member; every process is one where none was named
 */
export function isMember(state: ModelState, event: Pick<Actor, "pid" | "startNs">): boolean {
  if (state.options.scope.pids === undefined) return true;
  const startNs = state.members.get(event.pid);
  if (startNs === undefined) return false;
  if (startNs === null) state.members.set(event.pid, event.startNs);
  return startNs === null || startNs === event.startNs;
}

/** Adds a process that a member forked. */
export function joinScope(state: ModelState, pid: number, startNs: bigint): void {
  if (state.options.scope.descendants) state.members.set(pid, startNs);
}

/**
 * Members that have ended and are still known. A process releases its pidfds after the record of its exit; when so
 * many others have ended before it does, what it releases counts as out of scope unless its birth was seen.
 */
export const ENDED_MEMBERS_MAX = 1024;

/** A member has ended: it is forgotten, but not yet, for it still releases what it held. */
export function leaveScope(state: ModelState, pid: number, startNs: bigint): void {
  if (state.members.get(pid) !== startNs) return;
  state.ended.push({ pid, startNs });
  if (state.ended.length <= ENDED_MEMBERS_MAX) return;
  const oldest = state.ended.shift();
  // Its number may belong to another member by now.
  if (oldest !== undefined && state.members.get(oldest.pid) === oldest.startNs) {
    state.members.delete(oldest.pid);
  }
}

/** What was left out because it is not known whose it is, one sentence; none when nothing was. */
export function unplaced({ unplaced: times }: ModelState): readonly string[] {
  if (times === 0) return [];
  return [`Whether a process has the uid, cgroup or container that is asked for, ${times} times: not shown`];
}

type Answer = "yes" | "no" | "unknown";

function ofUid({ options: { scope: { uids } }, identities }: ModelState, event: Actor): Answer {
  if (uids === undefined) return "yes";
  const uid = identities.uidOf(event);
  if (uid === undefined) return "unknown";
  return uids.has(uid) ? "yes" : "no";
}

function ofPlace({ options: { scope }, identities }: ModelState, event: Actor): Answer {
  const { cgroups, containers } = scope;
  if (cgroups === undefined && containers === undefined) return "yes";
  const place = identities.placeOf(event);
  if (place === undefined) return "unknown";
  return isPlaceIn(place, { cgroups, containers }) ? "yes" : "no";
}
