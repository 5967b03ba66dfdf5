/**
 * A Debian kernel, unpacked: the kernel itself and the folder of its modules.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { type DebianSource, fetchDebianTar } from "./debian_tar.ts";
import { listTree } from "./list_tree.ts";
import type { LabKernel } from "./kernels.ts";
import { runProgram } from "./program.ts";

/** Where an unpacked kernel is. */
export interface KernelTree {
  /** The kernel itself. */
  readonly vmlinuz: string;
  /** Folder of its modules, such as `…/lib/modules/6.12.1`. */
  readonly modules: string;
}

/** What is fetched for a kernel: Debian's build for virtual machines, the newest of its series that the suite has. */
export type KernelSource = Pick<LabKernel, "series" | "suite">;

/**
 * The Debian package of a kernel.
 *
 * @param kernel series and suite
 * @returns what to fetch
 *
 * @example
 * ```ts
 * import { kernelSource } from "./kernel_tree.ts";
 * import assert from "node:assert/strict";
 *
 * const { pattern } = kernelSource({ series: "6.1", suite: "bookworm" }) as { pattern: string };
 * assert.match("linux-image-6.1.0-50-cloud-amd64", new RegExp(`^${pattern}$`));
 * assert.doesNotMatch("linux-image-6.12.1-cloud-amd64", new RegExp(`^${pattern}$`));
 * ```
 */
export function kernelSource(kernel: KernelSource): DebianSource {
  const series = kernel.series.replaceAll(".", "[.]");
  return {
    kind: "package",
    suite: kernel.suite,
    pattern: `linux-image-${series}[.+-].*cloud-amd64`,
    called: `linux-image-${kernel.series}…cloud-amd64`,
  };
}

/**
 * Fetches a kernel from Debian and unpacks it.
 *
 * @param kernel series and suite
 * @param options an empty folder for it, which the caller removes, and who wants to know
 * @returns where it is, below `folder`
 * @throws {HostError} of kind `missing` when the mirror does not have it, of kind `failed` when it cannot be fetched or
 *   has no kernel in it
 *
 * @example
 * ```ts ignore
 * import { fetchKernelTree } from "./kernel_tree.ts";
 *
 * const kernel = { series: "6.16", suite: "trixie-backports" };
 * const { vmlinuz, modules } = await fetchKernelTree(kernel, { folder: "/tmp/kernel" });
 * ```
 */
export async function fetchKernelTree(
  kernel: KernelSource,
  options: {
    readonly folder: string;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((line: string) => void) | undefined;
  },
): Promise<KernelTree> {
  const { folder, signal, onProgress } = options;
  const label = `kernel ${kernel.series}`;
  const tar = `${folder}/kernel.tar`;
  await fetchDebianTar({ source: kernelSource(kernel), path: tar, folder, label, signal, onProgress });
  const tree = `${folder}/tree`;
  await Deno.mkdir(tree);
  const unpack = [
    "tar",
    "--extract",
    "--no-same-owner",
    "--exclude=./dev/*",
    `--file=${tar}`,
    `--directory=${tree}`,
  ];
  await runProgram(unpack, { purpose: `unpack ${label}`, signal });
  await Deno.remove(tar);
  const found = findKernelFiles(await listTree(tree));
  if (found === undefined) {
    const message = `Cannot build ${label}: its package has no vmlinuz or no modules in it`;
    throw new HostError(message, { host: "lab", kind: "failed" });
  }
  return { vmlinuz: `${tree}/${found.vmlinuz}`, modules: `${tree}/${found.modules}` };
}

/**
 * Finds a kernel and its modules among the files of its packages.
 *
 * The kernel is in /boot, or since 6.19 beside its modules, which are in /lib or in /usr/lib.
 *
 * @param listing paths of files, without a slash in front
 * @returns where they are, or `undefined` when there is no kernel or no module
 *
 * @example
 * ```ts
 * import { findKernelFiles } from "./kernel_tree.ts";
 * import assert from "node:assert/strict";
 *
 * const listing = ["boot/vmlinuz-6.12", "usr/lib/modules/6.12/kernel/virtio-rng.ko.xz"];
 * assert.deepEqual(findKernelFiles(listing), { vmlinuz: "boot/vmlinuz-6.12", modules: "usr/lib/modules/6.12" });
 * ```
 */
export function findKernelFiles(listing: readonly string[]): KernelTree | undefined {
  const vmlinuz = listing.find((path) =>
    /^(boot\/vmlinuz-|(usr\/)?lib\/modules\/[^/]+\/vmlinuz$)/.test(path)
  );
  const modules = listing.map((path) =>
    /^((?:usr\/)?lib\/modules\/[^/]+)\/.*\.ko(\.[a-z]+)?$/.exec(path)?.[1]
  )
    .find((path) => path !== undefined);
  return vmlinuz === undefined || modules === undefined ? undefined : { vmlinuz, modules };
}
