/**
 * The model's slots beside those that /proc shows.
 *
 * While somebody reads /proc, slots come and go. So what changed from the begin of the reading until it is compared
 * says nothing, whichever of the two has it.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import type { SlotGraph } from "./slots.ts";

/** What came out of a comparison. */
export interface SlotComparison {
  /** Slots that both have. */
  readonly agreed: number;
  /** Slots that only the model has, such as `pid 201 fd 5`. */
  readonly onlyModel: readonly string[];
  /** Slots that only /proc has. */
  readonly onlyProc: readonly string[];
  /** Slots that changed meanwhile. */
  readonly changed: number;
  /** Whether all of /proc could be read. */
  readonly whole: boolean;
}

/** What /proc showed. */
export interface SlotListing {
  /** Each pidfd. */
  readonly listed: readonly WireEvent<"listed">[];
  /** Whether everything could be read. */
  readonly whole: boolean;
}

/**
 * Compares.
 *
 * @param graph the model's slots, watched since before /proc was read
 * @param listing what /proc showed
 * @returns what came out of it
 */
export function compareSlots(graph: SlotGraph, listing: SlotListing): SlotComparison {
  const changes = graph.unwatch();
  const modelled = new Map<string, string>();
  for (const { pid, tid, table, leaderless } of graph.users()) {
    // The folder of the process shows the table of its first thread.
    if (tid !== pid || leaderless === true) continue;
    for (const fd of table.slots.keys()) modelled.set(`pid ${pid} fd ${fd}`, `${table.id} ${fd}`);
  }
  let agreed = 0;
  let changed = 0;
  const onlyProc: string[] = [];
  for (const { pid, fd } of listing.listed) {
    const name = `pid ${pid} fd ${fd}`;
    if (modelled.delete(name)) agreed += 1;
    else if (changes.hasEmptied(pid, fd)) changed += 1;
    else onlyProc.push(name);
  }
  const onlyModel: string[] = [];
  for (const [name, slot] of modelled) {
    if (changes.filled.has(slot)) changed += 1;
    else onlyModel.push(name);
  }
  return { agreed, changed, onlyProc, onlyModel: listing.whole ? onlyModel : [], whole: listing.whole };
}
