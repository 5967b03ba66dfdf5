/**
 * What the record of a number that is closed twice does to the model.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { callOf } from "./_calls.ts";
import { isLossSince } from "./_doubts.ts";
import type { ModelState } from "./state.ts";
import { inScope } from "./_scope.ts";
import { processOf } from "./_subject.ts";
import type { Publisher } from "./update.ts";

/**
 * A number that was a pidfd's is closed again. Nothing changes: who is to blame is for those who know more of both.
 *
 * @param state the model's state
 * @param event the record
 * @param out where events go
 */
export function onAgain(
  state: ModelState,
  event: Extract<WireEvent, { kind: "again" }>,
  out: Publisher,
): void {
  const { table: address, fd, file, pidfd, closer, closedNs, filler, call } = event;
  // Its table is told of when a slot of it is: this one was.
  const table = state.slots.table(address);
  if (table === undefined) {
    state.unmatched += 1;
    return;
  }
  out.publish("pidfd.close_again", {
    cpu: event.cpu,
    process: processOf(state, event),
    table: table.id,
    fd,
    held: file === "0" ? "nothing" : pidfd === 1 ? "pidfd" : "other",
    closed_by: closer,
    closed_ns: closedNs.toString(),
    filled_by: filler === 0 ? null : filler,
    by: callOf(call),
    doubtful: isLossSince(state, closedNs),
  }, { ktimeNs: event.ktimeNs, followed: inScope(state, event) });
}
