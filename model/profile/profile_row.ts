/**
 * One thing that a profile tells of a kernel: which facts of the stimulus it rests on, and how its value is read off them.
 *
 * @module
 */

import { errnoName } from "../errno.ts";
import type { Fact } from "../rules/facts.ts";

/** One thing to tell. */
export interface ProfileRow {
  /** Its name, which profiles of all kernels share. */
  readonly id: string;
  /** What its value is about, one sentence. */
  readonly says: string;
  /** The call, or the calls, by which it is seen. */
  readonly how: string;
  /**
   * The facts that it rests on: provocation, fact and call, with spaces between. Each has to be there and a success; the
   * first that failed gives the value, its error.
   */
  readonly rests: readonly string[];
  /** Whether the last of them is looked at even if it failed. */
  readonly readsFailure?: true;
  /** Errors that tell only of rights that the stimulus lacks, and nothing of the kernel. */
  readonly rights?: readonly string[];
  /** The value; `undefined` when the facts tell none. */
  readonly value: (facts: readonly Fact[]) => string | undefined;
}

/** What a profile says of a row: a value, or why there is none. */
export type Reading =
  | { readonly value: string; readonly unknown: null }
  | { readonly value: null; readonly unknown: string };

/** What calls give that only root may make. */
export const RIGHTS_OF_ROOT: readonly string[] = ["EPERM", "EACCES"];

const ENOSYS = 38;

/** What the stimulus told, by provocation, fact and call. */
export interface ToldFacts {
  /** The facts. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** Why a provocation told nothing, or not all, by its name. */
  readonly silent: ReadonlyMap<string, string>;
}

/**
 * Returns the provocation that a row rests on.
 *
 * @param rest one of `rests`
 * @returns its name
 */
export function provocationOf(rest: string): string {
  return rest.split(" ")[0] ?? "";
}

/**
 * Reads a row off what was told.
 *
 * @param row what is to be told
 * @param told what the stimulus told
 * @returns the value, or why it is not known: nothing is guessed
 *
 * @example
 * ```ts
 * import { readRow } from "./profile_row.ts";
 * import assert from "node:assert/strict";
 *
 * const row = { id: "a", says: "A", how: "b()", rests: ["confirm-x y b"], value: () => "1" };
 * const silent = new Map([["confirm-x", "it was not made"]]);
 * assert.deepEqual(readRow(row, { facts: new Map(), silent }), { value: null, unknown: "it was not made" });
 * ```
 */
export function readRow(row: ProfileRow, { facts, silent }: ToldFacts): Reading {
  const found: Fact[] = [];
  for (const [index, rest] of row.rests.entries()) {
    const fact = facts.get(rest);
    if (fact === undefined) {
      return unknown(silent.get(provocationOf(rest)) ?? `nothing was told of "${rest}"`);
    }
    const { call, ret, errno } = fact;
    if (ret === null || errno === null) return unknown(`${call} did not come back`);
    if (errno === ENOSYS) {
      return unknown(`${call} gives ENOSYS: this kernel lacks it, or a filter of system calls hides it`);
    }
    const name = errnoName(-errno);
    if (row.rights?.includes(name)) {
      return unknown(`it needs rights of root that the stimulus did not have: ${call} gives ${name}`);
    }
    found.push(fact);
    const isRead = row.readsFailure && index === row.rests.length - 1;
    if (errno !== 0 && !isRead) return { value: name, unknown: null };
  }
  const value = row.value(found);
  return value === undefined ? unknown("the facts are there, but do not tell it") : { value, unknown: null };
}

function unknown(reason: string): Reading {
  return { value: null, unknown: reason };
}
