/**
 * Releases: the last reference of a pidfd's file goes, and the inode of the target with the last file.
 *
 * `__fput` runs for every file of the machine, so it is compared with the operations of pidfs in the kernel.
 *
 * @module
 */

import {
  argument,
  binary,
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
import type { Probe } from "../program/mod.ts";
import { countOf, MAPS, THREAD } from "./_kernel_terms.ts";

/** Returns the probes that report releases on kernels with pidfs. */
export function releases(): readonly Probe[] {
  return [fileReleased(), ...inodeEvicted()];
}

function fileReleased(): Probe {
  const file = argument("file");
  const isPidfd = binary(cast("uint64", field(file, "->f_op")), "==", kaddr("pidfs_file_operations"));
  return probe(fentry("__fput"), "The last reference of a pidfd's file goes.", {
    when: isPidfd,
    body: [
      let_("pid", cast("struct pid *", field(file, "->f_inode->i_private"))),
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
