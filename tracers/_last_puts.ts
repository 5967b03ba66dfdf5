/**
 * Where the last reference of a `struct pid` can be dropped: `put_pid` and what the compiler split off it.
 *
 * gcc makes two functions of it: `put_pid.part.0` drops the reference, and of `put_pid` itself is left, until Linux
 * 6.12 on Debian, a test for NULL and a jump there; 6.17 has the whole of it twice. Each close of any file puts the
 * file's owner, which is NULL nearly always: a kprobe there costs as much as the one at the close.
 *
 * @module
 */

import type { KernelFacts } from "../kernel/mod.ts";
import type { Doors } from "./_doors.ts";

/** What stands behind `put_pid` in kernel/pid.c; with its padding in front, where the kernel has such symbols. */
const BEHIND: readonly string[] = ["__pfx_delayed_put_pid", "delayed_put_pid"];

/** The symbols that are looked at, for `discover`. */
export const LAST_PUT_SYMBOLS: readonly string[] = ["put_pid", ...BEHIND];

/**
 * Most bytes of a function that only tests for NULL and jumps: 21 on x86-64 (6.12), with the call of ftrace and the
 * return. The decrement takes 30 more: the namespace is read before it, and what is left is compared behind it.
 */
const TEST_BYTES_MAX = 32n;

/**
 * Whether a function is one of these: a probe there tells of nothing but that another holder than pid hash and pidfds
 * was the last one, and no verdict rests on it.
 *
 * @param name a function that is probed
 */
export function isLastPut(name: string): boolean {
  return /^put_pid(\.part\.\d+)?$/.test(name);
}

/** By which functions it can be seen. */
export interface LastPuts {
  /** Those that are to be watched. */
  readonly reachable: readonly string[];
  /** What is not seen, one sentence each. */
  readonly loses: readonly string[];
  /** Why there is none. */
  readonly reason: string | undefined;
}

/**
 * Looks for the functions that drop references.
 *
 * @param facts what the kernel has
 * @param doors its doors
 * @returns all of them that can be watched, but not `put_pid` where a kprobe would see nothing but a test there
 */
export function lastPuts(facts: KernelFacts, doors: Doors): LastPuts {
  const clones = facts.symbols.variants("put_pid").map((it) => it.name).filter((it) =>
    it !== "put_pid" && isLastPut(it)
  );
  const isIdle = doors.door("put_pid") === "kprobe" && onlyTests(facts) &&
    clones.some((it) => doors.door(it) !== undefined);
  const all = [...(isIdle ? [] : ["put_pid"]), ...clones];
  const reachable = all.filter((it) => doors.door(it) !== undefined);
  const loses = all.filter((it) => !reachable.includes(it)).map((it) =>
    `the last reference that is dropped in ${it} is not seen: ${doors.reasons(it).at(-1)}`
  );
  return { reachable, loses, reason: reachable.length === 0 ? doors.reasons("put_pid")[0] : undefined };
}

/** Whether there is no room for more in `put_pid`; when addresses are hidden that is not known, and so no. */
function onlyTests({ symbols }: KernelFacts): boolean {
  const addressOf = (name: string) => {
    const [only, ...more] = symbols.entries(name).filter((it) => it.name === name);
    return more.length === 0 ? only?.address : undefined;
  };
  const begin = addressOf("put_pid");
  if (begin === undefined) return false;
  return BEHIND.some((it) => {
    const end = addressOf(it);
    return end !== undefined && end > begin && end - begin <= TEST_BYTES_MAX;
  });
}
