/**
 * The lab: throw-away virtual machines with kernels to trace, booted from stock Debian packages under software
 * emulation. Nothing of it runs with more rights than the user has, and nothing of it outlives the process that
 * started it.
 *
 * ```text
 * kernels.ts ─▶ kernel_image.ts ─┐
 *               root_image.ts ───┴▶ guest.ts ─▶ running.ts
 * stimulus/*.c ─▶ stimulus_binary.ts
 * ```
 *
 * @module
 */

export { type BuildOptions } from "./build_once.ts";
export { type CacheEntry, labCacheFolder, listCache, removeCached, removeLeftovers } from "./cache.ts";
export { bootGuest, type BootOptions, type Guest, type GuestOptions, startGuest } from "./guest.ts";
export { buildGoProgram, type GoProgramOptions } from "./go_program.ts";
export { buildGuestFiles } from "./guest_files.ts";
export { type ImageGuestOptions, startImageGuest } from "./image_guest.ts";
export { buildKernel, KERNEL_BUILD_PACKAGES, type KernelBuildOptions } from "./kernel_build.ts";
export { buildKernelImage, type KernelImage } from "./kernel_image.ts";
export { fetchKernelTree, type KernelSource, type KernelTree } from "./kernel_tree.ts";
export {
  DEFAULT_KERNEL,
  DEFAULT_ROOT,
  findKernel,
  LAB_KERNELS,
  LAB_ROOTS,
  type LabKernel,
  type LabRoot,
} from "./kernels.ts";
export { buildMutantKernel } from "./mutant_kernel.ts";
export { KERNEL_MUTANTS } from "./mutants/list.ts";
export {
  applyEdits,
  type KernelMutant,
  MUTANT_CLASSES,
  type MutantBase,
  type MutantClass,
  type RuleId,
  type SourceEdit,
} from "./mutants/mutant.ts";
export { allVariants, findVariant, type KernelVariant, variantOf } from "./mutants/variants.ts";
export { installCommand, LAB_PACKAGES, type LabPackage } from "./packages.ts";
export { missingPackages, prepareMachine, type PrepareOptions } from "./prepare.ts";
export { LAB_PROGRAMS } from "./program.ts";
export { type GuestFiles } from "./qemu.ts";
export { buildRootImage, type RootImageExtra, type RootImageOptions } from "./root_image.ts";
export { findRunning, listRunning, registerGuest, type RunningGuest, stopRunning } from "./running.ts";
export { buildStimulus, type StimulusOptions } from "./stimulus_binary.ts";
