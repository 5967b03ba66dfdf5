/**
 * Kernel modules in the order in which they need each other.
 *
 * @module
 */

/** A kernel module, ready to be loaded. */
export interface KernelModule {
  /** Its name with underscores, such as `virtio_net`. */
  readonly name: string;
  /** The module itself, an ELF file. */
  readonly content: Uint8Array;
}

/**
 * What a guest reaches its disk and its network card with, if its kernel has it as modules. ext4 asks for the checksum
 * by its name, so that no list of dependencies has it.
 */
export const GUEST_MODULES: readonly string[] = [
  "virtio_pci",
  "virtio_blk",
  "virtio_net",
  "crc32c_generic",
  "ext4",
];

/**
 * Collects modules and all that they depend on.
 *
 * @param wanted names of the modules
 * @param load gives a module's content, or `undefined` for one that is not a module, for it is built into the kernel
 * @returns the modules, each after those that it needs
 * @throws {TypeError} when a file is not a kernel module, or when modules need each other in a circle
 *
 * @example
 * ```ts
 * import { modulesInOrder } from "./kernel_modules.ts";
 * import assert from "node:assert/strict";
 *
 * const files: Record<string, string> = { a: "\0depends=b\0", b: "\0depends=\0" };
 * const load = (name: string) => Promise.resolve(new TextEncoder().encode(files[name]));
 * assert.deepEqual((await modulesInOrder(["a"], load)).map((module) => module.name), ["b", "a"]);
 * ```
 */
export async function modulesInOrder(
  wanted: readonly string[],
  load: (name: string) => Promise<Uint8Array | undefined>,
): Promise<readonly KernelModule[]> {
  const ordered = new Map<string, KernelModule>();
  const visit = async (name: string, path: readonly string[]): Promise<void> => {
    if (ordered.has(name)) return;
    if (path.includes(name)) {
      throw new TypeError(`Cannot order modules: circle ${[...path, name].join(" → ")}`);
    }
    const content = await load(name);
    if (content === undefined) return;
    for (const needed of moduleDependencies(name, content)) await visit(needed, [...path, name]);
    ordered.set(name, { name, content });
  };
  for (const name of wanted) await visit(name, []);
  return [...ordered.values()];
}

/**
 * Reads which modules a module needs, from its `.modinfo` section.
 *
 * @param name name of the module, for the error
 * @param content the module itself
 * @returns names with underscores
 * @throws {TypeError} when there is no such information in it
 *
 * @example
 * ```ts
 * import { moduleDependencies } from "./kernel_modules.ts";
 * import assert from "node:assert/strict";
 *
 * const module = new TextEncoder().encode("\0license=GPL\0depends=net_failover,virtio-ring\0");
 * assert.deepEqual(moduleDependencies("virtio_net", module), ["net_failover", "virtio_ring"]);
 * ```
 */
export function moduleDependencies(name: string, content: Uint8Array): readonly string[] {
  const found = /\0depends=([^\0]*)\0/.exec(new TextDecoder("latin1").decode(content));
  if (found === null) throw new TypeError(`Cannot read what module "${name}" needs: no "depends=" in it`);
  return (found[1] ?? "").split(",").filter((word) => word !== "").map((word) => word.replaceAll("-", "_"));
}
