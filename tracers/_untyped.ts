/**
 * A plan without BTF: kprobes and tracepoints, and no struct is read but where its layout is the same everywhere.
 *
 * What is assumed, and where it comes from:
 *
 * - `count` is the first member of `struct pid` (BTF of Debian's kernels 5.10 to 7.3; the seed's patch).
 * - `struct kernel_clone_args` begins with `flags` and `pidfd` (source of 5.10 to 7.3).
 * - Without clone3, copy_process() takes its arguments one by one: the flags first and `parent_tidptr` fourth (source
 *   of the seed's kernel). Such a kernel was never traced.
 *
 * A file's `struct pid` is remembered from where the file was made, so nothing of `struct file` is read.
 *
 * @module
 */

import {
  binary,
  builtin,
  cast,
  emit,
  exit,
  if_,
  int,
  kprobe,
  kretprobe,
  let_,
  load,
  loadUser,
  lookup,
  positional,
  probe,
  remove,
  set,
  variable,
} from "../program/mod.ts";
import type { Expr, Probe, Statement } from "../program/mod.ts";
import { CLONE_PIDFD, MAPS as TYPED_MAPS, PROCESS, THREAD } from "./_kernel_terms.ts";

/** How copy_process() gets its arguments. */
export type CloneArguments = "struct" | "one by one";

/** What a plan without types is made for. */
export interface UntypedSites {
  /** See {@linkcode CloneArguments}. */
  readonly cloneArguments: CloneArguments;
  /** kernel_clone(), or _do_fork() of older kernels. */
  readonly cloneFunction: string;
  /** Whether the command is followed. */
  readonly follow: boolean;
}

/**
 * The maps of the program; beside those of every other:
 *
 * - `new_pid`, `made`: thread → `struct pid *` of its new child, and of the file that it makes.
 * - `pid_of`: `struct file *` → its `struct pid *`.
 * - `going_file`: thread → `struct file *` whose reference pidfd_release() drops.
 * - `open_flags`: thread → flags of its pidfd_open.
 */
const MAPS = {
  ...TYPED_MAPS,
  openFlags: "open_flags",
  newPid: "new_pid",
  made: "made",
  pidOf: "pid_of",
  goingFile: "going_file",
} as const;

/** The name of a pidfd's file and its end, as a little-endian integer. */
const PIDFD_NAME = 0x005d_6466_6469_705bn;
/** Offset in bytes of `pidfd` in `struct kernel_clone_args`. */
const PIDFD_OFFSET = 8;
/** Offsets in bytes of `di` and `si` in `struct pt_regs` of x86-64, arch/x86/include/asm/ptrace.h. */
const [DI_OFFSET, SI_OFFSET] = [112, 104];
/** What `clone3` says when it cannot be told. */
const UNKNOWN_CALL = int(2);
const NONE = int(0);

function countAt(pid: Expr): Expr {
  return load("int32", cast("uint64", pid));
}

/** Returns the probes that report births by clone and clone3, and calls of them that failed. */
export function untypedClones({ cloneArguments, cloneFunction, follow }: UntypedSites): readonly Probe[] {
  const isStruct = cloneArguments === "struct";
  const flags = isStruct ? load("uint64", builtin("arg3")) : builtin("arg0");
  const integer = isStruct
    ? load("uint64", binary(builtin("arg3"), "+", int(PIDFD_OFFSET)))
    : builtin("arg3");
  const asked = binary(binary(flags, "&", int(CLONE_PIDFD)), "!=", NONE);
  const inCall = lookup(MAPS.cloning, THREAD);
  const isMember = binary(lookup(MAPS.tree, PROCESS), "&&", binary(variable("child"), ">", NONE));
  const maps = [MAPS.cloning, MAPS.integer, MAPS.askedFlags, MAPS.file, MAPS.newPid, MAPS.givenUpCount];
  return [
    probe(kprobe("copy_process"), "A call with CLONE_PIDFD begins: remember where the fd will stand.", {
      when: asked,
      body: [
        set(MAPS.cloning, THREAD, int(1)),
        set(MAPS.integer, THREAD, integer),
        set(MAPS.askedFlags, THREAD, flags),
      ],
    }),
    probe(kretprobe("alloc_pid"), "The child's struct pid.", {
      when: inCall,
      body: [set(MAPS.newPid, THREAD, cast("uint64", builtin("retval")))],
    }),
    probe(kretprobe("copy_process"), "The child exists and cannot run yet: keep its count.", {
      when: binary(inCall, "&&", lookup(MAPS.newPid, THREAD)),
      body: [set(MAPS.givenUpCount, THREAD, cast("uint64", countAt(lookup(MAPS.newPid, THREAD))))],
    }),
    probe(kretprobe(cloneFunction), "The whole call is over: report the birth or the failure.", {
      ...(follow ? {} : { when: inCall }),
      body: [
        let_("child", cast("int32", builtin("retval"))),
        ...(follow ? [if_(isMember, followed())] : []),
        if_(inCall, [if_(binary(variable("child"), ">", NONE), clone(), failed())]),
        ...maps.map((it) => remove(it, THREAD)),
      ],
    }),
  ];
}

function followed(): readonly Statement[] {
  const child = variable("child");
  return [set(MAPS.tree, cast("uint64", child), int(1)), ...emit("fork", { child, childStartNs: NONE })];
}

function clone(): readonly Statement[] {
  const file = lookup(MAPS.file, THREAD);
  return emit("clone", {
    child: variable("child"),
    childStartNs: NONE,
    pidAddress: lookup(MAPS.newPid, THREAD),
    count: lookup(MAPS.givenUpCount, THREAD),
    cloneFlags: lookup(MAPS.askedFlags, THREAD),
    clone3: UNKNOWN_CALL,
    fd: loadUser("int32", lookup(MAPS.integer, THREAD)),
    slotFile: file,
    file,
    inode: NONE,
    fileFlags: NONE,
  });
}

function failed(): readonly Statement[] {
  return emit("failed", {
    result: variable("child"),
    cloneFlags: lookup(MAPS.askedFlags, THREAD),
    clone3: UNKNOWN_CALL,
    integer: loadUser("int32", lookup(MAPS.integer, THREAD)),
    entered: lookup(MAPS.cloning, THREAD),
    pidAddress: NONE,
    count: NONE,
    file: lookup(MAPS.file, THREAD),
  });
}

/**
 * Returns the probes where a pidfd file is made.
 *
 * @param maker the function that makes it
 * @param pidArgument the place of the `struct pid *` among its arguments
 * @param calls the maps that tell that a thread is in a call which reports its birth itself
 */
export function untypedMaker(maker: string, pidArgument: number, calls: readonly string[]): readonly Probe[] {
  const isNamed = binary(load("uint64", builtin("arg0")), "==", int(PIDFD_NAME));
  const pid = lookup(MAPS.made, THREAD);
  const file = builtin("retval");
  const inCall = calls.map((it): Expr => lookup(it, THREAD)).reduce((all, it) => binary(all, "||", it), NONE);
  const report = emit("made", {
    file,
    pidAddress: pid,
    count: countAt(pid),
    inode: NONE,
    fileFlags: NONE,
    call: int(-1),
    userSpace: int(1),
    nr: NONE,
    targetStartNs: NONE,
    targetComm: NONE,
  });
  return [
    probe(kprobe(maker), "A pidfd file is about to be made: keep its struct pid.", {
      // Functions that make other files too have the name first.
      ...(pidArgument === 0 ? {} : { when: isNamed }),
      body: [set(MAPS.made, THREAD, builtin(`arg${pidArgument}`))],
    }),
    probe(kretprobe(maker), "A pidfd file was made: remember its struct pid by it.", {
      when: pid,
      body: [
        set(MAPS.pidOf, cast("uint64", file), pid),
        if_(inCall, [set(MAPS.file, THREAD, cast("uint64", file))], report),
        remove(MAPS.made, THREAD),
      ],
    }),
  ];
}

/**
 * Returns the probes that report births by pidfd_open; the target is its number as the caller counts.
 *
 * Tracepoints would tell the arguments by name, but bpftrace needs the kernel's headers for that where there is no BTF.
 *
 * @param name the system call function, such as `__x64_sys_pidfd_open`
 */
export function untypedOpens(name: string): readonly Probe[] {
  const file = lookup(MAPS.file, THREAD);
  const pid = lookup(MAPS.pidOf, file);
  const register = (offset: number) => load("uint64", binary(builtin("arg0"), "+", int(offset)));
  const maps = [MAPS.opening, MAPS.asked, MAPS.openFlags, MAPS.file];
  return [
    probe(kprobe(name), "A call of pidfd_open begins: keep its arguments.", {
      body: [
        set(MAPS.opening, THREAD, int(1)),
        set(MAPS.asked, THREAD, register(DI_OFFSET)),
        set(MAPS.openFlags, THREAD, register(SI_OFFSET)),
      ],
    }),
    probe(kretprobe(name), "pidfd_open is over: report it.", {
      when: lookup(MAPS.opening, THREAD),
      body: [
        ...emit("open", {
          target: lookup(MAPS.asked, THREAD),
          openFlags: lookup(MAPS.openFlags, THREAD),
          result: builtin("retval"),
          file,
          slotFile: file,
          pidAddress: pid,
          count: countAt(pid),
          inode: NONE,
          fileFlags: NONE,
          nr: NONE,
          targetStartNs: NONE,
          targetComm: NONE,
        }),
        ...maps.map((it) => remove(it, THREAD)),
      ],
    }),
  ];
}

/** Returns the probes where a pidfd's file goes, on kernels where each file holds a reference. */
export function untypedDrops(): readonly Probe[] {
  const given = builtin("arg1");
  const pid = lookup(MAPS.letGo, THREAD);
  const file = lookup(MAPS.goingFile, THREAD);
  return [
    probe(kprobe("pidfd_release"), "The last reference of a pidfd's file goes.", {
      when: lookup(MAPS.pidOf, given),
      body: [
        set(MAPS.letGo, THREAD, lookup(MAPS.pidOf, given)),
        set(MAPS.goingFile, THREAD, given),
        set(MAPS.before, THREAD, cast("uint64", countAt(pid))),
        ...emit("release", { file: given, pidAddress: pid, count: countAt(pid), inode: NONE }),
        remove(MAPS.pidOf, given),
      ],
    }),
    probe(kretprobe("pidfd_release"), "The file's reference is dropped: report the count before and after.", {
      when: pid,
      body: [
        ...emit("drop", {
          file,
          pidAddress: pid,
          inode: NONE,
          before: lookup(MAPS.before, THREAD),
          after: countAt(pid),
        }),
        ...[MAPS.letGo, MAPS.goingFile, MAPS.before].map((it) => remove(it, THREAD)),
      ],
    }),
  ];
}

/** Returns the probes where a pidfd's file goes, and the inode with the last one, on kernels with pidfs. */
export function untypedEvictions(): readonly Probe[] {
  const given = builtin("arg0");
  const pid = lookup(MAPS.letGo, THREAD);
  return [
    probe(kprobe("__fput"), "The last reference of a pidfd's file goes.", {
      when: lookup(MAPS.pidOf, given),
      body: [
        set(MAPS.letGo, THREAD, lookup(MAPS.pidOf, given)),
        ...emit("release", { file: given, pidAddress: pid, count: countAt(pid), inode: NONE }),
        remove(MAPS.pidOf, given),
      ],
    }),
    probe(kprobe("pidfs_evict_inode"), "The inode of the file that goes drops the reference.", {
      when: pid,
      body: [set(MAPS.before, THREAD, cast("uint64", countAt(pid)))],
    }),
    probe(kretprobe("pidfs_evict_inode"), "The reference is dropped: report the count before and after.", {
      when: pid,
      body: [
        ...emit("evict", {
          pidAddress: pid,
          inode: NONE,
          before: lookup(MAPS.before, THREAD),
          after: countAt(pid),
        }),
        ...[MAPS.letGo, MAPS.before].map((it) => remove(it, THREAD)),
      ],
    }),
  ];
}

/** Returns the probes that follow the command, and end the program when the guard has gone. */
export function untypedEndings(follow: boolean): readonly Probe[] {
  const isLeader = binary(PROCESS, "==", THREAD);
  const gone = if_(binary(PROCESS, "==", cast("uint64", positional(2))), [exit()]);
  return [
    probe(kprobe("do_exit"), "When the guard has gone ($2), so has this.", {
      body: [...(follow ? [if_(isLeader, [remove(MAPS.tree, PROCESS)])] : []), gone],
    }),
  ];
}
