/**
 * What losses make of slots: which of them can be ghosts, and when a ghost goes.
 *
 * A slot whose end was lost stays in the model. It is marked until something proves that it has gone: its number or its
 * file's address is used again, its file is released, or its process has ended.
 *
 * @module
 */

import { isEndUncertain, isLossSince } from "./_doubts.ts";
import type { FdTable, Slot } from "./slots.ts";
import type { ModelState, PidfdFile, Target } from "./state.ts";

/** After this time in ns what a process had is gone, and what a call has not told of is not to come any more. */
export const TABLE_SETTLES_NS = 1_000_000_000n;

/**
 * Whether something was lost that can have been about a slot or its file, so that either may be another's by now.
 *
 * @param state the model's state
 * @param slot the slot
 * @param file its file, as far as that is known
 */
export function isSlotDoubtful(state: ModelState, slot: Slot, file: PidfdFile | undefined): boolean {
  const fileNs = file?.createdNs ?? slot.sinceNs;
  return isEndUncertain(state, fileNs < slot.sinceNs ? fileNs : slot.sinceNs);
}

/** A process has ended: what is still thought to be in its tables at a later heartbeat is a ghost. */
export function processEnded(state: ModelState, { pid, startNs }: Target): void {
  if (pid !== null && startNs !== null && state.options.slotsSeen === true) {
    state.slots.processEnded({ pid, startNs }, state.nowNs);
  }
}

/**
 * A table is not there any more.
 *
 * @param state the model's state
 * @param table the table; what it was still thought to hold counts as unmatched, unless it is older than the probes
 */
export function forgetTable(state: ModelState, table: FdTable): void {
  for (const { sinceNs } of table.slots.values()) {
    if (sinceNs >= state.options.attachedNs) state.unmatched += 1;
  }
  state.slots.forget(table.address);
}

/**
 * After this time in ns nobody waits for the record of a birth, of who has a copied table, or of a slot of a table that
 * its last user has let go of: it is lost.
 */
export const SLOTS_SETTLE_NS = 5_000_000_000n;

/**
 * After this time in ns without a record an empty table is forgotten when the record of its end can be lost.
 *
 * The next record of a task that has it brings it back, but not which other tasks have it too.
 */
export const TABLE_IDLE_NS = 60_000_000_000n;

/**
 * Gives up what waits for records that are lost, and tables that are gone and still thought to hold something.
 *
 * @param state the model's state
 * @param nowNs the present moment, CLOCK_BOOTTIME in ns
 */
export function settleSlots(state: ModelState, nowNs: bigint): void {
  state.emptied.clear();
  for (const [file, news] of state.unborn) {
    if (nowNs - (news[0]?.event.ktimeNs ?? 0n) < SLOTS_SETTLE_NS) continue;
    state.unborn.delete(file);
    state.unmatched += news.length;
  }
  for (const [tid, { ktimeNs }] of state.copies) {
    if (nowNs - ktimeNs >= SLOTS_SETTLE_NS) state.copies.delete(tid);
  }
  for (const table of state.slots.dying()) {
    // Its slots are emptied one by one, and a heartbeat can come in the middle.
    if (nowNs - table.heardNs >= SLOTS_SETTLE_NS) forgetTable(state, table);
  }
  const beforeNs = nowNs - TABLE_SETTLES_NS;
  state.slots.leaveEnded(beforeNs, (table) => isEndUncertain(state, table.sinceNs));
  const copied = new Set([...state.copies.values()].map((it) => it.copy));
  for (const { table, isUsed } of state.slots.tables()) {
    // Who has a copy is still to be told.
    if (copied.has(table)) continue;
    const isGone = table.slots.size === 0
      ? !isUsed || isIdle(state, table, nowNs)
      : !isUsed && table.sinceNs < beforeNs && isEndUncertain(state, table.sinceNs);
    if (isGone) forgetTable(state, table);
  }
}

/** Whether an empty table can be gone although a task is known to have it. */
function isIdle(state: ModelState, { heardNs }: FdTable, nowNs: bigint): boolean {
  return isLossSince(state, heardNs) && nowNs - heardNs >= TABLE_IDLE_NS;
}
