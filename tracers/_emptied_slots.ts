/**
 * Where a slot of an fd table is emptied: by its number, by io_uring, and for exit and exec.
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
  probe,
  variable,
} from "../program/mod.ts";
import type { Probe } from "../program/mod.ts";
import { letCall } from "./_calls.ts";
import { keepClosed } from "./_closed_twice.ts";
import type { Door } from "./_doors.ts";
import { isPidfd, OWN_TABLE, referencesOf, slotOf } from "./_fd_slots.ts";
import type { SlotSites } from "./_fd_slots.ts";
import { PF_EXITING } from "./_kernel_terms.ts";

/** The function that empties a slot and is called with the table locked. */
const LOCKED_EMPTIER = "file_close_fd_locked";

/** The functions that empty a slot with its number, the one of newer kernels first. */
export const SLOT_EMPTIERS: readonly string[] = [LOCKED_EMPTIER, "pick_file"];

/** Whether a function that empties slots is looked at where it is entered; see {@linkcode slotEmptied}. */
export function isAtEntry(name: string, door: Door | undefined): boolean {
  return name === LOCKED_EMPTIER && door === "kprobe";
}

/** The functions by which io_uring of older kernels takes a file out of its slot. */
export const SLOT_TAKERS: readonly string[] = ["__close_fd_get_file", "close_fd_get_file"];

/**
 * Where a slot is emptied with its number.
 *
 * The newer function is called with the table locked: what its slot holds at its entry is what it takes out. Looked at
 * there by a kprobe, no return has to be caught, and no argument be kept for it, at each close of any file. The older
 * one locks the table itself. fexit has both at hand, and less to read.
 *
 * @param emptier the function, and by what it is watched
 * @param sites what is known of the kernel
 */
export function slotEmptied(
  emptier: { readonly name: string; readonly door: Door | undefined },
  sites: SlotSites,
): Probe {
  const { name, door } = emptier;
  return isAtEntry(name, door) ? atEntry(sites) : atReturn(name, sites);
}

function atEntry(sites: SlotSites): Probe {
  const { place, isInTable } = slotOf(argument("files"));
  const file = cast("struct file *", load("uint64", place));
  return probe(fentry(LOCKED_EMPTIER), "A slot that holds a pidfd's file is emptied.", {
    when: isPidfd(sites, file),
    body: [
      if_(isInTable, [
        let_("old", load("uint64", place)),
        ...letCall(sites.callPlace),
        ...emit("empty", {
          table: argument("files"),
          fd: argument("fd"),
          file: variable("old"),
          references: referencesOf(sites, cast("struct file *", variable("old"))),
          call: variable("call"),
        }),
        ...(sites.closesKept ? keepClosed() : []),
      ]),
    ],
  });
}

function atReturn(name: string, sites: SlotSites): Probe {
  const file = builtin("retval");
  return probe(fexit(name), "A slot that held a pidfd's file was emptied.", {
    when: isPidfd(sites, file),
    body: [
      ...letCall(sites.callPlace),
      ...emit("empty", {
        table: argument("files"),
        fd: argument("fd"),
        file,
        references: referencesOf(sites, file),
        call: variable("call"),
      }),
      ...(sites.closesKept ? keepClosed() : []),
    ],
  });
}

/**
 * Where io_uring takes a file out of its slot. In some kernels that calls `pick_file`, and is told twice.
 *
 * @param name the function
 * @param sites what is known of the kernel
 */
export function slotTaken(name: string, sites: SlotSites): Probe {
  const { place, isInTable } = slotOf(OWN_TABLE);
  const file = cast("struct file *", variable("file"));
  return probe(fentry(name), "io_uring takes a file out of its slot: report a pidfd's.", {
    when: isInTable,
    body: [
      let_("file", load("uint64", place)),
      if_(isPidfd(sites, file), [
        ...letCall(sites.callPlace),
        ...emit("empty", {
          table: OWN_TABLE,
          fd: argument("fd"),
          file: variable("file"),
          references: referencesOf(sites, file),
          call: variable("call"),
        }),
      ]),
    ],
  });
}

/** Where exit and exec empty a slot. */
export function slotFlushed(sites: SlotSites): Probe {
  const file = argument("filp");
  const task = builtin("curtask");
  const exiting = binary(binary(field(task, "->flags"), "&", int(PF_EXITING)), "!=", int(0));
  const inExec = binary(field(task, "->in_execve"), "!=", int(0));
  return probe(fentry("filp_close"), "Exit or exec empties a slot that held a pidfd's file.", {
    when: isPidfd(sites, file),
    body: [
      let_("exiting", cast("uint64", int(0))),
      if_(exiting, [let_("exiting", cast("uint64", int(1)))]),
      if_(
        binary(exiting, "||", inExec),
        emit("flush", {
          table: argument("id"),
          file,
          references: referencesOf(sites, file),
          exiting: variable("exiting"),
        }),
      ),
    ],
  });
}
