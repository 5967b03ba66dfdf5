/**
 * Every kernel variant.
 *
 * @module
 */

import { CLEANUP_BUGS } from "./cleanup_bugs.ts";
import { CLONE_BUGS } from "./clone_bugs.ts";
import { COUNT_BUGS } from "./count_bugs.ts";
import { HARMLESS } from "./harmless.ts";
import { LOOK_BUGS } from "./look_bugs.ts";
import type { KernelMutant } from "./mutant.ts";
import { PIDFS_BUGS } from "./pidfs_bugs.ts";
import { SEED } from "./seed.ts";
import { SEED_BUGS } from "./seed_bugs.ts";

/** The variants, the seed first. */
export const KERNEL_MUTANTS: readonly KernelMutant[] = [
  SEED,
  ...COUNT_BUGS,
  ...CLEANUP_BUGS,
  ...CLONE_BUGS,
  ...LOOK_BUGS,
  ...SEED_BUGS,
  ...PIDFS_BUGS,
  ...HARMLESS,
];
