/**
 * All bugs that the tests must notice.
 *
 * @module
 */

import { COUNT_MUTANTS } from "./count_mutants.ts";
import type { Mutant } from "./mutant.ts";
import { SLOT_MUTANTS } from "./slot_mutants.ts";
import { STREAM_MUTANTS } from "./stream_mutants.ts";

/** The bugs, each of them alone. */
export const MUTANTS: readonly Mutant[] = [...COUNT_MUTANTS, ...SLOT_MUTANTS, ...STREAM_MUTANTS];
