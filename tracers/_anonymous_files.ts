/**
 * Pidfds as anonymous inodes: each file holds a reference of its own, and its `private_data` is the `struct pid`.
 *
 * `anon_inode_getfile` makes other files too, so it is compared with the operations of pidfds in the kernel. Where the
 * kernel has `__anon_inode_getfile`, that is what all makers of such files call, `anon_inode_getfd` of 5.11 to 6.2
 * among them.
 * `pidfd_release` runs for pidfds alone. It empties `private_data`, so its entry leaves the pointer for its return.
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

/** Pidfds of kernels before pidfs. */
export const ANONYMOUS_FILES: PidfdFiles = {
  law: "per-file",
  name: "anonymous inodes",
  makers: ["__anon_inode_getfile", "anon_inode_getfile"],
  operations: "pidfd_fops",
  cannotSee: [
    "the count at births by SO_PEERPIDFD, SCM_PIDFD, fanotify and coredumps is not seen, where the kernel has them",
  ],
  cannotSeeWithoutSlots: [
    "the fd number of pidfds by SO_PEERPIDFD, SCM_PIDFD, fanotify and coredumps is not seen",
  ],
  pidOf,
  made: (maker, body) =>
    probe(fexit(maker), "A pidfd file was made: follow its struct pid from now on.", {
      when: binary(cast("uint64", argument("fops")), "==", kaddr("pidfd_fops")),
      body: body({ file: builtin("retval"), pid: cast("struct pid *", argument("priv")) }),
    }),
  releases: [{ functions: ["pidfd_release"], symbols: [], probes: () => [releaseBegins(), releaseEnds()] }],
};

function pidOf(file: Expr): Expr {
  return cast("struct pid *", field(file, "->private_data"));
}

function releaseBegins(): Probe {
  const file = argument("file");
  const pid = cast("uint64", variable("pid"));
  return probe(fentry("pidfd_release"), "The last reference of a pidfd's file goes.", {
    body: [
      let_("pid", pidOf(file)),
      ...emit("release", {
        file,
        pidAddress: variable("pid"),
        count: countOf(variable("pid")),
        inode: field(file, "->f_inode->i_ino"),
      }),
      set(MAPS.letGo, THREAD, pid),
      set(MAPS.before, THREAD, cast("uint64", variable("count"))),
      if_(binary(variable("count"), "==", int(1)), [remove(MAPS.tracked, pid)]),
    ],
  });
}

function releaseEnds(): Probe {
  const file = argument("file");
  return probe(
    fexit("pidfd_release"),
    "The file's reference is dropped: report the count before and after.",
    {
      body: [
        let_("pid", cast("struct pid *", lookup(MAPS.letGo, THREAD))),
        ...emit("drop", {
          file,
          pidAddress: variable("pid"),
          inode: field(file, "->f_inode->i_ino"),
          before: lookup(MAPS.before, THREAD),
          after: countOf(variable("pid")),
        }),
        remove(MAPS.letGo, THREAD),
        remove(MAPS.before, THREAD),
      ],
    },
  );
}
