/**
 * The source of a Debian kernel, as the archive that its package has.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { type DebianSource, fetchDebianTar } from "./debian_tar.ts";
import type { KernelSource } from "./kernel_tree.ts";
import { runProgram } from "./program.ts";

/**
 * The Debian package with the source of a kernel.
 *
 * @param kernel series and suite
 * @returns what to fetch
 *
 * @example
 * ```ts
 * import { archiveSource } from "./kernel_archive.ts";
 * import assert from "node:assert/strict";
 *
 * const { pattern } = archiveSource({ series: "6.1", suite: "bookworm" }) as { pattern: string };
 * assert.match("linux-source-6.1", new RegExp(`^${pattern}$`));
 * ```
 */
export function archiveSource(kernel: KernelSource): DebianSource {
  const name = `linux-source-${kernel.series}`;
  return { kind: "package", suite: kernel.suite, pattern: name.replaceAll(".", "[.]"), called: name };
}

/**
 * Fetches the source of a kernel from Debian.
 *
 * @param kernel series and suite
 * @param options a folder for it, which the caller removes, and who wants to know
 * @returns path of an archive that tar reads, below `folder`
 * @throws {HostError} of kind `missing` when the mirror does not have it, of kind `failed` when it cannot be fetched or
 *   has no source in it
 *
 * @example
 * ```ts ignore
 * import { fetchKernelArchive } from "./kernel_archive.ts";
 *
 * const archive = await fetchKernelArchive({ series: "6.12", suite: "trixie" }, { folder: "/tmp/source" });
 * ```
 */
export async function fetchKernelArchive(
  kernel: KernelSource,
  options: {
    readonly folder: string;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((line: string) => void) | undefined;
  },
): Promise<string> {
  const { folder, signal, onProgress } = options;
  const label = `source of kernel ${kernel.series}`;
  const tar = `${folder}/package.tar`;
  await fetchDebianTar({ source: archiveSource(kernel), path: tar, folder, label, signal, onProgress });
  const unpack = [
    "tar",
    "--extract",
    "--no-same-owner",
    "--wildcards",
    `--file=${tar}`,
    `--directory=${folder}`,
  ];
  await runProgram([...unpack, "./usr/src/linux-source-*.tar.xz"], {
    purpose: `unpack the ${label}`,
    signal,
  });
  await Deno.remove(tar);
  const archive = (await Array.fromAsync(Deno.readDir(`${folder}/usr/src`), (entry) => entry.name))
    .find((entry) => entry.endsWith(".tar.xz"));
  if (archive === undefined) {
    const message = `Cannot build kernel ${kernel.series}: the package has no source in it`;
    throw new HostError(message, { host: "lab", kind: "failed" });
  }
  return `${folder}/usr/src/${archive}`;
}
