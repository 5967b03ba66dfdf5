/**
 * The words of `confirm`.
 *
 * @module
 */

import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { InferValue } from "@optique/core/parser";
import { constant, option } from "@optique/core/primitives";
import { choice, integer } from "@optique/core/valueparser";
import { ATTEMPTS } from "../../model/mod.ts";
import { targetOption } from "./grammar_parts.ts";
import { rulesValue } from "./values.ts";

/** How the verdicts can be written. */
export const CONFIRM_OUTPUTS = ["table", "json", "tap", "junit"] as const;

/** Everything that is told is kept until it is judged: so many fit into its limit, and into memory. */
const ROUNDS_MAX = 20;
const LIVES_MAX = 20_000;

/** The largest seed: what is made again takes those behind it, and the stimulus nine digits. */
export const SEED_MAX = 999_999_900;

/** Its options. */
export const confirm = merge(
  targetOption,
  object({
    command: constant("confirm"),
    list: option("--list", {
      description: message`Show the rules and the stimuli with what they risk; play nothing.`,
    }),
    only: optional(option("--only", rulesValue(), {
      description: message`Only these rules, such as R5,R11; only what they need is played.`,
    })),
    rounds: withDefault(
      option("--rounds", integer({ metavar: "N", min: 1, max: ROUNDS_MAX }), {
        description: message`How often each stimulus is played.`,
      }),
      1,
    ),
    lives: withDefault(
      option("--lives", integer({ metavar: "N", min: 1, max: LIVES_MAX }), {
        description: message`Processes that live and die in the races and under stress.`,
      }),
      2000,
    ),
    seed: optional(option("--seed", integer({ metavar: "N", min: 1, max: SEED_MAX }), {
      description: message`Do what is done at random as in the run that told this seed.`,
    })),
    dangerous: multiple(
      option("--dangerous", choice(ATTEMPTS.map((it) => it.name), { metavar: "NAME" }), {
        description:
          message`Play this stimulus although it could harm the machine; repeatable. Guests of the lab need no such word.`,
      }),
    ),
    yes: option("--yes", { description: message`Play the stimuli on ssh: and local without being asked.` }),
    output: optional(option("-o", "--output", choice(CONFIRM_OUTPUTS, { metavar: "FORMAT" }), {
      description: message`How the verdicts are written; without it a table.`,
    })),
    json: option("--json", { description: message`The same as -o json: one JSON object.` }),
  }),
);

/** The options of `confirm`. */
export type ConfirmOptions = InferValue<typeof confirm>;
