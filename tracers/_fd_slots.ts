/**
 * The slots of fd tables: which of them hold a pidfd's file, and which processes have which table.
 *
 * A slot is filled by `fd_install` or, in place of another file, by `do_dup2`, which runs with the table locked. It is
 * emptied by `file_close_fd_locked`, before Linux 6.9 `pick_file`, locked too, and for exit and exec by `filp_close`,
 * where only the file is told. A table is copied by `dup_fd`, and let go of by `exit_files` and, in exec and unshare,
 * `put_files_struct`; that the former calls the latter cannot be seen on some kernels, where it is inlined (6.18, 7.2).
 *
 * Overhead: one comparison of the file's operations wherever a file gets a number and loses it, and one look into a map
 * for each copy of an fd table and each task that exits. What is printed concerns pidfds alone.
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
  lookup,
  probe,
  remove,
  set,
  variable,
} from "../program/mod.ts";
import type { Expr, Probe, Statement } from "../program/mod.ts";
import { letTask, TARGET_OF_TASK } from "./_births.ts";
import type { MadeSites } from "./_births.ts";
import { letCall } from "./_calls.ts";
import { CLONE_FILES, CLONE_THREAD, countOf, MAPS, O_CLOEXEC, THREAD } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import { tellStack } from "./_stacks.ts";
import { tellWho } from "./_who.ts";
import type { WhoPlace } from "./_who.ts";

/** What the probes of slots need to know of the kernel. */
export interface SlotSites extends MadeSites {
  /** How pidfd files are made. */
  readonly files: PidfdFiles;
  /** Whether the file that a thread's present call made is remembered. */
  readonly madeSeen: boolean;
  /** Where a file's references are counted: `f_ref` holds one less than there are. */
  readonly counter: "f_count" | "f_ref";
  /** Whether it is kept that a number was closed, to know when it is closed again. */
  readonly closesKept: boolean;
  /** Whether the user stack is told. */
  readonly stacksTold: boolean;
}

/** System call function of close_range. Its arguments are read from the registers of x86-64. */
export const CLOSE_RANGE = "__x64_sys_close_range";

/** The fd table of the present task, a `struct files_struct *`. */
export const OWN_TABLE = field(builtin("curtask"), "->files");
const TABLE = cast("uint64", variable("table"));

/** Where a slot is filled. */
export function slotsFilled(sites: SlotSites): readonly Probe[] {
  return [installed(sites), duplicated(sites)];
}

/**
 * Where an fd table is copied, handed on, and let go of.
 *
 * @param hole the name of dup_fd()'s second parameter: `punch_hole`, or `max_fds` of older kernels
 * @param who where it stands who a process is
 */
export function tablesShared(
  hole: "punch_hole" | "max_fds",
  who: WhoPlace | undefined,
): readonly Probe[] {
  return [tableCopied(hole), tableInherited(who), tableOfExit(), tableLeft()];
}

/** Where a file is taken by its number for a message. */
export function fileSent(sites: SlotSites): Probe {
  const file = builtin("retval");
  return probe(fexit("fget_raw"), "A pidfd's file is taken by its number, for a message.", {
    when: isPidfd(sites, file),
    body: [
      ...letCall(sites.callPlace),
      ...emit("send", {
        table: OWN_TABLE,
        fd: argument("fd"),
        file,
        references: referencesOf(sites, file),
        call: variable("call"),
      }),
    ],
  });
}

/** Where it is changed which slots exec closes. */
export function slotMarked(): Probe {
  return probe(fentry("set_close_on_exec"), "Whether exec closes a slot is changed.", {
    when: lookup(MAPS.tables, cast("uint64", OWN_TABLE)),
    body: emit("mark", { table: OWN_TABLE, fd: argument("fd"), closeOnExec: argument("flag") }),
  });
}

/**
 * Where close_range(2) returns: it marks slots, or leaves them out of a copy, without a call for each.
 *
 * @param parameter the name of its parameter, the registers of the call
 */
export function rangeClosed(parameter: string): Probe {
  const regs = argument(parameter);
  return probe(fexit(CLOSE_RANGE), "close_range has closed or marked the slots of a range.", {
    when: lookup(MAPS.tables, cast("uint64", OWN_TABLE)),
    body: emit("range", {
      table: OWN_TABLE,
      first: field(regs, "->di"),
      last: field(regs, "->si"),
      rangeFlags: field(regs, "->dx"),
      result: builtin("retval"),
    }),
  });
}

function installed(sites: SlotSites): Probe {
  const file = argument("file");
  const number = cast("uint64", cast("uint32", argument("fd")));
  const bits = field(OWN_TABLE, "->fdt->close_on_exec");
  const isBorn = binary(lookup(MAPS.file, THREAD), "==", cast("uint64", file));
  return probe(fentry("fd_install"), "A slot gets a pidfd's file.", {
    when: isPidfd(sites, file),
    body: [
      set(MAPS.tables, cast("uint64", OWN_TABLE), int(1)),
      let_("pid", sites.files.pidOf(file)),
      ...letTask(sites.pidLinkOffset),
      ...letCall(sites.callPlace),
      let_("born", cast("uint64", int(0))),
      ...(sites.madeSeen ? [if_(isBorn, [let_("born", cast("uint64", int(1)))])] : []),
      ...tellWho(sites.who),
      ...(sites.stacksTold ? tellStack() : []),
      ...emit("slot", {
        table: OWN_TABLE,
        fd: argument("fd"),
        closeOnExec: bitOf(bits, number),
        file,
        references: referencesOf(sites, file),
        born: variable("born"),
        call: variable("call"),
        pidAddress: variable("pid"),
        count: countOf(variable("pid")),
        inode: field(file, "->f_inode->i_ino"),
        fileFlags: field(file, "->f_flags"),
        ...TARGET_OF_TASK,
      }),
    ],
  });
}

function duplicated(sites: SlotSites): Probe {
  const given = argument("file");
  const number = cast("uint64", cast("uint32", argument("fd")));
  const table = field(argument("files"), "->fdt");
  const place = binary(cast("uint64", field(table, "->fd")), "+", binary(number, "*", int(8)));
  const old = cast("struct file *", variable("old"));
  // As the kernel does: a number that is being filled just now is busy, and nothing happens.
  const isFree = binary(bitOf(field(table, "->open_fds"), number), "==", int(0));
  const concerned = binary(variable("comes"), "||", variable("goes"));
  const differs = binary(binary(variable("old"), "!=", int(0)), "||", isFree);
  return probe(fentry("do_dup2"), "A slot gets a file in place of what it holds: pidfds come or go.", {
    body: [
      let_("old", load("uint64", place)),
      let_("comes", cast("uint64", int(0))),
      if_(isPidfd(sites, given), [let_("comes", cast("uint64", int(1)))]),
      let_("goes", cast("uint64", int(0))),
      if_(isPidfd(sites, old), [let_("goes", cast("uint64", int(1)))]),
      if_(concerned, [
        if_(differs, [
          set(MAPS.tables, cast("uint64", argument("files")), int(1)),
          ...letCall(sites.callPlace),
          ...emit("replace", {
            table: argument("files"),
            fd: argument("fd"),
            closeOnExec: binary(binary(argument("flags"), ">>", int(Math.log2(O_CLOEXEC))), "&", int(1)),
            file: given,
            comes: variable("comes"),
            displaced: variable("old"),
            goes: variable("goes"),
            references: referencesOf(sites, given),
            call: variable("call"),
          }),
        ]),
      ]),
    ],
  });
}

function tableCopied(hole: "punch_hole" | "max_fds"): Probe {
  const oldTable = cast("uint64", argument("oldf"));
  const copy = cast("uint64", builtin("retval"));
  const given = argument(hole);
  const bounds: readonly Statement[] = hole === "max_fds"
    ? [let_("from", cast("uint64", given)), let_("to", cast("uint64", int(0xffff_ffff)))]
    : [
      let_("from", cast("uint64", int(1))),
      let_("to", cast("uint64", int(0))),
      if_(binary(cast("uint64", given), "!=", int(0)), [
        let_("from", cast("uint64", field(given, "->from"))),
        let_("to", cast("uint64", field(given, "->to"))),
      ]),
    ];
  return probe(fexit("dup_fd"), "An fd table that holds a pidfd was copied.", {
    when: lookup(MAPS.tables, oldTable),
    body: [
      set(MAPS.tables, copy, int(1)),
      ...bounds,
      ...emit("copy", {
        table: argument("oldf"),
        copy: builtin("retval"),
        holeFrom: variable("from"),
        holeTo: variable("to"),
      }),
    ],
  });
}

function tableInherited(who: WhoPlace | undefined): Probe {
  const child = builtin("retval");
  const flags = field(argument("args"), "->flags");
  const given = (flag: number, operator: "==" | "!=") =>
    binary(binary(flags, "&", int(flag)), operator, int(0));
  const isThere = binary(field(child, "->pid"), "!=", int(0));
  const concerned = binary(lookup(MAPS.tables, TABLE), "||", given(CLONE_FILES, "!="));
  return probe(fexit("copy_process"), "A child has an fd table that holds a pidfd, or its parent's own.", {
    when: given(CLONE_THREAD, "=="),
    body: [
      let_("table", cast("uint64", field(child, "->files"))),
      if_(binary(isThere, "&&", concerned), [
        set(MAPS.tables, TABLE, int(1)),
        let_("shared", cast("uint64", int(0))),
        if_(given(CLONE_FILES, "!="), [let_("shared", cast("uint64", int(1)))]),
        ...tellWho(who, child),
        ...emit("heir", {
          table: TABLE,
          child: field(child, "->tgid"),
          childTid: field(child, "->pid"),
          childStartNs: field(child, "->start_boottime"),
          shared: variable("shared"),
        }),
      ]),
    ],
  });
}

/** A task that exits, or the child of a fork that fails: that one is not the task itself. */
function tableOfExit(): Probe {
  const task = argument("tsk");
  const isItself = binary(cast("uint64", field(task, "->pid")), "==", THREAD);
  return probe(fentry("exit_files"), "A task that exits lets go of an fd table that holds a pidfd.", {
    when: lookup(MAPS.tables, cast("uint64", field(task, "->files"))),
    body: [
      let_("now", cast("uint64", OWN_TABLE)),
      if_(isItself, [let_("now", cast("uint64", int(0)))]),
      ...letGo(field(task, "->files"), variable("now")),
    ],
  });
}

/** What exits was seen in `exit_files`, and has no table any more. */
function tableLeft(): Probe {
  const table = argument("files");
  const goesOn = binary(cast("uint64", OWN_TABLE), "!=", int(0));
  return probe(fentry("put_files_struct"), "A task that goes on lets go of an fd table that holds a pidfd.", {
    when: binary(goesOn, "&&", lookup(MAPS.tables, cast("uint64", table))),
    body: letGo(table, OWN_TABLE),
  });
}

function letGo(table: Expr, now: Expr): readonly Statement[] {
  return [
    let_("users", cast("int32", field(table, "->count.counter"))),
    ...emit("left", {
      table,
      users: variable("users"),
      now,
      live: field(builtin("curtask"), "->signal->live.counter"),
    }),
    if_(binary(variable("users"), "==", int(1)), [remove(MAPS.tables, cast("uint64", table))]),
  ];
}

/**
 * Where a table keeps the file of the number that the probed function was given.
 *
 * @param files the fd table, a `struct files_struct *`
 * @returns the address of the pointer, and whether the number is in the table: behind its end there may be anything
 */
export function slotOf(files: Expr): { readonly place: Expr; readonly isInTable: Expr } {
  const number = cast("uint64", cast("uint32", argument("fd")));
  const table = field(files, "->fdt");
  return {
    place: binary(cast("uint64", field(table, "->fd")), "+", binary(number, "*", int(8))),
    isInTable: binary(number, "<", cast("uint64", field(table, "->max_fds"))),
  };
}

/** Whether a `struct file *` is a pidfd's. */
export function isPidfd({ files }: SlotSites, file: Expr): Expr {
  return binary(cast("uint64", field(file, "->f_op")), "==", kaddr(files.operations));
}

/** How many references a `struct file *` has. */
export function referencesOf({ counter }: SlotSites, file: Expr): Expr {
  if (counter === "f_count") return cast("int32", field(file, "->f_count.counter"));
  return cast("int32", binary(cast("uint64", field(file, "->f_ref.refcnt.counter")), "+", int(1)));
}

/** One bit of a bitmap of the kernel: words of 64 bits. */
function bitOf(bits: Expr, number: Expr): Expr {
  const word = load(
    "uint64",
    binary(cast("uint64", bits), "+", binary(binary(number, ">>", int(6)), "*", int(8))),
  );
  return binary(binary(word, ">>", binary(number, "&", int(63))), "&", int(1));
}
