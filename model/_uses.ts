/**
 * What the record of a use does to the model.
 *
 * @module
 */

import type { WireEvent } from "../schema/mod.ts";
import { callOf, useOf } from "./_calls.ts";
import type { ModelState } from "./state.ts";
import { processOf, targetOf } from "./_subject.ts";
import { inScope } from "./_scope.ts";
import type { Publisher } from "./update.ts";

/** A pidfd was used. */
export function onUse(state: ModelState, event: Extract<WireEvent, { kind: "use" }>, out: Publisher): void {
  const use = useOf(event.how, event.call);
  if (use === undefined) return;
  const file = state.files.get(event.file);
  if (file === undefined) {
    // It is older than the probes, and nothing tells of its target.
    state.unmatched += 1;
    return;
  }
  const uses = (file.uses.get(use) ?? 0) + 1;
  file.uses.set(use, uses);
  out.publish("pidfd.use", {
    cpu: event.cpu,
    process: processOf(state, event),
    file: file.id,
    use,
    uses,
    by: callOf(event.call),
    command: event.how === 2 ? `0x${event.command.toString(16)}` : null,
    target: targetOf(file.target),
  }, { ktimeNs: event.ktimeNs, followed: file.followed || inScope(state, event) });
}
