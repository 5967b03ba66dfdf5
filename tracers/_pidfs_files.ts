/**
 * Pidfds as files of pidfs: all pidfds of a process share one inode, and the inode holds the one reference.
 *
 * Since Linux 7.1 `pidfs_file_release` runs for each of them and for no other file. Before, there is only `__fput`, which
 * runs for every file of the machine, so it is compared with the operations of pidfs in the kernel.
 *
 * @module
 */

import {
  argument,
  binary,
  builtin,
  cast,
  emit,
  fentry,
  fexit,
  field,
  if_,
  int,
  kaddr,
  let_,
  lookup,
  probe,
  remove,
  set,
  variable,
} from "../program/mod.ts";
import type { Expr, Probe } from "../program/mod.ts";
import { countOf, MAPS, THREAD } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";

const OPERATIONS = "pidfs_file_operations";

/** Pidfds of kernels with pidfs. */
export const PIDFS_FILES: PidfdFiles = {
  law: "per-inode",
  name: "pidfs",
  makers: ["pidfs_alloc_file"],
  operations: OPERATIONS,
  cannotSee: [
    "the end of a single thread that a pidfd with PIDFD_THREAD names is seen when it is reaped, not when it exits",
  ],
  cannotSeeWithoutSlots: [
    "births by SO_PEERPIDFD, SCM_PIDFD, fanotify and coredumps are seen, their fd number is not",
    "births by open_by_handle_at and by opening /proc/PID/fd/N again are not seen; the release of such a file is",
  ],
  pidOf,
  made: (maker, body) =>
    probe(fexit(maker), "A pidfd file was made: follow its struct pid from now on.", {
      body: body({ file: builtin("retval"), pid: argument("pid") }),
    }),
  releases: [
    {
      functions: ["pidfs_file_release", "pidfs_evict_inode"],
      symbols: [],
      probes: () => [fileReleased("pidfs_file_release"), ...inodeEvicted()],
    },
    {
      functions: ["__fput", "pidfs_evict_inode"],
      symbols: [OPERATIONS],
      probes: () => [fileReleased("__fput"), ...inodeEvicted()],
    },
  ],
};

function pidOf(file: Expr): Expr {
  return cast("struct pid *", field(file, "->f_inode->i_private"));
}

function fileReleased(name: "__fput" | "pidfs_file_release"): Probe {
  const file = argument("file");
  const isPidfd = binary(cast("uint64", field(file, "->f_op")), "==", kaddr(OPERATIONS));
  return probe(fentry(name), "The last reference of a pidfd's file goes.", {
    ...(name === "__fput" ? { when: isPidfd } : {}),
    body: [
      let_("pid", pidOf(file)),
      ...emit("release", {
        file,
        pidAddress: variable("pid"),
        count: countOf(variable("pid")),
        inode: field(file, "->f_inode->i_ino"),
      }),
    ],
  });
}

function inodeEvicted(): readonly Probe[] {
  const inode = argument("inode");
  const pid = let_("pid", cast("struct pid *", field(inode, "->i_private")));
  const count = countOf(variable("pid"));
  return [
    probe(fentry("pidfs_evict_inode"), "No file of this target is left: its inode drops the reference.", {
      body: [
        pid,
        let_("count", cast("int32", count)),
        set(MAPS.before, THREAD, cast("uint64", variable("count"))),
        if_(binary(variable("count"), "==", int(1)), [remove(MAPS.tracked, cast("uint64", variable("pid")))]),
      ],
    }),
    probe(fexit("pidfs_evict_inode"), "The reference is dropped: report the count before and after.", {
      body: [
        pid,
        ...emit("evict", {
          pidAddress: variable("pid"),
          inode: field(inode, "->i_ino"),
          before: lookup(MAPS.before, THREAD),
          after: count,
        }),
        remove(MAPS.before, THREAD),
      ],
    }),
  ];
}
