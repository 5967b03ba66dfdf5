/**
 * What can be built: the kernels without any change, the variants, and the seed without BTF.
 *
 * @module
 */

import { HostError } from "../../hosts/host.ts";
import { KERNEL_MUTANTS } from "./list.ts";
import type { KernelMutant, SourceEdit } from "./mutant.ts";
import { SEED, SEED_EDITS } from "./seed.ts";

/** A kernel to build. */
export interface KernelVariant {
  /** Its name; that of a mutant, or one of {@linkcode PLAIN_VARIANTS}. */
  readonly id: string;
  /** Series of Debian's source. */
  readonly series: string;
  /** Everything that is changed, in the order in which it is. */
  readonly edits: readonly SourceEdit[];
}

/** The configuration without BTF. */
const WITHOUT_BTF: SourceEdit = {
  file: ".config",
  original: "\nCONFIG_DEBUG_INFO_BTF=y\n",
  replacement: "\n# CONFIG_DEBUG_INFO_BTF is not set\n",
};

/** What is built and is no mutant. */
export const PLAIN_VARIANTS: readonly KernelVariant[] = [
  { id: "base-5.10", series: "5.10", edits: [] },
  { id: "base-6.12", series: "6.12", edits: [] },
  // Kernels of the seed's time have none. Their objects have the same debug information, so few of them are made anew.
  { id: `${SEED.id}-nobtf`, series: "5.10", edits: [...SEED_EDITS, WITHOUT_BTF] },
];

/**
 * The kernel of a mutant.
 *
 * @param mutant the mutant
 * @returns what to build: on top of the seed it has the seed's changes too
 *
 * @example
 * ```ts
 * import { variantOf } from "./variants.ts";
 * import { SEED } from "./seed.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(variantOf(SEED).series, "5.10");
 * ```
 */
export function variantOf(mutant: KernelMutant): KernelVariant {
  const { id, base, edits } = mutant;
  if (base !== "seed") return { id, series: base, edits };
  return { id, series: "5.10", edits: [...SEED_EDITS, ...edits] };
}

/**
 * Everything that can be built. Those of one source that change a header come last, for they compile it all.
 *
 * @returns the kernels, in the order that builds the least
 *
 * @example
 * ```ts
 * import { allVariants } from "./variants.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(allVariants().some((variant) => variant.id === "seed-nobtf"));
 * ```
 */
export function allVariants(): readonly KernelVariant[] {
  return [...PLAIN_VARIANTS, ...KERNEL_MUTANTS.map(variantOf)].sort((a, b) => place(a) - place(b));
}

/**
 * Finds what can be built by its name.
 *
 * @param id the name
 * @returns the kernel
 * @throws {HostError} of kind `missing` when there is none of that name; the hint names those there are
 *
 * @example
 * ```ts
 * import { findVariant } from "./variants.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(findVariant("base-5.10").edits.length, 0);
 * assert.throws(() => findVariant("no-such"), /Cannot find the kernel variant "no-such"/);
 * ```
 */
export function findVariant(id: string): KernelVariant {
  const variants = allVariants();
  const found = variants.find((variant) => variant.id === id);
  if (found !== undefined) return found;
  throw new HostError(`Cannot find the kernel variant ${JSON.stringify(id)}`, {
    host: "lab",
    kind: "missing",
    hint: `There are ${variants.map((variant) => variant.id).join(", ")}`,
  });
}

/**
 * Whether a change makes most of a kernel compile anew.
 *
 * @param variant the kernel
 * @returns whether it changes a header
 *
 * @example
 * ```ts
 * import { changesHeaders, findVariant } from "./variants.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(changesHeaders(findVariant("moved-fields")));
 * ```
 */
export function changesHeaders(variant: KernelVariant): boolean {
  return variant.edits.some((edit) => edit.file.endsWith(".h"));
}

/** Where a kernel stands in the order of building. */
function place(variant: KernelVariant): number {
  return Number(changesHeaders(variant)) * 2 + Number(variant.series !== "5.10");
}
