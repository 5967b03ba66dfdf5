import assert from "node:assert/strict";
import { lackingOptions } from "./boot_failure.ts";

/** Consoles of kernels that did not boot, as they were; what follows a panic is cut. */
const CONSOLES: readonly {
  readonly what: string;
  readonly text: string;
  readonly lacks: readonly string[];
}[] = [
  {
    what: "6.16 that read no initrd",
    text: "[    1.390477] Initramfs unpacking failed: invalid magic at start of compressed archive\r\n" +
      "[    2.841575] /dev/root: Can't open blockdev\r\n" +
      "[    2.842990] List of all bdev filesystems:\r\n[    2.843140]  ext3\r\n[    2.843242]  ext4\r\n" +
      "[    2.843675] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n",
    lacks: ["CONFIG_BLK_DEV_INITRD"],
  },
  {
    what: "6.16 that could not execute /init",
    text: "[    3.255657] Failed to execute /init (error -8)\r\n" +
      "[    3.257858] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel. " +
      "See Linux Documentation/admin-guide/init.rst for guidance.\r\n",
    lacks: ["CONFIG_BINFMT_SCRIPT", "CONFIG_BINFMT_ELF", "CONFIG_64BIT"],
  },
  {
    what: "6.16 without the modules of its drivers",
    text: "lab-guest: failed: the root disk /dev/vda did not appear in 10 s " +
      "(CONFIG_PCI, CONFIG_VIRTIO_PCI, CONFIG_VIRTIO_BLK, or their modules)\r\n",
    lacks: ["CONFIG_PCI", "CONFIG_VIRTIO_PCI", "CONFIG_VIRTIO_BLK"],
  },
  {
    what: "one without a serial console",
    text: "",
    lacks: ["CONFIG_SERIAL_8250_CONSOLE", "CONFIG_PRINTK", "CONFIG_TTY", "CONFIG_SERIAL_8250"],
  },
  {
    what: "one that says something else",
    text: "[    3.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\r\n",
    lacks: [],
  },
  { what: "one that was ready", text: "lab-guest: hostkey A\r\nlab-guest: ready 6.16.12\r\n", lacks: [] },
];
for (const { what, text, lacks } of CONSOLES) {
  Deno.test(`lackingOptions() reads the console of ${what}`, () => {
    assert.deepEqual(lackingOptions(text), lacks);
  });
}

Deno.test("lackingOptions() knows only options that the fragment has", async () => {
  const fragment = await Deno.readTextFile(new URL("../docs/lab-kernel.config", import.meta.url));
  const init = await Deno.readTextFile(new URL("./initrd_init.sh", import.meta.url));
  const named = [...CONSOLES.flatMap(({ lacks }) => lacks), ...init.match(/CONFIG_\w+/g) ?? []];
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(fragment.includes(`\n${name}=y\n`), name);
});
