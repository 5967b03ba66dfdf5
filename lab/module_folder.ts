/**
 * The kernel modules in a folder such as /lib/modules/6.12.1.
 *
 * @module
 */

import { zstdDecompressSync } from "node:zlib";
import { HostError } from "../hosts/host.ts";
import { type KernelModule, modulesInOrder } from "./kernel_modules.ts";
import { listTree } from "./list_tree.ts";
import { unxz } from "./unxz.ts";

/**
 * Finds the kernel modules in a list of files.
 *
 * @param listing paths
 * @returns names with underscores, as the kernel has them, and where they are
 *
 * @example
 * ```ts
 * import { modulePaths } from "./module_folder.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(modulePaths(["kernel/virtio-rng.ko.xz"]).get("virtio_rng"), "kernel/virtio-rng.ko.xz");
 * ```
 */
export function modulePaths(listing: readonly string[]): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  for (const path of listing) {
    const name = /(?:^|\/)([^/]+)\.ko(\.(xz|zst|gz))?$/.exec(path)?.[1];
    if (name !== undefined) modules.set(name.replaceAll("-", "_"), path);
  }
  return modules;
}

/**
 * Reads modules and all that they depend on from a folder.
 *
 * @param folder folder with modules in it or in folders of it: plain, or packed by xz, zstd or gzip
 * @param options names of the modules, of which one that the folder lacks counts as built into the kernel; and a folder
 *   for temporary files
 * @returns the modules, each after those that it needs
 * @throws {HostError} of kind `failed` when a file is no module or cannot be unpacked
 *
 * @example
 * ```ts
 * import { readModules } from "./module_folder.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/virtio-blk.ko`, "\0depends=\0");
 * const modules = await readModules(folder, { wanted: ["virtio_blk", "ext4"], scratch: folder });
 * assert.deepEqual(modules.map((module) => module.name), ["virtio_blk"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readModules(
  folder: string,
  options: {
    readonly wanted: readonly string[];
    readonly scratch: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly KernelModule[]> {
  const paths = modulePaths(await listTree(folder));
  try {
    return await modulesInOrder(options.wanted, async (name) => {
      const path = paths.get(name);
      return path === undefined ? undefined : await readModule(`${folder}/${path}`, options);
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const hint =
      `Give the folder of the kernel's own modules, as "make modules_install" or a distribution makes it`;
    throw new HostError(`Cannot use the modules in "${folder}": ${error.message}`, {
      host: "lab",
      kind: "failed",
      hint,
      cause: error,
    });
  }
}

/** Reads a module, unpacked where it is packed. The file itself stays as it is. */
async function readModule(
  path: string,
  options: { readonly scratch: string; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  if (path.endsWith(".xz")) return await unxz(path, options);
  const bytes = await Deno.readFile(path);
  try {
    if (path.endsWith(".zst")) return new Uint8Array(zstdDecompressSync(bytes));
    if (path.endsWith(".gz")) {
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`Cannot unpack "${path}": ${reason}`, { cause: error });
  }
  return bytes;
}
