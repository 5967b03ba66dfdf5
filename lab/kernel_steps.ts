/**
 * The two steps from the source of a kernel to a bzImage.
 *
 * @module
 */

import type { BuildOptions } from "./build_once.ts";
import { runProgram } from "./program.ts";

/** A kernel takes minutes on a fast machine, and much more on a busy one. */
const TIME_LIMIT_SECONDS = 4 * 3600;

/** The fragment that every kernel of the lab is configured with. */
const FRAGMENT = new URL("../docs/lab-kernel.config", import.meta.url);

/** What the steps do, as shell scripts: a part of a recipe's fingerprint. */
export interface KernelSteps {
  /** Unpacks and configures. */
  readonly configure: string;
  /** Compiles. */
  readonly compile: string;
  /** The fragment of the configuration. */
  readonly fragment: string;
}

/**
 * Leaves the debug information, and BTF with it, out of a fragment.
 *
 * @param fragment text of options
 * @returns the same without those that begin with `CONFIG_DEBUG_INFO`
 *
 * @example
 * ```ts
 * import { withoutDebugInfo } from "./kernel_steps.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(withoutDebugInfo("CONFIG_DEBUG_INFO=y\nCONFIG_DEBUG_INFO_BTF=y\nCONFIG_NET=y\n"), "CONFIG_NET=y\n");
 * ```
 */
export function withoutDebugInfo(fragment: string): string {
  return fragment.replaceAll(/^CONFIG_DEBUG_INFO\w*=.*\n/gm, "");
}

/**
 * Reads the steps.
 *
 * @param btf whether the kernel gets BTF, whose debug information makes most of the compilation
 * @returns the texts
 *
 * @example
 * ```ts
 * import { readKernelSteps } from "./kernel_steps.ts";
 * import assert from "node:assert/strict";
 *
 * assert.doesNotMatch((await readKernelSteps(false)).fragment, /^CONFIG_DEBUG_INFO_BTF=y$/m);
 * ```
 */
export async function readKernelSteps(btf: boolean): Promise<KernelSteps> {
  const read = (name: string) => Deno.readTextFile(new URL(`./${name}`, import.meta.url));
  const [configure, compile] = await Promise.all(["configure_kernel.sh", "compile_kernel.sh"].map(read));
  const fragment = await Deno.readTextFile(FRAGMENT);
  return {
    configure: configure ?? "",
    compile: compile ?? "",
    fragment: btf ? fragment : withoutDebugInfo(fragment),
  };
}

/**
 * Unpacks a kernel's source and configures it.
 *
 * @param steps what is done
 * @param options the archive of the source, the folder that gets the source (it must not be there), and what to call
 *   the kernel
 * @throws {HostError} when that fails
 *
 * @example
 * ```ts ignore
 * import { configureKernel, readKernelSteps } from "./kernel_steps.ts";
 *
 * const places = { archive: "/tmp/linux.tar.xz", tree: "/tmp/tree" };
 * await configureKernel(await readKernelSteps(true), { ...places, label: "kernel 6.1" });
 * ```
 */
export async function configureKernel(
  steps: KernelSteps,
  options: BuildOptions & { readonly archive: string; readonly tree: string; readonly label: string },
): Promise<void> {
  const { archive, tree, label } = options;
  await Deno.mkdir(tree);
  const fragment = `${tree}.fragment`;
  await Deno.writeTextFile(fragment, steps.fragment);
  await runStep([steps.configure, archive, tree, fragment], `configure ${label}`, options);
  await Deno.remove(fragment);
}

/**
 * Compiles what of a configured kernel is not compiled yet.
 *
 * @param steps what is done
 * @param options the folder of the source, where the bzImage goes, and what to call the kernel
 * @throws {HostError} when it does not compile
 *
 * @example
 * ```ts ignore
 * import { compileKernel, readKernelSteps } from "./kernel_steps.ts";
 *
 * const places = { tree: "/tmp/tree", result: "/tmp/bzImage" };
 * await compileKernel(await readKernelSteps(true), { ...places, label: "kernel 6.1" });
 * ```
 */
export async function compileKernel(
  steps: KernelSteps,
  options: BuildOptions & { readonly tree: string; readonly result: string; readonly label: string },
): Promise<void> {
  const { tree, result, label } = options;
  await runStep([steps.compile, tree, result], `compile ${label}`, options);
}

/** Runs a script with its words, and passes on what is meant for people. */
async function runStep(
  words: readonly string[],
  purpose: string,
  options: BuildOptions & { readonly label: string },
): Promise<void> {
  const [script = "", ...places] = words;
  await runProgram(["sh", "-c", script, "build", ...places], {
    purpose,
    signal: options.signal,
    timeLimitSeconds: TIME_LIMIT_SECONDS,
    onLine(line) {
      const said = /^lab-build: (.+)/.exec(line)?.[1];
      if (said !== undefined) options.onProgress?.(`${options.label}: ${said}`);
    },
  });
}
