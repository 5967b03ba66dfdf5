/**
 * The source that variants of a kernel are compiled from: unpacked, configured and compiled once, and kept.
 *
 * It is no finished build but a place to work in, so it is made under its final name: what a compilation has done is
 * of use to the next one, however it ended. Whoever works in it holds its lock.
 *
 * @module
 */

import type { BuildOptions } from "./build_once.ts";
import { labCacheFolder, lockFile } from "./cache.ts";
import { debianTarRecipe } from "./debian_tar.ts";
import { requireFreeSpace } from "./free_space.ts";
import { archiveSource, fetchKernelArchive } from "./kernel_archive.ts";
import { KERNEL_BUILD_BYTES } from "./kernel_build.ts";
import { configureKernel, type KernelSteps, readKernelSteps } from "./kernel_steps.ts";
import type { KernelSource } from "./kernel_tree.ts";
import { acquireLock } from "./lock.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";

/** A source that is ready to be compiled. */
export interface MutantTree {
  /** Has the source in `tree`. */
  readonly folder: string;
  /** What the compilation does. */
  readonly steps: KernelSteps;
}

/**
 * What a source is made by, with the options that the variants need beyond those of every kernel of the lab.
 *
 * @param kernel series and suite
 * @returns the steps, and everything that decides what they yield
 *
 * @example
 * ```ts
 * import { mutantRecipe } from "./mutant_tree.ts";
 * import assert from "node:assert/strict";
 *
 * const { steps } = await mutantRecipe({ series: "5.10", suite: "bullseye" });
 * assert.match(steps.fragment, /^CONFIG_CGROUP_PIDS=y$/m);
 * ```
 */
export async function mutantRecipe(
  kernel: KernelSource,
): Promise<{ readonly steps: KernelSteps; readonly recipe: readonly string[] }> {
  const common = await readKernelSteps(true);
  const own = await Deno.readTextFile(new URL("./mutants/kernel.config", import.meta.url));
  const steps = { ...common, fragment: `${common.fragment}\n${own}` };
  const recipe = [...await debianTarRecipe(archiveSource(kernel)), steps.configure, steps.fragment];
  return { steps, recipe };
}

/**
 * Works in the source of a kernel, which is made when it is not there.
 *
 * @param kernel series and suite
 * @param options progress, cancelling, and where the cache is
 * @param act what to do, while nobody else works there
 * @returns what it returns
 * @throws {HostError} when a program, the network or disk space is missing
 *
 * @example
 * ```ts ignore
 * import { withMutantTree } from "./mutant_tree.ts";
 *
 * const kernel = { series: "6.12", suite: "trixie" };
 * await withMutantTree(kernel, { act: ({ folder }) => Promise.resolve(console.log(folder)) });
 * ```
 */
export async function withMutantTree<T>(
  kernel: KernelSource,
  options: BuildOptions & { readonly act: (tree: MutantTree) => Promise<T> },
): Promise<T> {
  const { signal, onProgress } = options;
  const cache = options.cacheFolder ?? labCacheFolder();
  const name = `mutant-tree-${kernel.series}`;
  const { steps, recipe } = await mutantRecipe(kernel);
  const folder = `${cache}/${name}@${await recipeHash(recipe)}`;
  using _lock = await acquireLock(lockFile(cache, name), {
    signal,
    onWait: () => onProgress?.(`${name}: waiting for another process that works there`),
  });
  if (!await isThere(`${folder}/ready`)) {
    await removeOthers(cache, name);
    await Deno.mkdir(folder);
    await unpack(kernel, folder, { ...options, steps });
    await Deno.writeTextFile(`${folder}/ready`, "");
  }
  return await options.act({ folder, steps });
}

/** Unpacks and configures the source. */
async function unpack(
  kernel: KernelSource,
  folder: string,
  options: BuildOptions & { readonly steps: KernelSteps },
): Promise<void> {
  const { signal, onProgress, steps } = options;
  const label = `kernel ${kernel.series}`;
  await requireFreeSpace(folder, { purpose: `build ${label}`, bytes: KERNEL_BUILD_BYTES, signal });
  const archive = await fetchKernelArchive(kernel, { folder, signal, onProgress });
  onProgress?.(`${label}: unpacking`);
  await configureKernel(steps, { archive, tree: `${folder}/tree`, label, signal, onProgress });
  await removeTree(`${folder}/usr`);
}

/** Removes what other recipes made, and what was not finished. */
async function removeOthers(cache: string, name: string): Promise<void> {
  for (const child of await Array.fromAsync(Deno.readDir(cache))) {
    if (child.name.startsWith(`${name}@`)) await removeTree(`${cache}/${child.name}`);
  }
}

/** Whether a path is there. */
async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
