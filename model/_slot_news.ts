/**
 * What is published of a slot.
 *
 * @module
 */

import type { FoundSlot } from "../events/mod.ts";
import type { EventBody } from "../schema/mod.ts";
import { callOf } from "./_calls.ts";
import { isSlotDoubtful } from "./_slot_doubts.ts";
import type { FdTable, Slot } from "./slots.ts";
import type { ModelState, PidfdFile, SlotNews } from "./state.ts";
import { emptySlots, processOf, targetOf } from "./_subject.ts";
import { inScope } from "./_scope.ts";
import type { ActorEvent } from "./_subject.ts";
import type { Publisher } from "./update.ts";

/**
 * The records of a file's birth have come: what its slots told before is published now.
 *
 * @param state the model's state
 * @param address address of the file
 * @param told the file, and where events go
 */
export function fileBorn(
  state: ModelState,
  address: string,
  told: { readonly file: PidfdFile; readonly out: Publisher },
): void {
  const news = state.unborn.get(address) ?? [];
  state.unborn.delete(address);
  const [first] = news;
  // What another file at this address left here, whose birth was lost, is not about this one, and has gone.
  if (first?.event.kind === "slot" && first.event.pidAddress !== told.file.target.address) {
    return emptySlots(state, address);
  }
  for (const it of news) tell(state, { ...it, ...told });
}

/**
 * Publishes what happened to a slot.
 *
 * @param state the model's state
 * @param what what happened, to which file, and where events go
 */
export function tell(
  state: ModelState,
  what: SlotNews & { readonly file: PidfdFile; readonly out: Publisher },
): void {
  const { event, slot, file, out } = what;
  if (what.kind === "sent") return tellSent(state, what);
  trimSent(what);
  const body = {
    cpu: event.cpu,
    process: processOf(state, event),
    ...slotFields(state, slot, what),
    by: "call" in event ? callOf(event.call) : null,
  };
  const options = { ktimeNs: event.ktimeNs, followed: file.followed || inScope(state, event) };
  if (what.kind === "emptied") {
    out.publish("pidfd.close", { ...body, cause: what.cause, opened_by: slot.seq }, options);
    return;
  }
  const type = file.installed ? typeOf(body.by) : "pidfd.install";
  file.installed = true;
  if (type !== "pidfd.receive") {
    slot.seq = out.publish(type, body, options);
    return;
  }
  // The message holds the file until all of it is received; the body names it still.
  const sent = file.sent.shift() ?? file.lastSent;
  slot.seq = out.publish(type, { ...body, sent_seq: sent }, options);
}

/**
 * Publishes that a slot was there before the probes.
 *
 * @param state the model's state
 * @param what what was found, and where events go
 */
export function tellFound(
  state: ModelState,
  what: {
    readonly found: FoundSlot;
    readonly slot: Slot;
    readonly file: PidfdFile;
    readonly out: Publisher;
  },
): void {
  const { found, slot, file, out } = what;
  const { ktimeNs } = found;
  const followed = file.followed || inScope(state, found);
  slot.seq = out.publish("pidfd.install", {
    cpu: null,
    process: processOf(state, found),
    ...slotFields(state, slot, { file, references: null, slots: state.slots.count(slot.file) }),
    by: null,
  }, { ktimeNs, followed });
}

/** Publishes that the file of a slot was put into a message. */
function tellSent(
  state: ModelState,
  what: SlotNews & { readonly file: PidfdFile; readonly out: Publisher },
): void {
  const { event, slot, file, out } = what;
  file.sent.push(state.seq + 1);
  trimSent(what);
  file.lastSent = out.publish("pidfd.send", {
    cpu: event.cpu,
    process: processOf(state, event),
    ...slotFields(state, slot, what),
    by: "call" in event ? callOf(event.call) : null,
  }, { ktimeNs: event.ktimeNs, followed: file.followed || inScope(state, event) });
}

/** There are no more messages than references that no slot has: the earliest ones have gone with their sockets. */
function trimSent({ file, references, slots }: SlotNews & { readonly file: PidfdFile }): void {
  if (references === null) return;
  while (file.sent.length > Math.max(0, references - slots)) file.sent.shift();
}

/** Names what holds a file besides its slots. */
function othersOf(file: PidfdFile, many: number): readonly string[] {
  const sockets = Math.min(file.sent.length, Math.max(0, many));
  return [
    ...Array<string>(sockets).fill("socket"),
    ...Array<string>(Math.max(0, many - sockets)).fill("unknown"),
  ];
}

function typeOf(call: string | null): "pidfd.dup" | "pidfd.receive" | "pidfd.getfd" {
  if (call === "recvmsg" || call === "recvmmsg") return "pidfd.receive";
  return call === "pidfd_getfd" ? "pidfd.getfd" : "pidfd.dup";
}

function slotFields(
  state: ModelState,
  slot: Slot,
  { file, references, slots, closeOnExec = slot.closeOnExec }:
    & Pick<SlotNews, "references" | "slots" | "closeOnExec">
    & { readonly file: PidfdFile },
): Pick<
  EventBody<"pidfd.dup">,
  "table" | "fd" | "file" | "close_on_exec" | "doubtful" | "slots" | "references" | "other_holders" | "target"
> {
  return {
    table: slot.table.id,
    fd: slot.fd,
    file: file.id,
    close_on_exec: closeOnExec,
    doubtful: isSlotDoubtful(state, slot, file),
    slots,
    references,
    other_holders: references === null ? null : othersOf(file, references - slots),
    target: targetOf(file.target),
  };
}

/**
 * Publishes that a table was copied: each of its slots is one more.
 *
 * @param state the model's state
 * @param what the record that told of it, the tables, who has the copy, and where events go
 */
export function tellInherited(
  state: ModelState,
  what: {
    readonly event: ActorEvent;
    readonly from: FdTable;
    readonly copy: FdTable;
    readonly heir: { readonly pid: number; readonly tid: number; readonly startNs: bigint };
    readonly out: Publisher;
  },
): void {
  const { event, from, copy, out } = what;
  // The same for all of them, and there can be thousands.
  const process = processOf(state, event);
  const heir = { pid: what.heir.pid, tid: what.heir.tid, start_ns: what.heir.startNs.toString() };
  for (const slot of copy.slots.values()) {
    const file = state.files.get(slot.file);
    if (file === undefined) continue;
    slot.seq = out.publish("pidfd.inherit", {
      cpu: event.cpu,
      process,
      ...slotFields(state, slot, { file, references: null, slots: state.slots.count(slot.file) }),
      by: null,
      from_table: from.id,
      heir,
    }, { ktimeNs: event.ktimeNs, followed: file.followed || inScope(state, event) });
  }
}
