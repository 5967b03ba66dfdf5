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
  let_,
  load,
  loadUser,
  lookup,
  probe,
  remove,
  set,
  variable,
} from "../program/mod.ts";
import type { Expr, Probe, Statement } from "../program/mod.ts";
import { CLONE_PIDFD, countOf, MAPS, PROCESS, THREAD } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";

/** What the births probes need to know of the kernel. */
export interface BirthSites {
  /** The system call function of pidfd_open, such as `__x64_sys_pidfd_open`. */
  readonly pidfdOpen: string;
  /** Name of its parameter, the registers of the call. */
  readonly pidfdOpenParameter: string;
  /** Offset in bytes of `pid_links[PIDTYPE_TGID]` in `struct task_struct`. */
  readonly tgidLinkOffset: number;
  /** Whether processes of the followed command are reported when they start. */
  readonly follow: boolean;
  /** How pidfd files are made. */
  readonly files: PidfdFiles;
}

const CLONE_ARGS = argument("args");
const ASKED: Expr = binary(
  binary(field(CLONE_ARGS, "->flags"), "&", int(CLONE_PIDFD)),
  "!=",
  int(0),
);
/** clone3 always hands its own array over, clone never does: copy_clone_args_from_user() in kernel/fork.c. */
const IS_CLONE3 = binary(cast("uint64", field(CLONE_ARGS, "->set_tid")), "!=", int(0));
const USER_INTEGER = loadUser("int32", field(CLONE_ARGS, "->pidfd"));
const MADE_FILE = cast("struct file *", lookup(MAPS.file, THREAD));

/** Returns the probes that report births. */
export function births(sites: BirthSites): readonly Probe[] {
  return [
    copyProcessEntry(),
    pidfdOpenEntry(sites.pidfdOpen),
    fileMade(sites.files),
    unhashed(),
    copyProcessReturn(sites.follow),
    cloneReturn(),
    pidfdOpenReturn(sites),
  ];
}

function copyProcessEntry(): Probe {
  return probe(fentry("copy_process"), "A call with CLONE_PIDFD begins: remember its thread.", {
    when: ASKED,
    body: [set(MAPS.cloning, THREAD, int(1))],
  });
}

function fileMade(files: PidfdFiles): Probe {
  const inCall = binary(lookup(MAPS.cloning, THREAD), "||", lookup(MAPS.opening, THREAD));
  return files.made(({ file, pid }) => {
    const made = cast("struct file *", file);
    return [
      set(MAPS.tracked, cast("uint64", pid), int(1)),
      if_(inCall, [set(MAPS.file, THREAD, cast("uint64", file))], [
        ...emit("made", {
          file,
          pidAddress: pid,
          count: countOf(pid),
          inode: field(made, "->f_inode->i_ino"),
          fileFlags: field(made, "->f_flags"),
        }),
      ]),
    ];
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

function slotFile(fd: Expr): readonly Statement[] {
  const table = cast("uint64", field(builtin("curtask"), "->files->fdt->fd"));
  return [
    let_("fd", cast("uint64", cast("uint32", fd))),
    let_("slot", binary(table, "+", binary(variable("fd"), "*", int(8)))),
  ];
}

function copyProcessReturn(follow: boolean): Probe {
  const child = builtin("retval");
  const childPid = field(child, "->thread_pid");
  const report = emit("clone", {
    child: field(child, "->pid"),
    childStartNs: field(child, "->start_boottime"),
    pidAddress: childPid,
    count: countOf(childPid),
    cloneFlags: field(CLONE_ARGS, "->flags"),
    clone3: IS_CLONE3,
    fd: variable("fd"),
    slotFile: load("uint64", variable("slot")),
    file: lookup(MAPS.file, THREAD),
    inode: field(MADE_FILE, "->f_inode->i_ino"),
    fileFlags: field(MADE_FILE, "->f_flags"),
  });
  const succeeded = binary(field(child, "->pid"), "!=", int(0));
  const birth = if_(binary(ASKED, "&&", succeeded), [...slotFile(USER_INTEGER), ...report]);
  return probe(fexit("copy_process"), "The child exists and cannot run yet: report the birth.", {
    ...(follow ? {} : { when: ASKED }),
    body: follow ? [...followedFork(child), birth] : [birth],
  });
}

function followedFork(child: Expr): readonly Statement[] {
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

function cloneReturn(): Probe {
  const report = emit("failed", {
    result: builtin("retval"),
    cloneFlags: field(CLONE_ARGS, "->flags"),
    clone3: IS_CLONE3,
    integer: USER_INTEGER,
    entered: lookup(MAPS.cloning, THREAD),
    pidAddress: lookup(MAPS.givenUp, THREAD),
    count: lookup(MAPS.givenUpCount, THREAD),
    file: lookup(MAPS.file, THREAD),
  });
  return probe(fexit("kernel_clone"), "The whole call is over: report a failure, forget the thread.", {
    when: ASKED,
    body: [
      if_(binary(builtin("retval"), "<", int(0)), report),
      remove(MAPS.cloning, THREAD),
      remove(MAPS.file, THREAD),
      remove(MAPS.givenUp, THREAD),
      remove(MAPS.givenUpCount, THREAD),
    ],
  });
}

function pidfdOpenEntry(name: string): Probe {
  return probe(fentry(name), "A call of pidfd_open begins: remember its thread.", {
    body: [set(MAPS.opening, THREAD, int(1))],
  });
}

function pidfdOpenReturn(sites: BirthSites): Probe {
  const regs = argument(sites.pidfdOpenParameter);
  const task = cast("struct task_struct *", variable("task"));
  const report = emit("open", {
    target: field(regs, "->di"),
    openFlags: field(regs, "->si"),
    result: builtin("retval"),
    file: lookup(MAPS.file, THREAD),
    slotFile: load("uint64", variable("slot")),
    pidAddress: variable("pid"),
    count: countOf(variable("pid")),
    inode: field(MADE_FILE, "->f_inode->i_ino"),
    fileFlags: field(MADE_FILE, "->f_flags"),
    nr: field(task, "->tgid"),
    targetStartNs: field(task, "->start_boottime"),
    targetComm: task,
  });
  return probe(fexit(sites.pidfdOpen), "pidfd_open is over and has dropped its own reference: report it.", {
    body: [
      ...slotFile(builtin("retval")),
      let_("pid", sites.files.pidOf(MADE_FILE)),
      let_("task", cast("uint64", field(variable("pid"), "->tasks[1].first"))),
      if_(binary(variable("task"), "!=", int(0)), [
        let_("task", binary(variable("task"), "-", int(sites.tgidLinkOffset))),
      ]),
      ...report,
      remove(MAPS.opening, THREAD),
      remove(MAPS.file, THREAD),
    ],
  });
}
