/**
 * From which user stack a slot gets a pidfd.
 *
 * The text of a stack is printed once; from then on its name stands for it. The kernel walks by frame pointers: of code
 * that was built without them only the innermost frames are right. bpftrace finds the names when it prints, by the
 * process's /proc and its files, so a process that has ended by then has addresses alone.
 *
 * Overhead: a walk over a user stack for each slot that a pidfd gets, and the look for names of a process's modules once
 * for each of its stacks; of more stacks than there is room for none is told.
 *
 * @module
 */

import {
  binary,
  builtin,
  cast,
  COUNTERS,
  emit,
  if_,
  int,
  let_,
  lookup,
  set,
  userStack,
  variable,
} from "../program/mod.ts";
import type { Statement } from "../program/mod.ts";
import { MAPS } from "./_kernel_terms.ts";

/** Frames of a stack at most. */
const FRAMES_MAX = 24;

/** Stacks of a run at most. */
const STACKS_MAX = 4096;

const STACK = userStack(FRAMES_MAX);

/** What stands in BEGIN: a map is filled before it is read. */
export function stacksDeclared(): readonly Statement[] {
  return [set(MAPS.stacksTold, int(0), int(0))];
}

/**
 * Tells the stack of the task that fills a slot; it stands right before what tells of the slot.
 *
 * As little as can be stands on the program's own stack, of which there are 512 bytes for all that a place prints.
 */
export function tellStack(): readonly Statement[] {
  const told = lookup(MAPS.stacksTold, int(0));
  const name = variable("stack");
  return [
    let_("stack", lookup(MAPS.knownStacks, STACK)),
    if_(binary(name, "==", int(0)), [
      if_(binary(told, "<", int(STACKS_MAX)), [
        set(MAPS.stacksTold, int(0), binary(told, "+", int(1))),
        let_("stack", builtin("nsecs")),
        set(MAPS.knownStacks, STACK, name),
        ...emit("frames", { pid: builtin("pid"), stack: name, frames: STACK }),
      ]),
    ]),
    ...emit("stack", {
      cpu: builtin("cpu"),
      slotNumber: binary(cast("uint64", lookup(COUNTERS.task, builtin("cpu"))), "+", int(1)),
      stack: name,
    }),
  ];
}
