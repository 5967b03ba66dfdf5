/**
 * A kernel without modules, built from Debian's source with `docs/lab-kernel.config`.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { buildOnce, type BuildOptions } from "./build_once.ts";
import { type DebianSource, debianTarRecipe, fetchDebianTar } from "./debian_tar.ts";
import { requireFreeSpace } from "./free_space.ts";
import type { KernelSource } from "./kernel_tree.ts";
import type { LabPackage } from "./packages.ts";
import { prepareMachine } from "./prepare.ts";
import { runProgram } from "./program.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";

/** What is needed on this machine to compile a kernel, beyond what the lab needs anyway. */
export const KERNEL_BUILD_PACKAGES: readonly LabPackage[] = [
  { name: "make", programs: ["make"], files: [], why: "builds the kernel" },
  { name: "flex", programs: ["flex"], files: [], why: "reads Kconfig" },
  { name: "bison", programs: ["bison"], files: [], why: "reads Kconfig" },
  { name: "bc", programs: ["bc"], files: [], why: "computes constants" },
  { name: "libelf-dev", programs: [], files: ["/usr/include/gelf.h"], why: "objtool" },
  { name: "dwarves", programs: ["pahole"], files: [], why: "makes BTF of the debug information" },
];

/** The fragment: what is merged into the smallest configuration. */
const FRAGMENT = new URL("../docs/lab-kernel.config", import.meta.url);
/** Free space that a build needs while it runs: the source, and objects with debug information. */
const NEEDED_BYTES = 6_000_000_000;
/** A kernel takes minutes on a fast machine, and much more on a busy one. */
const TIME_LIMIT_SECONDS = 4 * 3600;

/** Options of {@linkcode buildKernel}. */
export interface KernelBuildOptions extends BuildOptions {
  /** Whether it gets BTF, whose debug information makes most of the compilation. @default {true} */
  readonly btf?: boolean;
}

/**
 * Leaves the debug information, and BTF with it, out of a fragment.
 *
 * @param fragment text of options
 * @returns the same without those that begin with `CONFIG_DEBUG_INFO`
 *
 * @example
 * ```ts
 * import { withoutDebugInfo } from "./kernel_build.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(withoutDebugInfo("CONFIG_DEBUG_INFO=y\nCONFIG_DEBUG_INFO_BTF=y\nCONFIG_NET=y\n"), "CONFIG_NET=y\n");
 * ```
 */
export function withoutDebugInfo(fragment: string): string {
  return fragment.replaceAll(/^CONFIG_DEBUG_INFO\w*=.*\n/gm, "");
}

/**
 * Compiles a kernel unless the cache has it.
 *
 * @param kernel series, and the Debian suite that has its source
 * @param options with or without BTF, progress, cancelling, and where the cache is
 * @returns path of the kernel, a bzImage
 * @throws {HostError} when a program, the network or disk space is missing, or it does not compile
 *
 * @example
 * ```ts ignore
 * import { buildKernel } from "./kernel_build.ts";
 *
 * console.log(await buildKernel({ series: "6.1", suite: "bookworm" }, { onProgress: console.error }));
 * ```
 */
export async function buildKernel(kernel: KernelSource, options: KernelBuildOptions = {}): Promise<string> {
  const { signal, onProgress } = options;
  const label = `source of kernel ${kernel.series}`;
  const name = `linux-source-${kernel.series}`;
  const source: DebianSource = {
    kind: "package",
    suite: kernel.suite,
    pattern: name.replaceAll(".", "[.]"),
    called: name,
  };
  const whole = await Deno.readTextFile(FRAGMENT);
  const fragment = options.btf === false ? withoutDebugInfo(whole) : whole;
  const script = await Deno.readTextFile(new URL("./build_bzimage.sh", import.meta.url));
  await prepareMachine({ packages: KERNEL_BUILD_PACKAGES, signal, onProgress });

  const build = async (folder: string) => {
    await requireFreeSpace(folder, { purpose: `build kernel ${kernel.series}`, bytes: NEEDED_BYTES, signal });
    const tar = `${folder}/package.tar`;
    await fetchDebianTar({ source, path: tar, folder, label, signal, onProgress });
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
    await Deno.mkdir(`${folder}/tree`);
    await Deno.writeTextFile(`${folder}/fragment`, fragment);
    const places = [`${folder}/usr/src/${archive}`, `${folder}/tree`, `${folder}/fragment`];
    await runProgram(["sh", "-c", script, "build", ...places, `${folder}/bzImage`], {
      purpose: `compile kernel ${kernel.series}`,
      signal,
      timeLimitSeconds: TIME_LIMIT_SECONDS,
      onLine(line) {
        const said = /^lab-build: (.+)/.exec(line)?.[1];
        if (said !== undefined) onProgress?.(`kernel ${kernel.series}: ${said}`);
      },
    });
    await removeTree(`${folder}/tree`);
    await removeTree(`${folder}/usr`);
  };
  const hash = await recipeHash([...await debianTarRecipe(source), script, fragment]);
  const kind = options.btf === false ? "bzimage-nobtf" : "bzimage";
  return `${await buildOnce({ ...options, name: `${kind}-${kernel.series}`, hash, build })}/bzImage`;
}
