/**
 * Who a process is beyond its number: which number it has in its own pid namespace, and in which cgroup it is.
 *
 * It is told where a process has to do with pidfds: once, and again when it has gone to another cgroup. Nothing is read
 * of processes that have none.
 *
 * @module
 */

import type { Btf } from "../kernel/mod.ts";
import {
  binary,
  builtin,
  cast,
  emit,
  field,
  if_,
  int,
  let_,
  load,
  lookup,
  set,
  variable,
} from "../program/mod.ts";
import type { Expr, Statement } from "../program/mod.ts";
import { MAPS } from "./_kernel_terms.ts";

/** Where it stands who a process is. */
export interface WhoPlace {
  /** Offset in bytes of `numbers[0].nr` in `struct pid`. */
  readonly numberOffset: number;
  /** Size in bytes of one of `numbers`. */
  readonly numberBytes: number;
  /** Offset in bytes of `id` in `struct kernfs_node`; `undefined` where a task's cgroup v2 does not lead there. */
  readonly cgroupIdOffset: number | undefined;
}

/** What a plan does not see that cannot tell who a process is. */
export const WHO_UNSEEN = "the pid namespace, cgroup and container of a process are not told: " +
  "BTF does not give the places of pid.numbers and upid.nr";

/** What a plan does not see on a kernel whose tasks have no cgroup v2. */
export const CGROUP_UNSEEN = "the cgroup and container of a process are not told: " +
  "BTF does not give the place of a task's cgroup v2";

/** The members that lead from a task to the id of its cgroup v2. */
const CGROUP_PATH: readonly (readonly [struct: string, member: string])[] = [
  ["task_struct", "cgroups"],
  ["css_set", "dfl_cgrp"],
  ["cgroup", "kn"],
  ["kernfs_node", "id"],
];

/**
 * Finds the place by the kernel's own structs.
 *
 * @param btf the kernel's types
 * @returns the place; `undefined` where they do not describe a process's numbers
 */
export function findWhoPlace(btf: Btf): WhoPlace | undefined {
  const numbers = btf.field("pid", "numbers");
  const nr = btf.field("upid", "nr");
  const numberBytes = btf.sizeOf("upid");
  const hasThreadPid = btf.field("task_struct", "thread_pid") !== undefined;
  // Each is asked for, so that a recording of this machine has all of them.
  const known = CGROUP_PATH.map(([struct, member]) => btf.field(struct, member));
  if (numbers === undefined || nr === undefined || numberBytes === undefined || !hasThreadPid) {
    return undefined;
  }
  return {
    numberOffset: numbers.offsetBytes + nr.offsetBytes,
    numberBytes,
    cgroupIdOffset: known.every((it) => it !== undefined) ? known.at(-1)?.offsetBytes : undefined,
  };
}

/** What a plan does not see with such a place, one sentence each. */
export function whoUnseen(place: WhoPlace | undefined): readonly string[] {
  if (place === undefined) return [WHO_UNSEEN];
  return place.cgroupIdOffset === undefined ? [CGROUP_UNSEEN] : [];
}

/**
 * The statements that tell who the process of a task is, unless that has been told.
 *
 * What was told is kept as the sum of start and cgroup: of one process it changes with the cgroup, and another process
 * of the same number began at another time.
 *
 * @param place where it stands; nothing is told where that is not known
 * @param task a `struct task_struct *`
 */
export function tellWho(place: WhoPlace | undefined, task: Expr = builtin("curtask")): readonly Statement[] {
  if (place === undefined) return [];
  const leader = field(task, "->group_leader");
  const process = cast("uint64", field(task, "->tgid"));
  const pid = cast("uint64", field(leader, "->thread_pid"));
  const level = cast("uint64", field(leader, "->thread_pid->level"));
  const last = binary(level, "*", int(place.numberBytes));
  const told = binary(variable("began"), "+", variable("cgid"));
  // bpftrace 0.17 does not know `id`, which stands behind a union without a name.
  const node = cast("uint64", field(task, "->cgroups->dfl_cgrp->kn"));
  const cgroup = place.cgroupIdOffset === undefined
    ? int(0)
    : load("uint64", binary(node, "+", int(place.cgroupIdOffset)));
  return [
    let_("began", cast("uint64", field(leader, "->start_boottime"))),
    let_("cgid", cast("uint64", cgroup)),
    if_(binary(lookup(MAPS.who, process), "!=", told), [
      set(MAPS.who, process, told),
      ...emit("who", {
        ktimeNs: builtin("nsecs"),
        pid: field(task, "->tgid"),
        startNs: variable("began"),
        nsPid: load("int32", binary(binary(pid, "+", int(place.numberOffset)), "+", last)),
        cgroupId: variable("cgid"),
      }),
    ]),
  ];
}
