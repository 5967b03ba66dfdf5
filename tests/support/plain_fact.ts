/**
 * Facts of the stimulus for tests, by the name that a profile has for them.
 *
 * @module
 */

import type { Fact } from "../../model/mod.ts";
import { fact } from "./told.ts";

/** A fact with what matters of it, such as `plainFact("confirm-page read-only clone", { errno: 14 })`. */
export function plainFact(name: string, known: Partial<Fact> = {}): Fact {
  const [scenario = "", which = "", call = ""] = name.split(" ");
  const { errno = 0 } = known;
  return fact(`${scenario} ${call} ${which}`, { ret: errno === 0 ? 0 : -1, ...known });
}
