/**
 * What the console of a kernel that does not boot says about its configuration.
 *
 * @module
 */

/** What the kernel itself says, and what it lacks then. */
const KERNEL_SAYS: readonly { readonly says: RegExp; readonly lacks: readonly string[] }[] = [
  // With an initrd that it had read, it would have started /init and looked for nothing else.
  {
    says: /VFS: (?:Unable to mount root fs|Cannot open root device)|Unable to mount root fs/,
    lacks: ["CONFIG_BLK_DEV_INITRD"],
  },
  {
    says: /Failed to execute \/init \(error -8\)|Requested init \/init failed \(error -8\)/,
    lacks: ["CONFIG_BINFMT_SCRIPT", "CONFIG_BINFMT_ELF", "CONFIG_64BIT"],
  },
  {
    says: /No working init found/,
    lacks: ["CONFIG_BLK_DEV_INITRD", "CONFIG_BINFMT_SCRIPT", "CONFIG_BINFMT_ELF"],
  },
];

/**
 * Finds the options that a kernel seems to lack, by what its console showed until it gave up or its time was over.
 *
 * @param text everything that the console showed
 * @returns names of options, or none when the text tells nothing about them
 *
 * @example
 * ```ts
 * import { lackingOptions } from "./boot_failure.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(lackingOptions("").includes("CONFIG_SERIAL_8250_CONSOLE"));
 * assert.deepEqual(lackingOptions("lab-guest: failed: no ext4 (CONFIG_EXT4_FS)\n"), ["CONFIG_EXT4_FS"]);
 * ```
 */
export function lackingOptions(text: string): readonly string[] {
  // Our own first process names them itself.
  const own = /^lab-guest: failed: .*$/m.exec(text.replaceAll("\r", ""))?.[0];
  const named = own?.match(/CONFIG_\w+/g);
  if (named !== undefined && named !== null) return named;
  const said = KERNEL_SAYS.find(({ says }) => says.test(text));
  if (said !== undefined) return said.lacks;
  return silent(text)
    ? ["CONFIG_SERIAL_8250_CONSOLE", "CONFIG_PRINTK", "CONFIG_TTY", "CONFIG_SERIAL_8250"]
    : [];
}

/** Whether a console has shown nothing of Linux: QEMU's own firmware may have written to it. */
function silent(text: string): boolean {
  return !/\[ *\d+\.\d+\]|lab-guest:|Linux|[Kk]ernel/.test(text);
}
