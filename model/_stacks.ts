/**
 * What the records of user stacks do to the model.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { inScope } from "./_scope.ts";
import type { FdTable } from "./slots.ts";
import type { ModelState } from "./state.ts";
import { processOf } from "./_subject.ts";
import type { Publisher } from "./update.ts";

/** A frame of bpftrace: the address, what stands there, and in which module. */
const FRAME = /^\s*([0-9a-f]{1,16}) (.*) \((.*)\)$/;

/** What bpftrace prints for what it does not know. */
const UNKNOWN = "[unknown]";

/** Characters of one frame at most: the name of a C++ or Rust function can be a page long. */
const FRAME_MAX = 300;

/** Records that were announced and did not come are remembered up to this many: those of losses. */
const ANNOUNCED_MAX = 16_384;

/** A stack is told of for the first time, or it is told which record comes from it. */
export function onStackTold(state: ModelState, record: WireEvent<"frames" | "stack">): void {
  if (record.kind === "frames") {
    const lines = record.frames.split("\n").filter((it) => it.trim() !== "");
    state.stacks.set(record.stack, lines.map(frameText));
    return;
  }
  // There were too many stacks.
  if (!state.stacks.has(record.stack)) return;
  state.stackOf.set(keyOf({ cpu: record.cpu, number: record.slotNumber }), record.stack);
  if (state.stackOf.size <= ANNOUNCED_MAX) return;
  const [oldest] = state.stackOf.keys();
  if (oldest !== undefined) state.stackOf.delete(oldest);
}

/**
 * A slot is filled: publishes the stack that this comes from, if it was told.
 *
 * @param state the model's state
 * @param event the record of the slot
 * @param what the table of the slot, and where events go
 */
export function tellStack(
  state: ModelState,
  event: WireEvent<"slot">,
  { table, out }: { readonly table: FdTable; readonly out: Publisher },
): void {
  if (state.stackOf.size === 0) return;
  const key = keyOf(event);
  const stack = state.stackOf.get(key);
  const frames = stack === undefined ? undefined : state.stacks.get(stack);
  state.stackOf.delete(key);
  if (frames === undefined) return;
  out.publish("pidfd.stack", {
    cpu: event.cpu,
    process: processOf(state, event),
    table: table.id,
    fd: event.fd,
    stack: `s${stack}`,
    frames,
  }, { ktimeNs: event.ktimeNs, followed: inScope(state, event) });
}

function keyOf({ cpu, number }: { readonly cpu: number; readonly number: number }): string {
  return `${cpu} ${number}`;
}

/** A frame as `symbol+offset (module)`, or its address alone. */
function frameText(line: string): string {
  const [, address = "", symbol = "", module = ""] = FRAME.exec(line) ?? [];
  if (address === "") return line.trim().slice(0, FRAME_MAX);
  if (module === UNKNOWN) return `0x${address}`;
  return `${symbol} (${module})`.slice(0, FRAME_MAX);
}
