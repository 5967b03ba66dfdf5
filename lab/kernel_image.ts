/**
 * A kernel and its initrd, made of a Debian kernel package.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { buildOnce, type BuildOptions } from "./build_once.ts";
import { cpioArchive, type CpioEntry } from "./cpio.ts";
import { debianTarCommand, fetchDebianTar } from "./debian_tar.ts";
import { megabytes, requireFreeSpace } from "./free_space.ts";
import { GUEST_MODULES, type KernelModule, modulesInOrder } from "./kernel_modules.ts";
import type { LabKernel } from "./kernels.ts";
import { runProgram } from "./program.ts";
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
/** Version of what {@linkcode packInitrd} makes, for the fingerprint. */
const INITRD_LAYOUT = `initrd 1: ${GUEST_MODULES.join(" ")}`;

/**
 * Builds a lab kernel unless the cache has it.
 *
 * @param kernel which one
 * @param options progress, cancelling, and where the cache is
 * @returns kernel and initrd
 * @throws {HostError} when a program, the network or disk space is missing, or the package has no kernel in it;
 *   nothing of the build is left then
 *
 * @example
 * ```ts ignore
 * import { buildKernelImage } from "./kernel_image.ts";
 * import { findKernel } from "./kernels.ts";
 *
 * const image = await buildKernelImage(findKernel("6.12"), { onProgress: console.error });
 * ```
 */
export async function buildKernelImage(kernel: LabKernel, options: BuildOptions = {}): Promise<KernelImage> {
  const init = await Deno.readTextFile(new URL("./initrd_init.sh", import.meta.url));
  const packages = [kernel.kernelPackage, "busybox-static"];
  const source = { suite: kernel.suite, variant: "extract", packages, excludedPaths: [] } as const;
  const label = `kernel ${kernel.name}`;
  const { signal, onProgress } = options;

  const build = async (folder: string) => {
    const started = Date.now();
    await requireFreeSpace(folder, { purpose: `build ${label}`, bytes: NEEDED_BYTES, signal });
    const tar = `${folder}/kernel.tar`;
    await fetchDebianTar({ ...source, path: tar, folder, label, signal, onProgress });
    onProgress?.(`${label}: making the initrd`);
    await unpackKernel({ folder, tar, init, label, signal });
    const bytes = (await Deno.stat(`${folder}/vmlinuz`)).size + (await Deno.stat(`${folder}/initrd`)).size;
    onProgress?.(`${label}: built in ${Math.round((Date.now() - started) / 1000)} s, ${megabytes(bytes)}`);
  };
  const hash = await recipeHash([...debianTarCommand(source), INITRD_LAYOUT, init]);
  const folder = await buildOnce({ ...options, name: `kernel-${kernel.name}`, hash, build });
  return { vmlinuz: `${folder}/vmlinuz`, initrd: `${folder}/initrd` };
}

/** Where the parts of a kernel are in a listing of its packages. */
export interface KernelFiles {
  /** The kernel itself. */
  readonly vmlinuz: string;
  /** The busybox that the initrd runs. */
  readonly busybox: string;
  /** Module names with underscores, and where they are. */
  readonly modules: ReadonlyMap<string, string>;
}

/**
 * Finds a kernel's parts among the files of its packages.
 *
 * The kernel is in /boot, or since 6.19 beside its modules; modules are in /lib or /usr/lib, plain or compressed.
 *
 * @param listing paths, as tar prints them
 * @returns where they are, or `undefined` when there is no kernel or no busybox
 *
 * @example
 * ```ts
 * import { findKernelFiles } from "./kernel_image.ts";
 * import assert from "node:assert/strict";
 *
 * const listing = ["./boot/vmlinuz-6.12", "./usr/bin/busybox", "./usr/lib/modules/6.12/kernel/virtio-rng.ko.xz"];
 * assert.ok(findKernelFiles(listing)?.modules.has("virtio_rng"));
 * ```
 */
export function findKernelFiles(listing: readonly string[]): KernelFiles | undefined {
  const vmlinuz = listing.find((path) =>
    /^\.\/(boot\/vmlinuz-|(usr\/)?lib\/modules\/[^/]+\/vmlinuz$)/.test(path)
  );
  const busybox = listing.find((path) => /^\.\/(usr\/)?bin\/busybox$/.test(path));
  if (vmlinuz === undefined || busybox === undefined) return undefined;
  const modules = new Map<string, string>();
  for (const path of listing) {
    const name = /\/([^/]+)\.ko(\.[a-z]+)?$/.exec(path)?.[1];
    if (name !== undefined) modules.set(name.replaceAll("-", "_"), path);
  }
  return { vmlinuz, busybox, modules };
}

/**
 * Makes the initrd of a guest.
 *
 * @param init text of its first process
 * @param options busybox, statically linked, and the modules in the order of loading
 * @returns the archive
 *
 * @example
 * ```ts
 * import { packInitrd } from "./kernel_image.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(packInitrd("#!/bin/busybox sh\n", { busybox: new Uint8Array(4), modules: [] }).length > 0);
 * ```
 */
export function packInitrd(
  init: string,
  options: { readonly busybox: Uint8Array; readonly modules: readonly KernelModule[] },
): Uint8Array<ArrayBuffer> {
  const modules = options.modules.map(({ name, content }, index): CpioEntry => {
    // initrd_init.sh loads them in the order of their names.
    return { path: `modules/${String(index).padStart(2, "0")}-${name}.ko`, content };
  });
  return cpioArchive([
    { path: "init", content: new TextEncoder().encode(init) },
    { path: "bin", content: undefined },
    { path: "bin/busybox", content: options.busybox },
    { path: "modules", content: undefined },
    ...modules,
  ]);
}

/** Turns the archive of packages into `vmlinuz` and `initrd` beside it, and removes the archive. */
async function unpackKernel(options: {
  readonly folder: string;
  readonly tar: string;
  readonly init: string;
  readonly label: string;
  readonly signal: AbortSignal | undefined;
}): Promise<void> {
  const { folder, tar, label, signal } = options;
  const tree = `${folder}/tree`;
  await Deno.mkdir(tree);
  const unpack = ["tar", "--extract", "--no-same-owner", "--verbose", `--file=${tar}`, `--directory=${tree}`];
  const listing = await runProgram(unpack, { purpose: `unpack ${label}`, signal });
  const files = findKernelFiles(listing.split("\n"));
  if (files === undefined) {
    const message = `Cannot build ${label}: its packages have no vmlinuz or no busybox in them`;
    throw new HostError(message, { host: "lab", kind: "failed" });
  }
  const modules = await modulesInOrder(GUEST_MODULES, async (name) => {
    const path = files.modules.get(name);
    return path === undefined ? undefined : await readModule(`${tree}/${path}`, signal);
  });
  const busybox = await Deno.readFile(`${tree}/${files.busybox}`);
  await Deno.writeFile(`${folder}/initrd`, packInitrd(options.init, { busybox, modules }));
  await Deno.rename(`${tree}/${files.vmlinuz}`, `${folder}/vmlinuz`);
  await removeTree(tree);
  await Deno.remove(tar);
}

/** Reads a module, decompressed where it is compressed. */
async function readModule(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (path.endsWith(".ko")) return await Deno.readFile(path);
  await runProgram(["xz", "--decompress", "--", path], { purpose: `decompress "${path}"`, signal });
  return await Deno.readFile(path.replace(/\.xz$/, ""));
}
