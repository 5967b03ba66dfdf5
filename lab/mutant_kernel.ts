/**
 * A kernel with a known change, for `lab:PATH`.
 *
 * @module
 */

import { buildOnce, type BuildOptions } from "./build_once.ts";
import { KERNEL_BUILD_BYTES, KERNEL_BUILD_PACKAGES } from "./kernel_build.ts";
import { requireFreeSpace } from "./free_space.ts";
import { compileKernel } from "./kernel_steps.ts";
import { findKernel } from "./kernels.ts";
import { mutantRecipe, type MutantTree, withMutantTree } from "./mutant_tree.ts";
import { changesHeaders, type KernelVariant } from "./mutants/variants.ts";
import { prepareMachine } from "./prepare.ts";
import { runProgram } from "./program.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";
import { setChanges } from "./source_changes.ts";

/**
 * Compiles a variant of a kernel unless the cache has it.
 *
 * The first one of a source compiles all of it, the others only what they change. One that changes a header is compiled
 * in a copy of the source: put back, the header would make all the others compile everything again.
 *
 * @param variant which one
 * @param options progress, cancelling, and where the cache is
 * @returns path of the kernel, a bzImage
 * @throws {HostError} when a program, the network or disk space is missing, or it does not compile
 * @throws {RangeError} when a change does not fit the source that Debian has now
 *
 * @example
 * ```ts ignore
 * import { buildMutantKernel } from "./mutant_kernel.ts";
 * import { findVariant } from "./mutants/variants.ts";
 *
 * console.log(await buildMutantKernel(findVariant("seed"), { onProgress: console.error }));
 * ```
 */
export async function buildMutantKernel(variant: KernelVariant, options: BuildOptions = {}): Promise<string> {
  const { signal, onProgress } = options;
  const kernel = findKernel(variant.series);
  await prepareMachine({ packages: KERNEL_BUILD_PACKAGES, signal, onProgress });
  const { steps, recipe } = await mutantRecipe(kernel);
  const hash = await recipeHash([...recipe, steps.compile, JSON.stringify(variant.edits)]);
  const compile = async (tree: MutantTree, result: string) => {
    await setChanges(tree.folder, variant.edits);
    const places = { tree: `${tree.folder}/tree`, result: `${result}/bzImage` };
    await compileKernel(tree.steps, { ...options, ...places, label: `kernel ${variant.id}` });
  };
  const build = async (result: string) => {
    if (!changesHeaders(variant)) {
      await withMutantTree(kernel, { ...options, act: (tree) => compile(tree, result) });
      return;
    }
    const copy = `${result}/work`;
    await requireFreeSpace(result, { purpose: `build ${variant.id}`, bytes: KERNEL_BUILD_BYTES, signal });
    await Deno.mkdir(copy);
    onProgress?.(`kernel ${variant.id}: copying the source, for most of it is compiled anew`);
    await withMutantTree(kernel, { ...options, act: (tree) => copyTree(tree, copy, signal) });
    await compile({ folder: copy, steps }, result);
    await removeTree(copy);
  };
  return `${await buildOnce({ ...options, name: `mutant-${variant.id}`, hash, build })}/bzImage`;
}

/** Copies a source as it was at first, with all that is compiled of it. */
async function copyTree(tree: MutantTree, copy: string, signal: AbortSignal | undefined): Promise<void> {
  await setChanges(tree.folder, []);
  const words = ["cp", "--archive", "--reflink=auto", "--", `${tree.folder}/tree`, `${copy}/tree`];
  await runProgram(words, { purpose: "copy the source", signal });
}
