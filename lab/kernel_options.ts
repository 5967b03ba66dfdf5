/**
 * The options that a kernel of the user's needs: those of `docs/lab-kernel.config`.
 *
 * @module
 */

/** What options are for. */
export type OptionUse =
  /** Without them the guest cannot answer. */
  | "boot"
  /** With them it answers, and something of tracing is lost. */
  | "trace";

/** One option of the fragment. */
export interface KernelOption {
  /** Its name, such as `CONFIG_VIRTIO_NET`. */
  readonly name: string;
  /** What it is for. */
  readonly use: OptionUse;
}

/** Options that a module can stand for, by the name of the module. */
const BY_MODULE: Readonly<Record<string, string>> = {
  CONFIG_VIRTIO_PCI: "virtio_pci",
  CONFIG_VIRTIO_BLK: "virtio_blk",
  CONFIG_VIRTIO_NET: "virtio_net",
  CONFIG_EXT4_FS: "ext4",
};

/** Options that not every kernel knows by this name, or that only open a menu. */
const ONLY_SOME = new Set([
  "CONFIG_VIRTIO_MENU",
  "CONFIG_DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT",
  "CONFIG_MODULES",
]);

/**
 * Reads the fragment.
 *
 * @returns its text
 *
 * @example
 * ```ts
 * import { fragmentText, parseFragment } from "./kernel_options.ts";
 * import assert from "node:assert/strict";
 *
 * const boot = parseFragment(await fragmentText()).filter((option) => option.use === "boot");
 * assert.ok(boot.some((option) => option.name === "CONFIG_SERIAL_8250_CONSOLE"));
 * ```
 */
export async function fragmentText(): Promise<string> {
  return await Deno.readTextFile(new URL("../docs/lab-kernel.config", import.meta.url));
}

/**
 * Finds the options of the fragment. A comment that begins with `boot:` or `trace:` begins a part.
 *
 * @param text the fragment
 * @returns its options, in their order
 *
 * @example
 * ```ts
 * import { parseFragment } from "./kernel_options.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseFragment("# trace: probes.\nCONFIG_KPROBES=y\n"), [{ name: "CONFIG_KPROBES", use: "trace" }]);
 * ```
 */
export function parseFragment(text: string): readonly KernelOption[] {
  const options: KernelOption[] = [];
  let use: OptionUse = "boot";
  for (const line of text.split("\n")) {
    const part = /^# (boot|trace):/.exec(line)?.[1];
    if (part === "boot" || part === "trace") use = part;
    const name = /^(CONFIG_\w+)=y$/.exec(line)?.[1];
    if (name !== undefined) options.push({ name, use });
  }
  return options;
}

/**
 * Finds the options that a kernel lacks.
 *
 * @param config its `.config`
 * @param wanted options of the fragment, and the names of the modules that are given to it
 * @returns what is missing, in the order of the fragment
 *
 * @example
 * ```ts
 * import { missingOptions } from "./kernel_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = [{ name: "CONFIG_VIRTIO_NET", use: "boot" }] as const;
 * const missing = (...modules: string[]) => missingOptions("CONFIG_VIRTIO_NET=m\n", { options, modules }).length;
 * assert.deepEqual([missing(), missing("virtio_net")], [1, 0]);
 * ```
 */
export function missingOptions(
  config: string,
  wanted: { readonly options: readonly KernelOption[]; readonly modules: readonly string[] },
): readonly KernelOption[] {
  const values = new Map(
    [...config.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  return wanted.options.filter(({ name }) => {
    if (ONLY_SOME.has(name)) return false;
    const value = values.get(name);
    const module = BY_MODULE[name];
    return value !== "y" && !(value === "m" && module !== undefined && wanted.modules.includes(module));
  });
}
