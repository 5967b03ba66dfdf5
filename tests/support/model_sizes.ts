/**
 * How much the model remembers.
 *
 * @module
 */

import type { ModelState } from "../../model/mod.ts";

/** Names of what grows in a model's state, with its size. */
export function sizesOf(state: ModelState): Readonly<Record<string, number>> {
  const { targets, files, failing, releasing, early, members, ended, doubts, slots, unborn, copies } = state;
  return {
    targets: targets.size,
    files: files.size,
    failing: failing.size,
    releasing: releasing.size,
    early: early.size,
    members: members.size,
    ended: ended.length,
    doubts: doubts.waiting.length,
    ...slots.sizes,
    unborn: unborn.size,
    copies: copies.size,
  };
}
