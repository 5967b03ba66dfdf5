/**
 * One rule in an answer of `confirm`, of which nothing is known.
 *
 * @module
 */

import type { Answer } from "../../schema/mod.ts";

/** A rule that holds. */
export const RULE_ANSWER: Answer<"confirm">["rules"][number] = {
  id: "R5",
  statement: "The file is closed",
  verdict: "holds",
  asked: true,
  checks: 4,
  as_expected: 4,
  expected: null,
  observed: null,
  step: null,
  way: null,
  tried: null,
  reasons: [],
  exhibits: [],
  events: [],
  exhibits_left_out: 0,
};
