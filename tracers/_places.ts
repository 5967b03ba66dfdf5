/**
 * Where in the kernel's structs things are that a probe cannot name.
 *
 * @module
 */

import type { Btf } from "../kernel/mod.ts";
import { findCallPlace } from "./_calls.ts";
import type { CallPlace } from "./_calls.ts";
import type { RcuPlace } from "./_targets.ts";
import { findWhoPlace } from "./_who.ts";
import type { WhoPlace } from "./_who.ts";

/** Places in structs. */
export interface Places {
  /** Offset in bytes of `pid_links[PIDTYPE_PID]` in `struct task_struct`. */
  readonly pidLinkOffset: number;
  /** Offset in bytes of `comm` in `struct task_struct`. */
  readonly commOffset: number;
  /** Where the number of a task's system call is. */
  readonly callPlace: CallPlace;
  /** Where the callback of the grace period is; `undefined` when that is not known. */
  readonly rcu: RcuPlace | undefined;
  /** Where it stands who a process is; `undefined` when that is not known. */
  readonly who: WhoPlace | undefined;
}

/**
 * Finds the places.
 *
 * @param btf the kernel's types
 * @returns the places, or `undefined` when even the first of them is not described
 */
export function findPlaces(btf: Btf): Places | undefined {
  const links = btf.field("task_struct", "pid_links");
  const comm = btf.field("task_struct", "comm");
  if (links === undefined || comm === undefined) return undefined;
  const rcu = btf.field("pid", "rcu");
  const parameter = btf.functionParameters("delayed_put_pid")?.[0]?.name;
  return {
    pidLinkOffset: links.offsetBytes,
    commOffset: comm.offsetBytes,
    callPlace: findCallPlace(btf),
    who: findWhoPlace(btf),
    rcu: rcu === undefined || parameter === undefined ? undefined : { offset: rcu.offsetBytes, parameter },
  };
}
