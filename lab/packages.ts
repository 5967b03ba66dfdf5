/**
 * What the lab needs on the machine that it runs on: programs and files, and the Debian packages that bring them.
 *
 * @module
 */

/** A Debian package that the lab needs on its machine, and how to see that it is there. */
export interface LabPackage {
  /** Name of the Debian package. */
  readonly name: string;
  /** Programs of the package that the lab runs. */
  readonly programs: readonly string[];
  /** Files of the package that the lab needs, as absolute paths. */
  readonly files: readonly string[];
  /** Only a user other than root needs it. */
  readonly onlyWithoutRoot?: boolean;
  /** What the lab does with it. */
  readonly why: string;
}

/** The packages of {@linkcode LabPackage}, in the order of use. */
export const LAB_PACKAGES: readonly LabPackage[] = [
  {
    name: "apt",
    programs: ["apt-get", "apt-cache"],
    files: [],
    why: "installs the packages below, as root, and finds kernels",
  },
  { name: "coreutils", programs: ["df", "id", "rm", "timeout"], files: [], why: "free space, time limits" },
  { name: "util-linux", programs: ["setpriv", "unshare"], files: [], why: "helpers that die with the lab" },
  { name: "mmdebstrap", programs: ["mmdebstrap"], files: [], why: "fetches kernels and root file systems" },
  {
    name: "debian-archive-keyring",
    programs: [],
    files: ["/usr/share/keyrings/debian-archive-keyring.gpg"],
    why: "the keys that Debian signs its packages with",
  },
  {
    name: "uidmap",
    programs: ["newuidmap"],
    files: [],
    onlyWithoutRoot: true,
    why: "mmdebstrap without root",
  },
  { name: "tar", programs: ["tar"], files: [], why: "unpacks what mmdebstrap made" },
  { name: "xz-utils", programs: ["xz"], files: [], why: "unpacks kernel modules" },
  {
    name: "e2fsprogs",
    programs: ["mke2fs"],
    files: [],
    why: "makes the root disk, without mounting anything",
  },
  { name: "qemu-system-x86", programs: ["qemu-system-x86_64"], files: [], why: "runs the guest" },
  {
    name: "openssh-client",
    programs: ["ssh", "ssh-keygen"],
    files: [],
    why: "the key of a guest, and its line",
  },
  { name: "gcc", programs: ["gcc"], files: [], why: "builds the stimuli" },
  {
    name: "libc6-dev",
    programs: [],
    files: ["/usr/lib/x86_64-linux-gnu/libc.a"],
    why: "links the stimuli statically, so that they run on every root file system",
  },
];

/**
 * The command that installs Debian packages, as a person would type it.
 *
 * @param names names of the packages
 * @returns the command, without `sudo`
 *
 * @example
 * ```ts
 * import { installCommand } from "./packages.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(installCommand(["gcc"]), "apt-get install -y --no-install-recommends gcc");
 * ```
 */
export function installCommand(names: readonly string[]): string {
  return ["apt-get", "install", "-y", "--no-install-recommends", ...names].join(" ");
}

/**
 * The hint for a missing program: its Debian package and how to install it.
 *
 * @param program name of the program
 * @returns one sentence
 *
 * @example
 * ```ts
 * import { programHint } from "./packages.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(programHint("mke2fs"), /Debian package "e2fsprogs"/);
 * ```
 */
export function programHint(program: string): string {
  const owner = LAB_PACKAGES.find((row) => row.programs.includes(program));
  if (owner === undefined) return `Install "${program}" and put it on the PATH`;
  return `It is in the Debian package "${owner.name}"; as root: ${installCommand([owner.name])}`;
}
