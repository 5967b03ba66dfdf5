/**
 * What the records of slots do to the model.
 *
 * @module
 */

import type { EventBody, WireEvent } from "../schema/mod.ts";
import { adopt } from "./_births.ts";
import { callOf } from "./_calls.ts";
import { isEndUncertain } from "./_doubts.ts";
import { forgetTable } from "./_slot_doubts.ts";
import type { FdTable, Slot } from "./slots.ts";
import { tellStack } from "./_stacks.ts";
import { tell, tellInherited } from "./_slot_news.ts";
import type { ModelState, PidfdFile, SlotNews } from "./state.ts";
import { emptySlots, forgetFile, isErrorPointer } from "./_subject.ts";
import type { Publisher } from "./update.ts";

/** The records of slots and fd tables. */
export type SlotEvent = Extract<
  WireEvent,
  {
    kind:
      | "slot"
      | "replace"
      | "empty"
      | "flush"
      | "copy"
      | "heir"
      | "left"
      | "range"
      | "mark"
      | "send";
  }
>;

type Of<K extends SlotEvent["kind"]> = Extract<SlotEvent, { kind: K }>;

/** `CLOSE_RANGE_CLOEXEC`, include/uapi/linux/close_range.h. */
const CLOSE_RANGE_CLOEXEC = 4;

/** Takes a record of a slot or an fd table. */
export function onSlots(state: ModelState, event: SlotEvent, out: Publisher): void {
  switch (event.kind) {
    case "slot":
      return onSlot(state, event, out);
    case "replace":
      return onReplace(state, event, out);
    case "empty":
      return onEmpty(state, event, out);
    case "send":
      return onSend(state, event, out);
    case "flush":
      return onFlush(state, event, out);
    case "copy":
      return onCopy(state, event, out);
    case "heir":
      return onHeir(state, event, out);
    case "left":
      return onLeft(state, event, out);
    case "range":
      return onRange(state, event, out);
    case "mark": {
      const slot = tableOf(state, event, out).slots.get(event.fd);
      if (slot !== undefined) slot.closeOnExec = event.closeOnExec !== 0;
      return;
    }
    default:
      return event satisfies never;
  }
}

/** The table that a record tells of, which is that of its task. */
function tableOf(
  state: ModelState,
  event: Exclude<SlotEvent, { kind: "left" }>,
  out: Publisher,
): FdTable {
  const known = state.slots.table(event.table);
  // It was let go of, and its address is in use again.
  if (known !== undefined && (known.dying || isStranger(state, known, event))) forgetTable(state, known);
  const table = state.slots.tableAt(event.table, event.ktimeNs);
  table.heardNs = event.ktimeNs;
  hasTable(state, event, { table, out });
  return table;
}

/** The task of a record has a table; when that is a copy that it made just now, it has made it for itself. */
function hasTable(
  state: ModelState,
  event: SlotEvent,
  { table, out }: { readonly table: FdTable; readonly out: Publisher },
): void {
  const { pid, tid, startNs } = event;
  state.slots.join(tid, { pid, startNs, table });
  const pending = state.copies.get(tid);
  if (pending?.copy !== table) return;
  state.copies.delete(tid);
  tellInherited(state, { event, ...pending, heir: { pid, startNs, tid }, out });
}

/**
 * The table of a record that is printed of any table with a pidfd in it; `undefined` when nothing was told of it before.
 *
 * The program in the kernel does not know it either, and will not say when it goes.
 */
function knownTableOf(
  state: ModelState,
  event: Exclude<SlotEvent, { kind: "left" }>,
  out: Publisher,
): FdTable | undefined {
  return state.slots.table(event.table) === undefined ? undefined : tableOf(state, event, out);
}

/** Whether a table is another's by now, as far as losses let that happen unseen. */
function isStranger(state: ModelState, table: FdTable, event: SlotEvent): boolean {
  return isEndUncertain(state, table.sinceNs) && state.slots.isOf(table, event) === false;
}

/** Whether the file at an address is over, unseen, and that of a slot is another one. */
function isStale(state: ModelState, known: PidfdFile, event: Of<"slot">): boolean {
  if (known.target.address !== event.pidAddress) return true;
  // Whatever hands a file on still holds it: one with this slot alone is new.
  const { attachedNs } = state.options;
  const isOlder = known.createdNs < attachedNs && event.ktimeNs >= attachedNs;
  return event.references === 1 && (known.installed || isOlder);
}

function onSlot(state: ModelState, event: Of<"slot">, out: Publisher): void {
  const known = state.files.get(event.file);
  if (known !== undefined && isStale(state, known, event)) forgetFile(state, event.file);
  if (known === undefined && event.references === 1) {
    // It is the only slot of its file: what was said of the address before is about another one.
    emptySlots(state, event.file);
    state.unborn.delete(event.file);
  }
  const table = tableOf(state, event, out);
  tellStack(state, event, { table, out });
  const slot = fill(state, event, { table, closeOnExec: event.closeOnExec !== 0 });
  const news = { event, slot, references: event.references, slots: state.slots.count(event.file) };
  const file = state.files.get(event.file);
  if (file === undefined) {
    if (event.born === 1) state.unborn.set(event.file, []);
    if (waits(state, event.file, { ...news, kind: "filled" })) return;
  }
  tell(state, { ...news, kind: "filled", file: file ?? adopt(state, event, out), out });
}

function onReplace(state: ModelState, event: Of<"replace">, out: Publisher): void {
  const table = tableOf(state, event, out);
  if (event.goes === 1) {
    const slot = state.slots.empty(table, event.fd);
    emptied(state, { event, slot, references: null, cause: "dup2", address: event.displaced, out });
  }
  if (event.comes === 0) return;
  const slot = fill(state, event, { table, closeOnExec: event.closeOnExec !== 0 });
  const file = state.files.get(event.file);
  // Over itself: one goes and one comes.
  const references = event.displaced === event.file ? event.references : event.references + 1;
  const slots = state.slots.count(event.file);
  const news = { event, slot, references, slots, kind: "filled" } as const;
  if (file !== undefined) tell(state, { ...news, file, out });
  // The record does not tell enough of a file that was there before the probes.
  else if (!waits(state, event.file, news)) state.unmatched += 1;
}

/** Keeps what happened to a slot until the record of its file's birth comes; false when none is awaited. */
function waits(state: ModelState, address: string, news: SlotNews): boolean {
  const waiting = state.unborn.get(address);
  // The flag can change before that.
  waiting?.push({ ...news, closeOnExec: news.slot.closeOnExec });
  return waiting !== undefined;
}

function fill(
  state: ModelState,
  { fd, file, ktimeNs }: { readonly fd: number; readonly file: string; readonly ktimeNs: bigint },
  into: { readonly table: FdTable; readonly closeOnExec: boolean },
): Slot {
  const { now, old } = state.slots.fill(into.table, {
    fd,
    file,
    closeOnExec: into.closeOnExec,
    sinceNs: ktimeNs,
  });
  // Its end was not seen.
  if (old !== undefined && old.sinceNs >= state.options.attachedNs) state.unmatched += 1;
  return now;
}

function onEmpty(state: ModelState, event: Of<"empty">, out: Publisher): void {
  const call = callOf(event.call);
  const table = knownTableOf(state, event, out);
  const slot = table === undefined ? undefined : state.slots.empty(table, event.fd);
  // What a copy was to leave out can have been copied all the same, and is closed one by one.
  if (slot === undefined && call === "close_range") return;
  const last = state.emptied.get(event.tid);
  const isTwice = last?.table === event.table && last.fd === event.fd && last.file === event.file;
  if (slot === undefined && isTwice) return;
  if (slot !== undefined) state.emptied.set(event.tid, event);
  const cause = call === "close" || call === "close_range"
    ? call
    : (call?.startsWith("io_uring") ? "io_uring" : "unknown");
  emptied(state, { event, slot, references: event.references - 1, cause, address: event.file, out });
}

function onFlush(state: ModelState, event: Of<"flush">, out: Publisher): void {
  const inTable = state.slots.slotsIn(event.table, event.file);
  const isExec = event.exiting === 0;
  // A thread that execs has taken the place of the first one, and is the only one.
  if (isExec) {
    knownTableOf(state, event, out);
    state.slots.alone(event);
  }
  const slot = isExec
    ? inTable.find((it) => it.closeOnExec === true) ?? inTable.find((it) => it.closeOnExec === null)
    : inTable[0];
  if (slot !== undefined) state.slots.empty(slot.table, slot.fd);
  // Exit empties what nobody has any more, so the record of its last user is lost when it is not known.
  const table = isExec ? undefined : state.slots.table(event.table);
  if (table !== undefined) {
    table.heardNs = event.ktimeNs;
    if (!table.dying) state.slots.end(table);
  }
  const cause = isExec ? "exec" : "exit";
  emptied(state, { event, slot, references: event.references - 1, cause, address: event.file, out });
}

function emptied(
  state: ModelState,
  what: {
    readonly event: SlotNews["event"];
    readonly slot: Slot | undefined;
    readonly references: number | null;
    readonly cause: EventBody<"pidfd.close">["cause"];
    readonly address: string;
    readonly out: Publisher;
  },
): void {
  const { slot, address, out, ...rest } = what;
  if (slot === undefined || slot.file !== address) {
    // What was said to be in the slot had gone before, unseen, and what has come since was not seen either.
    state.unmatched += 1;
    return;
  }
  const news: SlotNews = { ...rest, slot, slots: state.slots.count(slot.file), kind: "emptied" };
  const file = state.files.get(slot.file);
  if (file !== undefined) tell(state, { ...news, file, out });
  else waits(state, slot.file, news);
}

function onSend(state: ModelState, event: Of<"send">, out: Publisher): void {
  const slot = knownTableOf(state, event, out)?.slots.get(event.fd);
  const by = callOf(event.call);
  // Other calls take files by their numbers too.
  if (by !== "sendmsg" && by !== "sendmmsg" && by?.startsWith("io_uring") !== true) return;
  if (slot === undefined || slot.file !== event.file) {
    state.unmatched += 1;
    return;
  }
  const file = state.files.get(event.file);
  const slots = state.slots.count(event.file);
  const news = { event, slot, references: event.references, slots, kind: "sent" } as const;
  if (file !== undefined) tell(state, { ...news, file, out });
  else if (!waits(state, event.file, news)) state.unmatched += 1;
}

function onCopy(state: ModelState, event: Of<"copy">, out: Publisher): void {
  if (isErrorPointer(event.copy)) return;
  const from = tableOf(state, event, out);
  const hole = { from: event.holeFrom, to: event.holeTo };
  const copy = state.slots.copy(from, { address: event.copy, sinceNs: event.ktimeNs }, hole);
  copy.heardNs = event.ktimeNs;
  state.copies.set(event.tid, { from, copy, ktimeNs: event.ktimeNs });
}

function onHeir(state: ModelState, event: Of<"heir">, out: Publisher): void {
  const pending = state.copies.get(event.tid);
  const heir = { pid: event.child, startNs: event.childStartNs };
  const isCopy = pending !== undefined && pending.copy.address === event.table;
  // A copy of which nothing was told is at an address that was another table's.
  const old = state.slots.table(event.table);
  if (!isCopy && event.shared === 0 && old !== undefined) forgetTable(state, old);
  const table = event.shared === 1
    ? tableOf(state, event, out)
    : state.slots.tableAt(event.table, event.ktimeNs);
  table.heardNs = event.ktimeNs;
  state.slots.join(event.childTid, { ...heir, table });
  if (!isCopy) return;
  state.copies.delete(event.tid);
  tellInherited(state, { event, ...pending, heir: { ...heir, tid: event.childTid }, out });
}

function onLeft(state: ModelState, event: Of<"left">, out: Publisher): void {
  const { slots } = state;
  const isExit = event.now === "0";
  if (!isExit && state.copies.get(event.tid)?.copy.address === event.table) {
    // The fork that made it has failed.
    state.copies.delete(event.tid);
    slots.forget(event.table);
    return;
  }
  const now = slots.table(isExit ? event.table : event.now);
  if (now !== undefined) hasTable(state, event, { table: now, out });
  if (isExit) slots.leave(event, event.table);
  if (!isExit && event.live === 1) slots.alone(event);
  const table = slots.table(event.table);
  if (event.users !== 1 || table === undefined) return;
  table.heardNs = event.ktimeNs;
  slots.end(table);
}

function onRange(state: ModelState, event: Of<"range">, out: Publisher): void {
  if (event.result < 0) return;
  const table = tableOf(state, event, out);
  const isMarked = (Number.parseInt(event.rangeFlags, 16) & CLOSE_RANGE_CLOEXEC) !== 0;
  for (const slot of [...table.slots.values()]) {
    if (slot.fd < event.first || slot.fd > event.last) continue;
    if (isMarked) {
      slot.closeOnExec = true;
      continue;
    }
    // A copy of the table has left it out.
    state.slots.empty(table, slot.fd);
    emptied(state, { event, slot, references: null, cause: "close_range", address: slot.file, out });
  }
}
