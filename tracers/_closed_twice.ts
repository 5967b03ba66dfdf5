/**
 * Numbers that are closed twice: a pidfd's slot was emptied, and the same number is closed again.
 *
 * Whether the slot was filled in between, and by which thread, is kept in the kernel: what comes in between is mostly no
 * pidfd, and is not worth a record. An fd table's address is used again, so each number is kept with the start and the
 * address space of who closed it, and is another's after exec. There is room for a number of slots, each with its place:
 * one that comes to the place of another takes it, so what is kept needs no end, and never grows.
 *
 * Overhead: one look into a map wherever any file gets a number and loses it.
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
  lookup,
  probe,
  remove,
  set,
  variable,
} from "../program/mod.ts";
import type { Probe, Statement } from "../program/mod.ts";
import { letCall } from "./_calls.ts";
import { isPidfd, OWN_TABLE, slotOf } from "./_fd_slots.ts";
import type { SlotSites } from "./_fd_slots.ts";
import { MAPS, PROCESS, THREAD } from "./_kernel_terms.ts";

/** `__NR_close_range`, the same on every machine: it asks for each number of a range, also for those that are free. */
const CLOSE_RANGE_CALL = 436;

/** Above every number of an fd table. */
const NUMBERS = 2 ** 32;

/** Slots that can be kept, as a power of two: the bits that are left of a product. */
const PLACES_BITS = 13;
/** An odd number without a pattern in its bits: what is multiplied by it is spread over the upper ones. */
const SPREAD = 0x1e37_79b9_7f4a_7c15n;

/** The program that runs: the start of its process, and its address space, which exec replaces. */
const PROGRAM = binary(
  cast("uint64", field(builtin("curtask"), "->group_leader->start_boottime")),
  "+",
  cast("uint64", field(builtin("curtask"), "->mm")),
);

/**
 * The key of the slot with the number that the probed function was given: that number, and the process.
 *
 * The process costs less to ask for than its table, which is compared only where something is kept.
 */
const KEY = binary(binary(PROCESS, "*", int(NUMBERS)), "+", cast("uint64", cast("uint32", argument("fd"))));

/** Where what is kept of the slot has its place. */
const PLACE_OF_KEY = binary(
  binary(variable("key"), "*", cast("uint64", int(SPREAD))),
  ">>",
  int(64 - PLACES_BITS),
);

const PLACE = variable("place");

/** What begins each body: the slot's key and place. */
const letPlace: readonly Statement[] = [let_("key", KEY), let_("place", PLACE_OF_KEY)];

/** Whether it is kept of a slot with that number that a pidfd was taken out of it. */
const isKept = binary(lookup(MAPS.closedSlot, PLACE), "==", variable("key"));

/** Whether that slot is one of the task's own table: a thread can have another one than the others of its process. */
const isOwnTable = binary(lookup(MAPS.closedTable, PLACE), "==", cast("uint64", OWN_TABLE));

const forgotten = remove(MAPS.closedSlot, PLACE);

/** What stands in BEGIN: bpftrace takes a map's type from where it is filled, which has to come before it is read. */
export function closedDeclared(): readonly Statement[] {
  const behind = int(2 ** PLACES_BITS);
  return [MAPS.closedSlot, MAPS.closedTable, MAPS.closer, MAPS.closerProgram, MAPS.closedAt, MAPS.filler].map(
    (it) => set(it, behind, cast("uint64", int(0))),
  );
}

/** Where a number that was closed gets a file again. */
export function numbersFilled(): readonly Probe[] {
  return ["fd_install", "do_dup2"].map((name) =>
    probe(fentry(name), "A number that was a pidfd's gets a file: who closed it may close this one too.", {
      body: [
        ...letPlace,
        if_(isKept, [
          if_(isOwnTable, [
            if_(
              binary(lookup(MAPS.closer, PLACE), "==", THREAD),
              [forgotten],
              [set(MAPS.filler, PLACE, THREAD)],
            ),
          ]),
        ]),
      ],
    })
  );
}

/**
 * Where a number is closed again. It stands before what keeps the number that is closed now.
 *
 * @param emptier the function that empties a slot, and whether it is looked at where it is entered
 * @param sites what is known of the kernel
 */
export function numberClosedAgain(
  emptier: { readonly name: string; readonly atEntry: boolean },
  sites: SlotSites,
): Probe {
  const { name, atEntry } = emptier;
  const { place, isInTable } = slotOf(argument("files"));
  const file = cast("struct file *", variable("file"));
  const isSame = binary(lookup(MAPS.closerProgram, PLACE), "==", PROGRAM);
  const isFree = binary(variable("file"), "==", int(0));
  const isOwn = binary(lookup(MAPS.closer, PLACE), "==", THREAD);
  const isFilled = binary(lookup(MAPS.filler, PLACE), "!=", int(0));
  // A range that has free numbers in it closes nothing there.
  const closes = binary(
    binary(variable("file"), "!=", int(0)),
    "||",
    binary(variable("call"), "!=", int(CLOSE_RANGE_CALL)),
  );
  const tell = emit("again", {
    table: OWN_TABLE,
    fd: argument("fd"),
    file: variable("file"),
    pidfd: variable("pidfd"),
    closer: lookup(MAPS.closer, PLACE),
    closedNs: lookup(MAPS.closedAt, PLACE),
    filler: lookup(MAPS.filler, PLACE),
    call: variable("call"),
  });
  return probe(atEntry ? fentry(name) : fexit(name), "A number that was a pidfd's is closed again.", {
    body: [
      ...letPlace,
      if_(isKept, [
        let_("file", atEntry ? cast("uint64", int(0)) : cast("uint64", builtin("retval"))),
        ...(atEntry ? [if_(isInTable, [let_("file", load("uint64", place))])] : []),
        ...letCall(sites.callPlace),
        if_(binary(isOwnTable, "&&", closes), [
          let_("pidfd", cast("uint64", int(0))),
          if_(isPidfd(sites, file), [let_("pidfd", cast("uint64", int(1)))]),
          if_(binary(isSame, "&&", binary(isFree, "||", binary(isOwn, "&&", isFilled))), tell),
          forgotten,
        ]),
      ]),
    ],
  });
}

/** What keeps that a pidfd's number was closed; it stands where that is known. */
export function keepClosed(): readonly Statement[] {
  return [
    ...letPlace,
    set(MAPS.closedSlot, PLACE, variable("key")),
    set(MAPS.closedTable, PLACE, cast("uint64", OWN_TABLE)),
    set(MAPS.closer, PLACE, THREAD),
    set(MAPS.closerProgram, PLACE, PROGRAM),
    set(MAPS.closedAt, PLACE, builtin("nsecs")),
    set(MAPS.filler, PLACE, cast("uint64", int(0))),
  ];
}
