/**
 * The command line of QEMU.
 *
 * @module
 */

/** What a guest is booted from. */
export interface GuestFiles {
  /** Path of the kernel. */
  readonly vmlinuz: string;
  /** Path of its first root file system. */
  readonly initrd: string;
  /** Path of the root disk; it is only read. */
  readonly rootImage: string;
}

/** Options of {@linkcode qemuCommand}. */
export interface QemuOptions {
  /** What to boot. */
  readonly files: GuestFiles;
  /** Port on 127.0.0.1 that leads to the guest's ssh. */
  readonly port: number;
  /** Number of virtual CPUs. */
  readonly cpus: number;
  /** Memory in megabytes. */
  readonly memoryMb: number;
  /** Public key that may log in, in base64. */
  readonly publicKey: string;
  /** The guest powers itself off after this many seconds. */
  readonly timeLimitSeconds: number;
  /** Where the console's text goes. */
  readonly serialLog: string;
  /** Where QEMU writes its process id. */
  readonly pidFile: string;
  /** More words; `-accel`, `-cpu`, `-smp` and `-m` replace ours. */
  readonly extraQemu: readonly string[];
}

/** The program that a guest runs in. */
export const QEMU_PROGRAM = "qemu-system-x86_64";

/**
 * The command that boots a guest, under software emulation.
 *
 * The guest has a console, a disk that is only read, and a network that leads nowhere but from our port to its ssh.
 * QEMU's own sandbox forbids it to start programs or to gain rights, whatever the guest does to it.
 *
 * @param options the guest
 * @returns program and arguments
 *
 * @example
 * ```ts
 * import { qemuCommand } from "./qemu.ts";
 * import assert from "node:assert/strict";
 *
 * const command = qemuCommand({
 *   files: { vmlinuz: "vmlinuz", initrd: "initrd", rootImage: "root.img" },
 *   port: 2222,
 *   cpus: 2,
 *   memoryMb: 2048,
 *   publicKey: "AAAA",
 *   timeLimitSeconds: 60,
 *   serialLog: "serial.log",
 *   pidFile: "qemu.pid",
 *   extraQemu: ["-smp", "1"],
 * });
 * assert.equal(command.filter((word) => word === "-smp").length, 1);
 * ```
 */
export function qemuCommand(options: QemuOptions): readonly string[] {
  const { files, port, extraQemu } = options;
  const replaceable = [
    // One thread for all virtual CPUs: with several, a CPU can execute code that another has just patched, and Linux
    // patches itself whenever a probe comes or goes. Such guests have panicked.
    ["-accel", "tcg,thread=single"],
    ["-cpu", "max"],
    ["-smp", String(options.cpus)],
    ["-m", `${options.memoryMb}M`],
  ].filter(([name]) => name !== undefined && !extraQemu.includes(name));
  const append = [
    "console=ttyS0",
    "quiet",
    // Restart at once after a panic, which -no-reboot makes an end.
    "panic=-1",
    "mitigations=off",
    // QEMU 7.2 keeps translated code by its virtual address. A program that is loaded elsewhere each time is translated
    // anew each time, and that is most of what a short one costs.
    "norandmaps",
    `lab.key=${options.publicKey}`,
    `lab.limit=${options.timeLimitSeconds}`,
  ];
  return [
    QEMU_PROGRAM,
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    ...replaceable.flat(),
    ...["-display", "none"],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ...["-pidfile", options.pidFile],
    ...["-serial", `file:${optionValue(options.serialLog)}`],
    ...["-drive", `file=${optionValue(files.rootImage)},if=virtio,format=raw,readonly=on`],
    ...["-netdev", `user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    // Without its ROM the card cannot boot over the network, which costs a second to find out.
    ...["-device", "virtio-net-pci,netdev=n0,romfile="],
    ...["-kernel", files.vmlinuz],
    ...["-initrd", files.initrd],
    ...["-append", append.join(" ")],
    ...extraQemu,
  ];
}

/** A value inside one of QEMU's comma-separated options. */
function optionValue(value: string): string {
  return value.replaceAll(",", ",,");
}
