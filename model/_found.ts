/**
 * What a slot does to the model that was there before the probes.
 *
 * @module
 */

import type { FoundSlot } from "../events/mod.ts";
import { adoptFound } from "./_births.ts";
import { tellFound } from "./_slot_news.ts";
import type { ModelState } from "./state.ts";
import type { Publisher } from "./update.ts";

/**
 * Takes a slot that the walk over all open files has found.
 *
 * What the probes told of the slot meanwhile is newer, and stays.
 */
export function onFound(state: ModelState, found: FoundSlot, out: Publisher): void {
  const table = state.slots.tableAt(found.table, found.ktimeNs);
  const { pid, tid, startNs } = found;
  if (state.slots.userOf(tid) === undefined) state.slots.join(tid, { pid, startNs, table });
  // Who shares the table has told of it already.
  if (table.slots.has(found.fd)) return;
  const file = state.files.get(found.file) ?? adoptFound(state, found, out);
  if (file.target.address !== found.pidAddress) return;
  const closeOnExec = found.cloexec !== 0;
  const { now } = state.slots.fill(table, {
    fd: found.fd,
    file: found.file,
    closeOnExec,
    sinceNs: found.ktimeNs,
  });
  tellFound(state, { found, slot: now, file, out });
}
