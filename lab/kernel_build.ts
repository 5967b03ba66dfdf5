/**
 * A kernel without modules, built from Debian's source with `docs/lab-kernel.config`.
 *
 * @module
 */

import { buildOnce, type BuildOptions } from "./build_once.ts";
import { debianTarRecipe } from "./debian_tar.ts";
import { requireFreeSpace } from "./free_space.ts";
import { archiveSource, fetchKernelArchive } from "./kernel_archive.ts";
import { compileKernel, configureKernel, readKernelSteps } from "./kernel_steps.ts";
import type { KernelSource } from "./kernel_tree.ts";
import type { LabPackage } from "./packages.ts";
import { prepareMachine } from "./prepare.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";

/** What is needed on this machine to compile a kernel, beyond what the lab needs anyway. */
export const KERNEL_BUILD_PACKAGES: readonly LabPackage[] = [
  { name: "make", programs: ["make"], files: [], why: "builds the kernel" },
  { name: "flex", programs: ["flex"], files: [], why: "reads Kconfig" },
  { name: "bison", programs: ["bison"], files: [], why: "reads Kconfig" },
  { name: "bc", programs: ["bc"], files: [], why: "computes constants" },
  { name: "libelf-dev", programs: [], files: ["/usr/include/gelf.h"], why: "objtool" },
  { name: "dwarves", programs: ["pahole"], files: [], why: "makes BTF of the debug information" },
];

/** Free space that a build needs while it runs: the source, and objects with debug information. */
export const KERNEL_BUILD_BYTES = 6_000_000_000;

/** Options of {@linkcode buildKernel}. */
export interface KernelBuildOptions extends BuildOptions {
  /** Whether it gets BTF, whose debug information makes most of the compilation. @default {true} */
  readonly btf?: boolean;
}

/**
 * Compiles a kernel unless the cache has it.
 *
 * @param kernel series, and the Debian suite that has its source
 * @param options with or without BTF, progress, cancelling, and where the cache is
 * @returns path of the kernel, a bzImage
 * @throws {HostError} when a program, the network or disk space is missing, or it does not compile
 *
 * @example
 * ```ts ignore
 * import { buildKernel } from "./kernel_build.ts";
 *
 * console.log(await buildKernel({ series: "6.1", suite: "bookworm" }, { onProgress: console.error }));
 * ```
 */
export async function buildKernel(kernel: KernelSource, options: KernelBuildOptions = {}): Promise<string> {
  const { signal, onProgress } = options;
  const label = `kernel ${kernel.series}`;
  const steps = await readKernelSteps(options.btf !== false);
  await prepareMachine({ packages: KERNEL_BUILD_PACKAGES, signal, onProgress });

  const build = async (folder: string) => {
    await requireFreeSpace(folder, { purpose: `build ${label}`, bytes: KERNEL_BUILD_BYTES, signal });
    const archive = await fetchKernelArchive(kernel, { folder, signal, onProgress });
    const tree = `${folder}/tree`;
    await configureKernel(steps, { archive, tree, label, signal, onProgress });
    await compileKernel(steps, { tree, result: `${folder}/bzImage`, label, signal, onProgress });
    await removeTree(tree);
    await removeTree(`${folder}/usr`);
  };
  const recipe = [...await debianTarRecipe(archiveSource(kernel)), ...Object.values(steps)];
  const kind = options.btf === false ? "bzimage-nobtf" : "bzimage";
  const name = `${kind}-${kernel.series}`;
  return `${await buildOnce({ ...options, name, hash: await recipeHash(recipe), build })}/bzImage`;
}
