/**
 * Steps of a call inside of the kernel, as the records of `tracers/clone_functions.ts` tell them.
 *
 * @module
 */

import type { WireEvent } from "../../schema/mod.ts";
import { CLONE_WATCH } from "../../tracers/mod.ts";

/** A function was entered, or it returned. */
export interface Step {
  /** Its name. */
  readonly function: string;
  /** Whether it returned. */
  readonly returned: boolean;
  /** What it was given or returned; the table of the tracer says what. */
  readonly value: number;
  /** A second number; see there. */
  readonly detail: number;
  /** `struct pid *`, an error pointer, or `0`. */
  readonly pidAddress: string;
  /** `struct file *`, an error pointer, or `0`. */
  readonly file: string;
  /** The thread. */
  readonly tid: number;
  /** When, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
}

/** Reads a record. */
export function stepOf(record: WireEvent<"func">): Step {
  const { value, detail, pidAddress, file, tid, ktimeNs } = record;
  const name = CLONE_WATCH[record.function] ?? `function ${record.function}`;
  return { function: name, returned: record.returned === 1, value, detail, pidAddress, file, tid, ktimeNs };
}

/** The first time that a function was entered. */
export function entryOf(steps: readonly Step[], name: string): Step | undefined {
  return steps.find((it) => it.function === name && !it.returned);
}

/** The first time that a function returned. */
export function returnOf(steps: readonly Step[], name: string): Step | undefined {
  return steps.find((it) => it.function === name && it.returned);
}

/** The functions that make a pidfd's file. */
export const MAKERS: readonly string[] = [
  "pidfs_alloc_file",
  "__anon_inode_getfile",
  "anon_inode_getfile",
  "anon_inode_getfd",
];

/** The first time that the making of a pidfd's file began. */
export function makingOf(steps: readonly Step[]): Step | undefined {
  return steps.find((it) => MAKERS.includes(it.function) && !it.returned);
}

/** The file that a call made; `undefined` when it made none. */
export function madeOf(steps: readonly Step[]): Step | undefined {
  return steps.find((it) =>
    MAKERS.includes(it.function) && it.returned &&
    (it.function === "anon_inode_getfd" ? it.value >= 0 : !isError(it.file))
  );
}

/** Whether an address is an error pointer: one of the last 4095 values. */
export function isError(address: string): boolean {
  return address.length === 16 && BigInt(`0x${address}`) >= 2n ** 64n - 4095n;
}

/** The errno in an error pointer, negative; 0 for another address. */
export function errorOf(address: string): number {
  return isError(address) ? Number(BigInt(`0x${address}`) - 2n ** 64n) : 0;
}

/**
 * The first function that was entered and did not return.
 *
 * A kretprobe that has no instance left passes a return over, and no kernel counts that where the probe is one of perf.
 *
 * @param steps what one thread did in a call that came back
 * @param returning functions of which returns are told at all
 * @returns its name; `undefined` when all of them returned
 */
export function unreturnedOf(steps: readonly Step[], returning: ReadonlySet<string>): string | undefined {
  const open = new Set<string>();
  for (const { function: name, returned } of steps) {
    if (returned) open.delete(name);
    else if (open.has(name)) return name;
    else if (returning.has(name)) open.add(name);
  }
  return open.values().next().value;
}

/**
 * The way of a call, for people: `kernel_clone > copy_process > alloc_pid = 7 > copy_process = 7 > kernel_clone = 7`.
 *
 * A function that returns before anything else was told is written once, with what it returned.
 */
export function wayOf(steps: readonly Step[]): string {
  const told = steps.filter((it, at) => {
    const next = steps[at + 1];
    return it.returned || next?.function !== it.function || !next.returned;
  });
  return told.map((it) => {
    if (!it.returned) return it.function;
    const error = errorOf(
      it.function === "copy_process" || it.function === "alloc_pid" ? it.pidAddress : it.file,
    );
    return `${it.function} = ${error === 0 ? it.value : error}`;
  }).join(" > ");
}
