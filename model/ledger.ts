/**
 * Who holds a `struct pid`, by the refcount law, and how an observed count compares.
 *
 * By either law the pid hash holds one reference until a grace period after the reap. On kernels with pidfs all
 * pidfds of the process share an inode, which holds one more; before pidfs each pidfd's file holds one of its own.
 * Others may hold it for a while (/proc, waiters, sockets); so a higher count has unknown holders, and only a lower
 * one is wrong. At the return of copy_process() the child cannot run and nobody knows it: there the count must be
 * exact.
 *
 * @module
 */

import type { EventBody } from "../schema/mod.ts";
import type { Arrival, Target } from "./state.ts";

/** The `count` object of a published event. */
export type Count = EventBody<"pidfd.create">["count"];

/** A moment at which a count was read. */
export interface Reading {
  /** The count before the step; `null` when it was not read. */
  readonly before: number | null;
  /** The count after the step; `null` when it was not read. */
  readonly after: number | null;
  /** When its record was made, CLOCK_BOOTTIME in ns; the count was read a moment before. */
  readonly ktimeNs: bigint;
  /** Thread that read it, which knows of its own births; `null` for none. */
  readonly tid: number | null;
}

/** How long the hash may still hold its reference after the record of its put: the record comes first. */
const PUT_SETTLES_NS = 1_000_000n;

/** How long before its record a count may have been read, and so how long it may not know of a birth elsewhere. */
export const BIRTH_SETTLES_NS = 1_000_000n;

/**
 * Returns the known holders of a target, one reference each; `undefined` when that is not known.
 *
 * @param target the target
 * @returns names of holders
 */
export function knownHolders(target: Target): readonly string[] | undefined {
  if (target.hashed === null) return undefined;
  return holders(target.hashed, { target, references: heldByFiles(target) });
}

/**
 * Compares a reading with the law.
 *
 * Other CPUs go on while a count is read: a put that was recorded may not have happened yet, one that happened may
 * not be recorded yet, and a birth may have come between the count and its record. So where a reference comes or
 * goes, both numbers are as expected.
 *
 * @param target the target, as it is after the step
 * @param reading what was read
 * @returns the `count` object to publish
 */
export function compare(target: Target, reading: Reading): Count {
  const { before, after, ktimeNs } = reading;
  const { disturbed } = target;
  if (target.hashed === null || !target.whole) {
    return {
      before,
      after,
      expected: null,
      holders: knownHolders(target) ?? [],
      unknown_holders: null,
      disturbed,
    };
  }
  const possible = possibleHolders(target, reading);
  const likely = possible.find((it) => it.length === after) ?? possible[0] ?? [];
  if (target.hashed && !likely.includes(HASH)) {
    target.hashed = false;
    target.hashPutNs = ktimeNs;
  }
  const expected = likely.length;
  return {
    before,
    after,
    expected,
    holders: likely,
    unknown_holders: after === null ? null : Math.max(0, after - expected),
    disturbed,
  };
}

const HASH = "pid hash";

function holders(
  isHashed: boolean,
  held: { readonly target: Target; readonly references: number },
): readonly string[] {
  const name = held.target.law === "per-inode" ? "pidfs inode" : "pidfd file";
  return [...(isHashed ? [HASH] : []), ...Array<string>(held.references).fill(name)];
}

/** References that the pidfds of a target hold for certain, once nothing is on its way. */
function heldByFiles(target: Target): number {
  return target.law === "per-inode" ? Number(target.inode) : target.files;
}

/** The holders that are possible at a moment, the most likely first. */
function possibleHolders(target: Target, reading: Reading): readonly (readonly string[])[] {
  const hash = target.hashed === true
    ? (target.reaped ? [true, false] : [true])
    : (putMaySettle(target, reading.ktimeNs) ? [false, true] : [false]);
  return hash.flatMap((isHashed) =>
    possibleReferences(target, reading).map((references) => holders(isHashed, { target, references }))
  );
}

/** How many references the pidfds can hold, the most likely number first. */
function possibleReferences(target: Target, reading: Reading): readonly number[] {
  const held = heldByFiles(target);
  const arriving = target.arriving.filter((it) => mayArrive(it, reading)).length;
  if (target.law === "per-inode") {
    if (held === 0) return [0];
    // The inode goes with the last file; a new one comes with the first.
    const isLeaving = target.settling > 0 && target.files === 0;
    return isLeaving || (arriving > 0 && arriving >= target.files) ? [1, 0] : [1];
  }
  const possible: number[] = [];
  for (let many = held + target.settling; many >= Math.max(0, held - arriving); many -= 1) {
    possible.push(many);
  }
  return possible;
}

/** Whether a count can have been read before a birth whose record came before its own. */
function mayArrive(birth: Arrival, { tid, ktimeNs }: Reading): boolean {
  return birth.tid !== tid && ktimeNs - birth.ktimeNs < BIRTH_SETTLES_NS;
}

/** Whether the hash may still hold a reference although its put was recorded. */
export function putMaySettle(target: Target, ktimeNs: bigint): boolean {
  return target.hashPutNs !== null && ktimeNs - target.hashPutNs < PUT_SETTLES_NS;
}
