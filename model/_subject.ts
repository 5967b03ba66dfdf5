/**
 * Small steps that births, releases and deaths share: names, identities, scope.
 *
 * @module
 */

import type { EventBody, WireEvent } from "../schema/mod.ts";
import { BIRTH_SETTLES_NS } from "./ledger.ts";
import type { Arrival, ModelState, Target } from "./state.ts";

/** An event that a task in process context caused. */
export type ActorEvent = Extract<
  WireEvent,
  { readonly cpu: number; readonly comm: string; readonly startNs: bigint }
>;

/** Returns the `process` object of an event. */
export function processOf(
  state: ModelState,
  event: Pick<ActorEvent, "pid" | "tid" | "startNs" | "comm" | "ktimeNs">,
): NonNullable<EventBody<"pidfd.create">["process"]> {
  const { pid, tid, startNs, comm } = event;
  return { pid, tid, start_ns: startNs.toString(), comm, ...state.identities.of(event) };
}

/** Returns the `target` object of an event. */
export function targetOf(target: Target): EventBody<"pidfd.create">["target"] {
  return { id: target.id, pid: target.pid, start_ns: target.startNs?.toString() ?? null, comm: target.comm };
}

/** Returns a new name for a file. */
export function nameFile(state: ModelState): string {
  return `f${++state.names.files}`;
}

/** What is known of a target when it is met first. */
export type NewTarget =
  & Pick<Target, "address" | "pid" | "startNs" | "comm" | "hashed" | "bornNs" | "whole">
  & { readonly failed?: boolean };

/**
 * Adds a target under its address; an older one there is over, for its address is in use again.
 *
 * @param state the model's state
 * @param known what is known of it
 * @returns the new target, without inode and files
 */
export function addTarget(state: ModelState, known: NewTarget): Target {
  const older = state.targets.get(known.address);
  // Of whom nothing is known can be the same process, which was reaped meanwhile.
  if (older !== undefined && known.startNs !== null) forgetFiles(state, older);
  // The end of what was there before the probes is not told.
  if (older?.whole === true) state.unmatched += 1;
  const target = newTarget(state, known);
  state.targets.set(known.address, target);
  return target;
}

/** Names a target of which no other record will come. */
export function newTarget(state: ModelState, known: NewTarget): Target {
  return {
    failed: false,
    ...known,
    id: `p${++state.names.targets}`,
    disturbed: state.lookedNs !== null && (known.startNs ?? 0n) < state.lookedNs,
    hashPutNs: null,
    law: state.options.law,
    inode: false,
    files: 0,
    settling: 0,
    arriving: [],
    exited: false,
    reaped: false,
    freed: false,
    followed: false,
    lastSeq: 0,
  };
}

/** A file of a target came to be, and with it the inode where files have one of their own. */
export function addFile(target: Target): void {
  target.files += 1;
  if (target.law === "per-inode") target.inode = true;
}

/**
 * A file was made of a process that others know already: they may have read its count just before.
 *
 * Not so at clone: nobody knows the child before its pidfd.
 */
export function addArrival(target: Target, { tid, ktimeNs }: Arrival): void {
  const latest = target.arriving.filter((it) => ktimeNs - it.ktimeNs < BIRTH_SETTLES_NS);
  target.arriving = [...latest, { tid, ktimeNs }];
}

/** The address of a target is in use again: its free was not seen. */
export function forgetTarget(state: ModelState, target: Target): void {
  if (state.targets.get(target.address) === target) state.targets.delete(target.address);
  forgetFiles(state, target);
  state.unmatched += 1;
}

/** A target is over, and so is each file of it, for each held it; their releases were not seen. */
export function forgetFiles(state: ModelState, target: Target): void {
  if (target.files === 0) return;
  for (const [address, file] of state.files) if (file.target === target) forgetFile(state, address);
}

/** The address of a file is in use again: its release was not seen. */
export function forgetFile(state: ModelState, address: string): void {
  const old = state.files.get(address);
  if (old === undefined) return;
  old.target.files -= 1;
  state.files.delete(address);
  emptySlots(state, address);
  if (old.createdNs >= state.options.attachedNs) state.unmatched += 1;
}

/**
 * The last reference of a file has gone: no slot holds it.
 *
 * @param state the model's state
 * @param address address of the file
 */
export function emptySlots(state: ModelState, address: string): void {
  for (const { table, fd, sinceNs } of state.slots.slotsOf(address)) {
    state.slots.empty(table, fd);
    if (sinceNs >= state.options.attachedNs) state.unmatched += 1;
  }
}

/** The call that made a child, from what its record says of it; 2 is said where the two cannot be told apart. */
export function callName(clone3: number): "clone" | "clone3" | "other" {
  if (clone3 > 1) return "other";
  return clone3 === 1 ? "clone3" : "clone";
}

/** Whether all probes were attached when something happened, and what is born then will be seen to go. */
export function isWhole(state: ModelState, ktimeNs: bigint): boolean {
  const { releasesSeen, hashPutsSeen, attachedNs } = state.options;
  return releasesSeen !== false && hashPutsSeen !== false && ktimeNs >= attachedNs;
}

/** Returns the names of the bits of `f_flags` that open(2) and pidfd_open(2) know; other bits as hex. */
export function fileFlagNames(hex: string): readonly string[] {
  let bits = Number.parseInt(hex, 16);
  const names: string[] = [(["O_RDONLY", "O_WRONLY", "O_RDWR"] as const)[bits & 3] ?? "O_ACCMODE"];
  bits &= ~3;
  for (const [name, bit] of FILE_FLAGS) {
    if ((bits & bit) === 0) continue;
    names.push(name);
    bits &= ~bit;
  }
  if (bits !== 0) names.push(`0x${bits.toString(16)}`);
  return names;
}

/** include/uapi/asm-generic/fcntl.h and include/uapi/linux/pidfd.h; O_CLOEXEC belongs to the fd, not to the file. */
const FILE_FLAGS: readonly (readonly [string, number])[] = [
  ["PIDFD_THREAD", 0x80],
  ["PIDFD_NONBLOCK", 0x800],
  ["O_LARGEFILE", 0x8000],
];

/** Whether a pointer of the kernel is an error pointer: -1 to -4095. */
export function isErrorPointer(hex: string): boolean {
  return /^fffffffffffff[0-9a-f]{3}$/.test(hex);
}
