/**
 * Where in the kernel's structs things are that a probe cannot name.
 *
 * @module
 */

import type { Btf } from "../kernel/mod.ts";
import { PIDTYPE_TGID } from "./_kernel_terms.ts";
import type { RcuPlace } from "./_targets.ts";

/** Places in structs. */
export interface Places {
  /** Offset in bytes of `pid_links[PIDTYPE_TGID]` in `struct task_struct`. */
  readonly tgidLinkOffset: number;
  /** Offset in bytes of `comm` in `struct task_struct`. */
  readonly commOffset: number;
  /** Where the callback of the grace period is; `undefined` when that is not known. */
  readonly rcu: RcuPlace | undefined;
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
  const hlistNode = btf.sizeOf("hlist_node") ?? 16;
  return {
    tgidLinkOffset: links.offsetBytes + PIDTYPE_TGID * hlistNode,
    commOffset: comm.offsetBytes,
    rcu: rcu === undefined || parameter === undefined ? undefined : { offset: rcu.offsetBytes, parameter },
  };
}
