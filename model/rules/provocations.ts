/**
 * The scenarios that the stimulus knows, and what each of them risks.
 *
 * @module
 */

import { DecodeError } from "../../events/mod.ts";

/**
 * What a scenario touches: its own processes and descriptors; a cgroup, folder or mount of its own; the whole machine,
 * or a kernel that lacks a fix.
 */
export type Risk = "harmless" | "scratch" | "dangerous";

/** A scenario of the stimulus. */
export interface Provocation {
  /** Its name. */
  readonly name: string;
  /** What it risks. */
  readonly risk: Risk;
  /** What it does, in one sentence. */
  readonly summary: string;
}

const RISKS: ReadonlySet<string> = new Set<Risk>(["harmless", "scratch", "dangerous"]);

function isRisk(word: string): word is Risk {
  return RISKS.has(word);
}

/**
 * Reads the list that the stimulus prints with `--list`.
 *
 * @param text its output: name, risk and sentence in each line, with tabulators between
 * @returns the scenarios, in the order of the list
 * @throws {DecodeError} when a line is something else
 *
 * @example
 * ```ts
 * import { readProvocations } from "./provocations.ts";
 * import assert from "node:assert/strict";
 *
 * const [first] = readProvocations("confirm-page\tharmless\tR5: nowhere\n");
 * assert.deepEqual(first, { name: "confirm-page", risk: "harmless", summary: "R5: nowhere" });
 * assert.throws(() => readProvocations("confirm-page\n"), /Cannot read the list of scenarios/);
 * ```
 */
export function readProvocations(text: string): readonly Provocation[] {
  return text.replace(/\n$/, "").split("\n").map((line, index) => {
    const [name = "", risk = "", summary = "", ...rest] = line.split("\t");
    if (/^[a-z0-9-]+$/.test(name) && isRisk(risk) && summary !== "" && rest.length === 0) {
      return { name, risk, summary };
    }
    const at = { line: index + 1, column: 1, text: line };
    throw new DecodeError(
      "Cannot read the list of scenarios: a name, a risk and a sentence are required",
      at,
    );
  });
}
