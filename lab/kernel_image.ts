/**
 * A kernel and its initrd, made of a Debian kernel package.
 *
 * @module
 */

import { buildOnce, type BuildOptions } from "./build_once.ts";
import { debianTarRecipe } from "./debian_tar.ts";
import { megabytes, requireFreeSpace } from "./free_space.ts";
import { initrdRecipe, makeInitrd } from "./initrd.ts";
import { fetchKernelTree, type KernelSource, kernelSource } from "./kernel_tree.ts";
import { GUEST_MODULES } from "./kernel_modules.ts";
import { readModules } from "./module_folder.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";

/** Files that QEMU boots a kernel from. */
export interface KernelImage {
  /** Path of the kernel itself. */
  readonly vmlinuz: string;
  /** Path of its first root file system, which loads drivers and goes over to the root disk. */
  readonly initrd: string;
}

/** Free space that a build needs while it runs. */
const NEEDED_BYTES = 700_000_000;

/**
 * Builds a lab kernel unless the cache has it. Kernels that differ in their root file system alone are one.
 *
 * @param kernel which one
 * @param options progress, cancelling, and where the cache is
 * @returns kernel and initrd
 * @throws {HostError} when a program, the network or disk space is missing, or the package has no kernel in it; of kind
 *   `missing` when the mirror does not have the kernel any more; nothing of the build is left then
 *
 * @example
 * ```ts ignore
 * import { buildKernelImage } from "./kernel_image.ts";
 * import { findKernel } from "./kernels.ts";
 *
 * const image = await buildKernelImage(findKernel("6.12"), { onProgress: console.error });
 * ```
 */
export async function buildKernelImage(
  kernel: KernelSource,
  options: BuildOptions = {},
): Promise<KernelImage> {
  const label = `kernel ${kernel.series}`;
  const { signal, onProgress } = options;

  const build = async (folder: string) => {
    const started = Date.now();
    await requireFreeSpace(folder, { purpose: `build ${label}`, bytes: NEEDED_BYTES, signal });
    const tree = await fetchKernelTree(kernel, { folder, signal, onProgress });
    onProgress?.(`${label}: making the initrd`);
    const modules = await readModules(tree.modules, { wanted: GUEST_MODULES, scratch: folder, signal });
    await Deno.writeFile(`${folder}/initrd`, await makeInitrd(modules, options));
    await Deno.rename(tree.vmlinuz, `${folder}/vmlinuz`);
    await removeTree(`${folder}/tree`);
    const bytes = (await Deno.stat(`${folder}/vmlinuz`)).size + (await Deno.stat(`${folder}/initrd`)).size;
    onProgress?.(`${label}: built in ${Math.round((Date.now() - started) / 1000)} s, ${megabytes(bytes)}`);
  };
  const hash = await recipeHash([...await debianTarRecipe(kernelSource(kernel)), ...await initrdRecipe()]);
  const folder = await buildOnce({ ...options, name: `kernel-${kernel.series}`, hash, build });
  return { vmlinuz: `${folder}/vmlinuz`, initrd: `${folder}/initrd` };
}
