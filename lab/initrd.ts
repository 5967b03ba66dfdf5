/**
 * The first root file system of a guest.
 *
 * @module
 */

import { buildBusybox } from "./busybox.ts";
import type { BuildOptions } from "./build_once.ts";
import { cpioArchive, type CpioEntry } from "./cpio.ts";
import { GUEST_MODULES, type KernelModule } from "./kernel_modules.ts";

/** Version of what {@linkcode packInitrd} makes, for a fingerprint. */
const LAYOUT = `initrd 2: ${GUEST_MODULES.join(" ")}`;

/**
 * Everything that decides what {@linkcode makeInitrd} makes, besides the modules.
 *
 * @returns parts of a recipe
 *
 * @example
 * ```ts
 * import { initrdRecipe } from "./initrd.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match((await initrdRecipe()).join(), /virtio_blk/);
 * ```
 */
export async function initrdRecipe(): Promise<readonly string[]> {
  return [LAYOUT, await initText()];
}

/**
 * Makes the initrd for a kernel.
 *
 * @param modules the kernel's modules that a guest needs, in the order of loading
 * @param options progress, cancelling, and where the cache is
 * @returns the archive
 * @throws {HostError} when busybox cannot be fetched
 *
 * @example
 * ```ts ignore
 * import { makeInitrd } from "./initrd.ts";
 *
 * await Deno.writeFile("/tmp/initrd", await makeInitrd([]));
 * ```
 */
export async function makeInitrd(
  modules: readonly KernelModule[],
  options: BuildOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const busybox = await Deno.readFile(await buildBusybox(options));
  return packInitrd(await initText(), { busybox, modules });
}

/**
 * Puts an initrd together.
 *
 * @param init text of its first process
 * @param options busybox, statically linked, and the modules in the order of loading
 * @returns the archive
 *
 * @example
 * ```ts
 * import { packInitrd } from "./initrd.ts";
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

/** Text of the first process. */
async function initText(): Promise<string> {
  return await Deno.readTextFile(new URL("./initrd_init.sh", import.meta.url));
}
