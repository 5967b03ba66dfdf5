/**
 * Which system call a task is in, read from where the entry code saved its registers.
 *
 * That is the top of its kernel stack: `task_pt_regs()` in arch/x86/include/asm/processor.h. Kernels that were built
 * for FRED, from 6.9 on, leave 16 bytes above it; where the number would be without them stands then the user's code
 * segment, 0x33, and 0x33 is getsockname, which makes no pidfd and closes none.
 *
 * @module
 */

import type { Btf } from "../kernel/mod.ts";
import { binary, builtin, cast, field, if_, int, let_, load, variable } from "../program/mod.ts";
import type { Expr, Statement } from "../program/mod.ts";

/** Where the number of the call is: bytes below the top of a task's kernel stack; `undefined` when not known. */
export type CallPlace = number | undefined;

/** `__USER_CS` of x86-64, arch/x86/include/asm/segment.h. */
const USER_CODE_SEGMENT = 0x33;

/** Bytes above the registers in a kernel for FRED. */
const FRED_PADDING = 16;

const PAGE_BYTES = 4096;

/**
 * Finds the place by the kernel's own structs.
 *
 * @param btf the kernel's types
 * @returns the place; `undefined` where the registers are not those of x86-64, or a stack does not tell its size
 */
export function findCallPlace(btf: Btf): CallPlace {
  const registers = btf.sizeOf("pt_regs");
  const number = btf.field("pt_regs", "orig_ax");
  const isSized = btf.field("task_struct", "stack_vm_area") !== undefined;
  if (registers === undefined || number === undefined || !isSized) return undefined;
  return registers - number.offsetBytes;
}

/** The statements that leave the number in `$call`, -1 where it is not known. */
export function letCall(place: CallPlace): readonly Statement[] {
  if (place === undefined) return [let_("call", cast("int32", int(-1)))];
  const task = builtin("curtask");
  const pages = cast("uint64", field(task, "->stack_vm_area->nr_pages"));
  const top = binary(cast("uint64", field(task, "->stack")), "+", binary(pages, "*", int(PAGE_BYTES)));
  const below = (bytes: number): Expr =>
    cast("int32", load("uint64", binary(variable("top"), "-", int(bytes))));
  return [
    let_("top", top),
    let_("call", below(place)),
    if_(binary(variable("call"), "==", int(USER_CODE_SEGMENT)), [let_("call", below(place + FRED_PADDING))]),
  ];
}
