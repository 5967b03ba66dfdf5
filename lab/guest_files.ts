/**
 * Everything that a guest is booted from, built where it is missing.
 *
 * @module
 */

import type { BuildOptions } from "./build_once.ts";
import { removeLeftovers } from "./cache.ts";
import { buildKernelImage } from "./kernel_image.ts";
import type { LabKernel } from "./kernels.ts";
import { prepareMachine } from "./prepare.ts";
import type { GuestFiles } from "./qemu.ts";
import { buildRootImage } from "./root_image.ts";

/**
 * Makes this machine fit for the lab, and builds kernel and root disk unless the cache has them.
 *
 * It takes 45 seconds the first time, and a few milliseconds later.
 *
 * @param kernel which kernel
 * @param options progress, cancelling, and where the cache is
 * @returns the files
 * @throws {HostError} when something is missing that cannot be installed, fetched or built
 *
 * @example
 * ```ts ignore
 * import { buildGuestFiles } from "./guest_files.ts";
 * import { findKernel } from "./kernels.ts";
 *
 * const files = await buildGuestFiles(findKernel("6.12"), { onProgress: console.error });
 * ```
 */
export async function buildGuestFiles(kernel: LabKernel, options: BuildOptions = {}): Promise<GuestFiles> {
  const { signal, onProgress } = options;
  await prepareMachine({ signal, onProgress });
  await removeLeftovers(options.cacheFolder);
  const image = await buildKernelImage(kernel, options);
  const rootImage = await buildRootImage(kernel.rootSuite, options);
  return { ...image, rootImage };
}
