/**
 * Who holds a `struct pid`, by the refcount law, and how an observed count compares.
 *
 * On kernels with pidfs the law is: one reference for the pid hash until a grace period after the reap, and one for
 * the inode that all pidfds of the process share. Others may hold it for a while (/proc, waiters, sockets); so a
 * higher count has unknown holders, and only a lower one is wrong. At the return of copy_process() the child cannot
 * run and nobody knows it: there the count must be exact.
 *
 * @module
 */

import type { EventBody } from "../schema/mod.ts";
import type { Target } from "./state.ts";

/** The `count` object of a published event. */
export type Count = EventBody<"pidfd.create">["count"];

/** A moment at which a count was read. */
export interface Reading {
  /** The count before the step; `null` when it was not read. */
  readonly before: number | null;
  /** The count after the step; `null` when it was not read. */
  readonly after: number | null;
  /** When it was read, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
}

/** How long the hash may still hold its reference after the record of its put: the record comes first. */
const PUT_SETTLES_NS = 1_000_000n;

/**
 * Returns the known holders of a target, one reference each; `undefined` when that is not known.
 *
 * @param target the target
 * @returns names of holders
 */
export function knownHolders(target: Target): readonly string[] | undefined {
  if (target.hashed === null) return undefined;
  return [...(target.hashed ? ["pid hash"] : []), ...(target.inode ? ["pidfs inode"] : [])];
}

/**
 * Compares a reading with the law.
 *
 * Other CPUs go on while a count is read: a put that was recorded may not have happened yet, and one that happened
 * may not be recorded yet. So where a reference is on its way out, both numbers are as expected.
 *
 * @param target the target, as it is after the step
 * @param reading what was read
 * @returns the `count` object to publish
 */
export function compare(target: Target, reading: Reading): Count {
  const { before, after, ktimeNs } = reading;
  if (target.hashed === null || !target.whole) {
    return { before, after, expected: null, holders: knownHolders(target) ?? [], unknown_holders: null };
  }
  const possible = possibleHolders(target, ktimeNs);
  const holders = possible.find((it) => it.length === after) ?? possible[0] ?? [];
  if (target.hashed && !holders.includes("pid hash")) {
    target.hashed = false;
    target.hashPutNs = ktimeNs;
  }
  const expected = holders.length;
  return {
    before,
    after,
    expected,
    holders,
    unknown_holders: after === null ? null : Math.max(0, after - expected),
  };
}

/** The holders that are possible at a moment, the most likely first. */
function possibleHolders(target: Target, ktimeNs: bigint): readonly (readonly string[])[] {
  const hash = target.hashed === true
    ? (target.reaped ? [true, false] : [true])
    : (putMaySettle(target, ktimeNs) ? [false, true] : [false]);
  const inode = target.inode ? (target.settling > 0 && target.files === 0 ? [true, false] : [true]) : [false];
  return hash.flatMap((isHashed) =>
    inode.map((hasInode) => [...(isHashed ? ["pid hash"] : []), ...(hasInode ? ["pidfs inode"] : [])])
  );
}

/** Whether the hash may still hold a reference although its put was recorded. */
export function putMaySettle(target: Target, ktimeNs: bigint): boolean {
  return target.hashPutNs !== null && ktimeNs - target.hashPutNs < PUT_SETTLES_NS;
}
