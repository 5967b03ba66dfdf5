/**
 * Pidfds as anonymous inodes: each file holds a reference of its own, and its `private_data` is the `struct pid`.
 *
 * `anon_inode_getfile` makes other files too, so it is compared with the operations of pidfds in the kernel. Where the
 * kernel has `__anon_inode_getfile`, that is what all makers of such files call, `anon_inode_getfd` of 5.11 to 6.2
 * among them.
 * `pidfd_release` runs for pidfds alone. It empties `private_data`, so its entry leaves the pointer for its return. A tree
 * can have given it another name: `__fput`, which calls it, sees every file that is closed.
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

const OPERATIONS = "pidfd_fops";

/** Pidfds of kernels before pidfs. */
export const ANONYMOUS_FILES: PidfdFiles = {
  law: "per-file",
  name: "anonymous inodes",
  makers: ["__anon_inode_getfile", "anon_inode_getfile"],
  operations: OPERATIONS,
  cannotSee: [
    "the count at births by SO_PEERPIDFD, SCM_PIDFD, fanotify and coredumps is not seen, where the kernel has them",
  ],
  cannotSeeWithoutSlots: [
    "the fd number of pidfds by SO_PEERPIDFD, SCM_PIDFD, fanotify and coredumps is not seen",
  ],
  pidOf,
  made: (maker, body) =>
    probe(fexit(maker), "A pidfd file was made: follow its struct pid from now on.", {
      when: binary(cast("uint64", argument("fops")), "==", kaddr(OPERATIONS)),
      body: body({ file: builtin("retval"), pid: cast("struct pid *", argument("priv")) }),
    }),
  releases: [
    {
      functions: ["pidfd_release"],
      symbols: [],
      probes: () => [releaseBegins("pidfd_release"), releaseEnds("pidfd_release")],
    },
    // Somebody has given it another name: everything that is closed passes here.
    {
      functions: ["__fput"],
      symbols: [OPERATIONS],
      probes: () => [releaseBegins("__fput"), releaseEnds("__fput")],
    },
  ],
};

function pidOf(file: Expr): Expr {
  return cast("struct pid *", field(file, "->private_data"));
}

/** Where the last reference of a file goes. */
type Release = "pidfd_release" | "__fput";

function releaseBegins(name: Release): Probe {
  const file = argument("file");
  const pid = cast("uint64", variable("pid"));
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
      set(MAPS.letGo, THREAD, pid),
      set(MAPS.before, THREAD, cast("uint64", variable("count"))),
      if_(binary(variable("count"), "==", int(1)), [remove(MAPS.tracked, pid)]),
    ],
  });
}

function releaseEnds(name: Release): Probe {
  const file = argument("file");
  const isOurs = binary(lookup(MAPS.letGo, THREAD), "!=", int(0));
  return probe(
    fexit(name),
    "The file's reference is dropped: report the count before and after.",
    {
      ...(name === "__fput" ? { when: isOurs } : {}),
      body: [
        let_("pid", cast("struct pid *", lookup(MAPS.letGo, THREAD))),
        ...emit("drop", {
          file,
          pidAddress: variable("pid"),
          // At the end of __fput() the file is another's memory.
          inode: name === "__fput" ? int(0) : field(file, "->f_inode->i_ino"),
          before: lookup(MAPS.before, THREAD),
          after: countOf(variable("pid")),
        }),
        remove(MAPS.letGo, THREAD),
        remove(MAPS.before, THREAD),
      ],
    },
  );
}
