/**
 * Births: clone and clone3 with CLONE_PIDFD, pidfd_open, and whatever else makes a pidfd file.
 *
 * One line carries a whole birth, so that no line depends on another one that could be lost. The count is read
 * where copy_process() returns: the child cannot run yet, so nothing but the hash and the pidfd holds it.
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
  load,
  loadUser,
  lookup,
  probe,
  remove,
  set,
  variable,
  WITNESSES,
} from "../program/mod.ts";
import type { Expr, Probe, Statement } from "../program/mod.ts";
import { letCall } from "./_calls.ts";
import type { CallPlace } from "./_calls.ts";
import { CLONE_PIDFD, countOf, MAPS, PROCESS, THREAD } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import { tellWho } from "./_who.ts";
import type { WhoPlace } from "./_who.ts";
import { counted, track } from "./_witnesses.ts";

/** Where the kernel keeps what a record of a new file tells. */
export interface MadeSites {
  /** Offset in bytes of `pid_links[PIDTYPE_PID]` in `struct task_struct`. */
  readonly pidLinkOffset: number;
  /** Where the number of a task's system call is. */
  readonly callPlace: CallPlace;
  /** Where it stands who a process is; `undefined` when that is not known. */
  readonly who: WhoPlace | undefined;
}

/** What the births probes need to know of the kernel. */
export interface BirthSites extends MadeSites {
  /** Whether processes of the followed command are reported when they start. */
  readonly follow: boolean;
  /** How pidfd files are made. */
  readonly files: PidfdFiles;
  /** Whether it is seen when one is made. */
  readonly madeSeen: boolean;
  /** Whether the kernel tells where the operations of pidfds are. */
  readonly operationsKnown: boolean;
}

const CLONE_ARGS = argument("args");
const ASKED: Expr = binary(
  binary(field(CLONE_ARGS, "->flags"), "&", int(CLONE_PIDFD)),
  "!=",
  int(0),
);
/** clone3 always hands its own array over, clone never does: copy_clone_args_from_user() in kernel/fork.c. */
const IS_CLONE3 = binary(cast("uint64", field(CLONE_ARGS, "->set_tid")), "!=", int(0));
const MADE_FILE = cast("struct file *", variable("file"));
const USER_INTEGER = loadUser("int32", field(CLONE_ARGS, "->pidfd"));

/** The functions of {@linkcode cloneBirths}. */
export const CLONE_FUNCTIONS: readonly string[] = ["copy_process", "kernel_clone", "free_pid"];

/** Returns the probes that report births by clone and clone3, and calls of them that failed. */
export function cloneBirths(sites: BirthSites): readonly Probe[] {
  return [copyProcessEntry(), unhashed(), copyProcessReturn(sites), cloneReturn(sites)];
}

/**
 * Returns the probes that report births by pidfd_open.
 *
 * @param name the system call function, such as `__x64_sys_pidfd_open`
 * @param parameter the name of its parameter, the registers of the call
 * @param sites what is known of the kernel
 */
export function openBirths(name: string, parameter: string, sites: BirthSites): readonly Probe[] {
  const regs = argument(parameter);
  return [
    probe(fentry(name), "A call of pidfd_open begins: remember its thread.", {
      body: [set(MAPS.opening, THREAD, int(1))],
    }),
    probe(fexit(name), "pidfd_open is over and has dropped its own reference: report it.", {
      body: reportOpen(sites, {
        result: builtin("retval"),
        target: field(regs, "->di"),
        openFlags: field(regs, "->si"),
      }),
    }),
  ];
}

/** What {@linkcode fileMade} needs to know. */
export interface Making extends MadeSites {
  /** How pidfd files are made. */
  readonly files: PidfdFiles;
  /** The maps that tell that a thread is in a call which reports its birth itself. */
  readonly calls: readonly string[];
}

/**
 * Returns the probe where a pidfd file is made: it marks its process as tracked, and reports births by other calls.
 *
 * @param maker the function that makes it
 * @param making what is known of the kernel, and of the calls that report births themselves
 */
export function fileMade(maker: string, making: Making): Probe {
  const { files, calls } = making;
  const inCall = calls.map((it): Expr => lookup(it, THREAD))
    .reduce<Expr | undefined>((all, it) => all === undefined ? it : binary(all, "||", it), undefined);
  return files.made(maker, ({ file, pid }) => {
    const report = reportMade(making, { file, pid });
    const remember = set(MAPS.file, THREAD, cast("uint64", file));
    return [
      ...track(cast("uint64", pid)),
      ...(inCall === undefined ? report : [if_(inCall, [remember], report)]),
    ];
  });
}

function copyProcessEntry(): Probe {
  return probe(fentry("copy_process"), "A call with CLONE_PIDFD begins: remember its thread.", {
    when: ASKED,
    body: [counted(WITNESSES.entered), set(MAPS.cloning, THREAD, int(1))],
  });
}

/** The statements that leave the task that `$pid` names in `$task`, 0 when there is none any more. */
export function letTask(pidLinkOffset: number): readonly Statement[] {
  return [
    let_("task", cast("uint64", field(variable("pid"), "->tasks[0].first"))),
    if_(binary(variable("task"), "!=", int(0)), [
      let_("task", binary(variable("task"), "-", int(pidLinkOffset))),
    ]),
  ];
}

const TASK = cast("struct task_struct *", variable("task"));

/** The fields of a record that tell of the process behind `$task`. */
export const TARGET_OF_TASK = {
  nr: field(TASK, "->pid"),
  targetStartNs: field(TASK, "->start_boottime"),
  targetComm: TASK,
} as const;

function reportMade(
  sites: MadeSites,
  made: { readonly file: Expr; readonly pid: Expr },
): readonly Statement[] {
  const file = cast("struct file *", made.file);
  return [
    let_("pid", cast("struct pid *", made.pid)),
    ...letTask(sites.pidLinkOffset),
    ...letCall(sites.callPlace),
    let_("user", cast("uint64", int(0))),
    if_(binary(cast("uint64", field(builtin("curtask"), "->mm")), "!=", int(0)), [
      let_("user", cast("uint64", int(1))),
    ]),
    ...tellWho(sites.who),
    ...emit("made", {
      file: made.file,
      pidAddress: variable("pid"),
      count: countOf(variable("pid")),
      inode: field(file, "->f_inode->i_ino"),
      fileFlags: field(file, "->f_flags"),
      call: variable("call"),
      userSpace: variable("user"),
      ...TARGET_OF_TASK,
    }),
  ];
}

/** The function that made pidfds in the first kernels, and on some later ones those of pidfd_open. */
export const GETFD = "anon_inode_getfd";

/** `"[pidfd]"` and its end, as a little-endian integer. */
const PIDFD_NAME = 0x005d_6466_6469_705bn;

/** Returns the probe where anon_inode_getfd() gives a pidfd; its file is known by its slot. */
export function fdMade(sites: MadeSites): Probe {
  const isPidfd = binary(load("uint64", argument("name")), "==", int(PIDFD_NAME));
  const pid = cast("struct pid *", argument("priv"));
  return probe(fexit(GETFD), "A pidfd was made and installed: follow its struct pid from now on.", {
    when: isPidfd,
    body: [
      ...slotOf(builtin("retval")),
      ...track(cast("uint64", pid)),
      ...reportMade(sites, { file: load("uint64", variable("slot")), pid }),
    ],
  });
}

function unhashed(): Probe {
  const pid = argument("pid");
  return probe(
    fentry("free_pid"),
    "A clone that fails gives its new struct pid up: remember it for the report.",
    {
      when: lookup(MAPS.cloning, THREAD),
      body: [
        set(MAPS.givenUp, THREAD, cast("uint64", pid)),
        set(MAPS.givenUpCount, THREAD, cast("uint64", countOf(pid))),
      ],
    },
  );
}

/** The statements that find the slot of an fd in the caller's table: `$fd` and `$slot`. */
export function slotOf(fd: Expr): readonly Statement[] {
  const table = cast("uint64", field(builtin("curtask"), "->files->fdt->fd"));
  return [
    let_("fd", cast("uint64", cast("uint32", fd))),
    let_("slot", binary(table, "+", binary(variable("fd"), "*", int(8)))),
  ];
}

/**
 * The statements that report a child that was born with a pidfd.
 *
 * @param sites what is known of the kernel
 * @param call the child, what the user's integer holds, and how the call was made
 */
export function reportClone(
  sites: BirthSites,
  call: { readonly child: Expr; readonly integer: Expr; readonly flags: Expr; readonly clone3: Expr },
): readonly Statement[] {
  const { child } = call;
  const childPid = field(child, "->thread_pid");
  const file = sites.madeSeen ? lookup(MAPS.file, THREAD) : load("uint64", variable("slot"));
  return [
    ...slotOf(call.integer),
    let_("file", file),
    ...(sites.madeSeen ? [] : track(cast("uint64", childPid))),
    ...tellWho(sites.who),
    ...emit("clone", {
      child: field(child, "->pid"),
      childStartNs: field(child, "->start_boottime"),
      pidAddress: childPid,
      count: countOf(childPid),
      cloneFlags: call.flags,
      clone3: call.clone3,
      fd: variable("fd"),
      slotFile: load("uint64", variable("slot")),
      file: variable("file"),
      inode: field(MADE_FILE, "->f_inode->i_ino"),
      fileFlags: field(MADE_FILE, "->f_flags"),
    }),
  ];
}

function copyProcessReturn(sites: BirthSites): Probe {
  const { follow } = sites;
  const child = builtin("retval");
  const succeeded = binary(field(child, "->pid"), "!=", int(0));
  const call = { child, integer: USER_INTEGER, flags: field(CLONE_ARGS, "->flags"), clone3: IS_CLONE3 };
  const birth = [
    counted(WITNESSES.returned),
    if_(succeeded, [counted(WITNESSES.born), ...reportClone(sites, call)]),
  ];
  return probe(fexit("copy_process"), "The child exists and cannot run yet: report the birth.", {
    ...(follow ? {} : { when: ASKED }),
    body: follow ? [...followedFork(child), if_(ASKED, birth)] : birth,
  });
}

/**
 * The statements that follow a fork of a process in the tree.
 *
 * @param child the new `struct task_struct *`, or what reads as one without a process
 */
export function followedFork(child: Expr): readonly Statement[] {
  const group = field(child, "->tgid");
  const newProcess = binary(
    binary(group, "!=", int(0)),
    "&&",
    binary(cast("uint64", group), "!=", PROCESS),
  );
  return [
    if_(binary(lookup(MAPS.tree, PROCESS), "&&", newProcess), [
      set(MAPS.tree, cast("uint64", group), int(1)),
      ...emit("fork", { child: group, childStartNs: field(child, "->start_boottime") }),
    ]),
  ];
}

function cloneReturn({ madeSeen, who }: BirthSites): Probe {
  const report = [
    ...tellWho(who),
    ...emit("failed", {
      result: builtin("retval"),
      cloneFlags: field(CLONE_ARGS, "->flags"),
      clone3: IS_CLONE3,
      integer: USER_INTEGER,
      entered: lookup(MAPS.cloning, THREAD),
      pidAddress: lookup(MAPS.givenUp, THREAD),
      count: lookup(MAPS.givenUpCount, THREAD),
      file: madeSeen ? lookup(MAPS.file, THREAD) : int(0),
    }),
  ];
  return probe(fexit("kernel_clone"), "The whole call is over: report a failure, forget the thread.", {
    when: ASKED,
    body: [
      if_(binary(builtin("retval"), "<", int(0)), report),
      remove(MAPS.cloning, THREAD),
      ...(madeSeen ? [remove(MAPS.file, THREAD)] : []),
      remove(MAPS.givenUp, THREAD),
      remove(MAPS.givenUpCount, THREAD),
    ],
  });
}

/**
 * The statements that report a pidfd_open that is over, and forget the thread.
 *
 * The file that was seen being made is the one; where none was seen, what stands in the slot is, if it is a pidfd.
 *
 * @param sites what is known of the kernel
 * @param call what it returned, and its arguments
 */
export function reportOpen(
  sites: BirthSites,
  call: { readonly result: Expr; readonly target: Expr; readonly openFlags: Expr },
): readonly Statement[] {
  const { files, madeSeen, operationsKnown } = sites;
  const inSlot = cast("struct file *", load("uint64", variable("slot")));
  const isPidfd = binary(cast("uint64", field(inSlot, "->f_op")), "==", kaddr(files.operations));
  const opened = binary(cast("int32", call.result), ">", int(-1));
  const unseen = madeSeen ? binary(opened, "&&", binary(variable("file"), "==", int(0))) : opened;
  const pidOfFile = files.pidOf(MADE_FILE);
  return [
    ...slotOf(call.result),
    let_("file", madeSeen ? lookup(MAPS.file, THREAD) : cast("uint64", int(0))),
    ...(operationsKnown
      ? [if_(binary(unseen, "&&", isPidfd), [
        let_("file", load("uint64", variable("slot"))),
        ...track(cast("uint64", pidOfFile)),
      ])]
      : []),
    let_("pid", pidOfFile),
    ...letTask(sites.pidLinkOffset),
    ...tellWho(sites.who),
    ...emit("open", {
      target: call.target,
      openFlags: call.openFlags,
      result: call.result,
      file: variable("file"),
      slotFile: load("uint64", variable("slot")),
      pidAddress: variable("pid"),
      count: countOf(variable("pid")),
      inode: field(MADE_FILE, "->f_inode->i_ino"),
      fileFlags: field(MADE_FILE, "->f_flags"),
      ...TARGET_OF_TASK,
    }),
    remove(MAPS.opening, THREAD),
    ...(madeSeen ? [remove(MAPS.file, THREAD)] : []),
  ];
}
