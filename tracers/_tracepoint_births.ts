/**
 * Births where no function can be watched: tracepoints tell of them, and fire whatever the switches of the kernel are.
 *
 * `task:task_newtask` fires inside copy_process() when nothing can fail any more, so the count is as exact there as at
 * its return. Where the user's integer is must be remembered from the begin of the call.
 *
 * @module
 */

import {
  argument,
  binary,
  builtin,
  cast,
  if_,
  int,
  loadUser,
  lookup,
  probe,
  rawtracepoint,
  remove,
  set,
  tracepoint,
} from "../program/mod.ts";
import type { Probe } from "../program/mod.ts";
import { followedFork, reportClone, reportOpen } from "./_births.ts";
import type { BirthSites } from "./_births.ts";
import { CLONE_PIDFD, MAPS, THREAD } from "./_kernel_terms.ts";

/** The tracepoints of {@linkcode tracedClones}. */
export const CLONE_TRACEPOINTS: readonly string[] = [
  "syscalls:sys_enter_clone",
  "syscalls:sys_enter_clone3",
  "syscalls:sys_exit_clone",
  "syscalls:sys_exit_clone3",
  "task:task_newtask",
];

/** The tracepoints of {@linkcode tracedOpens}. */
export const OPEN_TRACEPOINTS: readonly string[] = [
  "syscalls:sys_enter_pidfd_open",
  "syscalls:sys_exit_pidfd_open",
];

/** Offset in bytes of `pidfd` in `struct clone_args`, include/uapi/linux/sched.h. */
const PIDFD_IN_CLONE_ARGS = 8;

/** Values of `@cloning`: how the call was made. */
const [BY_CLONE, BY_CLONE3] = [1, 2];

/** Returns the probes that report births by clone and clone3. */
export function tracedClones(sites: BirthSites): readonly Probe[] {
  return [
    callBegins("clone"),
    callBegins("clone3"),
    newTask(sites),
    callEnds("clone", sites.madeSeen),
    callEnds("clone3", sites.madeSeen),
  ];
}

function callBegins(call: "clone" | "clone3"): Probe {
  const uargs = cast("uint64", argument("uargs"));
  const [flags, integer, how] = call === "clone"
    ? [argument("clone_flags"), cast("uint64", argument("parent_tidptr")), BY_CLONE]
    : [
      loadUser("uint64", uargs),
      loadUser("uint64", binary(uargs, "+", int(PIDFD_IN_CLONE_ARGS))),
      BY_CLONE3,
    ];
  const asked = binary(binary(cast("uint64", flags), "&", int(CLONE_PIDFD)), "!=", int(0));
  return probe(
    tracepoint("syscalls", `sys_enter_${call}`),
    `A call of ${call} with CLONE_PIDFD begins: remember where the fd will stand.`,
    { when: asked, body: [set(MAPS.integer, THREAD, integer), set(MAPS.cloning, THREAD, int(how))] },
  );
}

function newTask(sites: BirthSites): Probe {
  const child = cast("struct task_struct *", builtin("arg0"));
  const flags = builtin("arg1");
  const asked = binary(binary(flags, "&", int(CLONE_PIDFD)), "!=", int(0));
  const call = {
    child,
    integer: loadUser("int32", lookup(MAPS.integer, THREAD)),
    flags,
    clone3: binary(lookup(MAPS.cloning, THREAD), "==", int(BY_CLONE3)),
  };
  const birth = reportClone(sites, call);
  return probe(rawtracepoint("task_newtask"), "The child exists and cannot run yet: report the birth.", {
    ...(sites.follow ? {} : { when: asked }),
    body: sites.follow ? [...followedFork(child), if_(asked, birth)] : birth,
  });
}

function callEnds(call: "clone" | "clone3", madeSeen: boolean): Probe {
  const maps = [MAPS.integer, MAPS.cloning, ...(madeSeen ? [MAPS.file] : [])];
  return probe(tracepoint("syscalls", `sys_exit_${call}`), "The call is over: forget the thread.", {
    when: lookup(MAPS.cloning, THREAD),
    body: maps.map((it) => remove(it, THREAD)),
  });
}

/** Returns the probes that report births by pidfd_open. */
export function tracedOpens(sites: BirthSites): readonly Probe[] {
  return [
    probe(
      tracepoint("syscalls", "sys_enter_pidfd_open"),
      "A call of pidfd_open begins: keep its arguments.",
      {
        body: [
          set(MAPS.opening, THREAD, int(1)),
          set(MAPS.asked, THREAD, cast("uint64", argument("pid"))),
          set(MAPS.askedFlags, THREAD, cast("uint64", argument("flags"))),
        ],
      },
    ),
    probe(tracepoint("syscalls", "sys_exit_pidfd_open"), "pidfd_open is over: report it.", {
      body: [
        ...reportOpen(sites, {
          result: argument("ret"),
          target: lookup(MAPS.asked, THREAD),
          openFlags: lookup(MAPS.askedFlags, THREAD),
        }),
        remove(MAPS.asked, THREAD),
        remove(MAPS.askedFlags, THREAD),
      ],
    }),
  ];
}
