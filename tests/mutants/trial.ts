/**
 * Whether the tests of the model notice a bug, and which of them.
 *
 * @module
 */

import type { RepositoryCopy } from "./copy.ts";
import type { Mutant } from "./mutant.ts";

/** Tests of the model as a whole, by a word for each, the quickest first. */
export const WITNESSES = {
  scenarios: "tests/scenarios_test.ts",
  goldens: "tests/goldens_test.ts",
  oracle: "tests/model_property_test.ts",
  simulator: "tests/slots_test.ts",
  worlds: "tests/proof/worlds_test.ts",
} as const;

/** One of them. */
export type Witness = keyof typeof WITNESSES;

const ALL = Object.keys(WITNESSES) as readonly Witness[];

/** What became of a mutant. */
export interface Verdict {
  /** The bug. */
  readonly mutant: Mutant;
  /** Who noticed it; the first one alone, unless all were asked. */
  readonly caughtBy: readonly Witness[];
  /** Why it could not be tried: it then says nothing of the tests. */
  readonly broken?: string;
}

/** Everything of the model that a test may load. */
const LOADS = "model/mod.ts";

const TEST = [
  "test",
  "--no-check",
  "--no-prompt",
  "--fail-fast",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];

/**
 * Runs one of the tests in a copy.
 *
 * @param copy the copy
 * @param witness which test
 * @returns what it said when it failed; `undefined` when it passed
 */
export async function failureOf(copy: RepositoryCopy, witness: Witness): Promise<string | undefined> {
  const { code, text } = await copy.deno([...TEST, WITNESSES[witness]]);
  return code === 0 ? undefined : text;
}

/**
 * Puts a bug into a copy and asks the tests.
 *
 * @param copy the copy
 * @param mutant the bug
 * @param options whether all are asked, or only until one has noticed it
 * @returns who noticed it
 */
export async function tryMutant(
  copy: RepositoryCopy,
  mutant: Mutant,
  { all }: { readonly all: boolean },
): Promise<Verdict> {
  return await copy.withBug(mutant, async () => {
    // What cannot even be loaded fails every test, and proves nothing.
    const loaded = await copy.deno(["run", "--no-check", "--no-prompt", LOADS]);
    if (loaded.code !== 0) return { mutant, caughtBy: [], broken: loaded.text };
    const caughtBy: Witness[] = [];
    for (const witness of ALL) {
      if (await failureOf(copy, witness) === undefined) continue;
      caughtBy.push(witness);
      if (!all) break;
    }
    return { mutant, caughtBy };
  });
}
