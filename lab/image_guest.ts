/**
 * A guest with a kernel of the user's.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { lackingOptions } from "./boot_failure.ts";
import { type BootImage, readBootImage } from "./boot_image.ts";
import { removeLeftovers } from "./cache.ts";
import { bootGuest, type BootOptions, type Guest } from "./guest.ts";
import { makeGuestFolder } from "./guest_folder.ts";
import { makeInitrd } from "./initrd.ts";
import { GUEST_MODULES, type KernelModule } from "./kernel_modules.ts";
import { fragmentText, missingOptions, parseFragment } from "./kernel_options.ts";
import { DEFAULT_ROOT } from "./kernels.ts";
import { readModules } from "./module_folder.ts";
import { prepareMachine } from "./prepare.ts";
import { buildRootImage } from "./root_image.ts";

/** Where the options that a kernel needs are listed. */
const FRAGMENT = "docs/lab-kernel.config";

/** Options of {@linkcode startImageGuest}. */
export interface ImageGuestOptions extends BootOptions {
  /** The target as the user wrote it, such as `lab:./bzImage`. */
  readonly name: string;
  /** Path of the kernel, a bzImage. */
  readonly path: string;
  /** Folder of its modules; without it what a guest needs has to be built in. */
  readonly modules?: string | undefined;
}

/**
 * Boots a kernel of the user's, with the usual root file system.
 *
 * What can be found out is found out before anything boots: whether the file is a kernel, whether modules are where
 * they should be, and which options are missing, when the kernel was built with CONFIG_IKCONFIG.
 *
 * @param options which kernel, and how long the guest may live
 * @returns the guest, ready for ssh
 * @throws {HostError} of kind `missing`, `denied` or `failed` when kernel or modules cannot be used; of kind `failed` or
 *   `lost` when it does not boot, and the hint names the options that it lacks, as far as they can be told
 *
 * @example
 * ```ts ignore
 * import { startImageGuest } from "./image_guest.ts";
 *
 * const image = { name: "lab:./bzImage", path: "./bzImage" };
 * await using guest = await startImageGuest({ ...image, timeLimitSeconds: 600, onProgress: console.error });
 * ```
 */
export async function startImageGuest(options: ImageGuestOptions): Promise<Guest> {
  const { name, path, signal, onProgress } = options;
  // QEMU has read kernel and initrd when the guest answers. The folder goes with us, even by SIGKILL.
  await using scratch = await makeGuestFolder(options.cacheFolder);
  const image = await readBootImage(path, { name, scratch: scratch.path, signal });
  const modules = await readGuestModules(options, scratch.path);
  const missing = await findMissing(image, modules);
  refuseMissing(options, missing.boot);
  if (missing.trace.length > 0) {
    const lacks = missing.trace.join(", ");
    onProgress?.(`guest ${name}: its kernel lacks ${lacks}; tracing will be poorer (${FRAGMENT})`);
  }
  await prepareMachine({ signal, onProgress });
  await removeLeftovers(options.cacheFolder);
  const initrd = `${scratch.path}/initrd`;
  await Deno.writeFile(initrd, await makeInitrd(modules, options));
  const rootImage = await buildRootImage(DEFAULT_ROOT, options);
  return await bootGuest(name, {
    ...options,
    files: { vmlinuz: path, initrd, rootImage },
    explain: (text) => explain(text, options.modules),
  });
}

/** Reads the modules that a guest needs, when there is a folder of them. */
async function readGuestModules(
  options: ImageGuestOptions,
  scratch: string,
): Promise<readonly KernelModule[]> {
  const { name, modules: folder, signal } = options;
  if (folder === undefined) return [];
  const refuse = (kind: "missing" | "denied" | "failed", found: string) =>
    new HostError(`Cannot use the modules in ${JSON.stringify(folder)}: ${found}`, {
      host: name,
      kind,
      hint: "Give the folder of this kernel's own modules, such as /lib/modules/RELEASE",
    });
  try {
    const modules = await readModules(folder, { wanted: GUEST_MODULES, scratch, signal });
    if (modules.length === 0) {
      throw refuse("missing", `one of ${GUEST_MODULES.join(", ")} is required, found none`);
    }
    return modules;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw refuse("missing", "no such folder");
    if (error instanceof Deno.errors.NotADirectory) {
      throw refuse("failed", "a folder is required, found a file");
    }
    if (error instanceof Deno.errors.PermissionDenied) throw refuse("denied", "it may not be read");
    throw error;
  }
}

/** The options that a kernel lacks, by what they are for; none when its configuration cannot be read. */
async function findMissing(
  image: BootImage,
  modules: readonly KernelModule[],
): Promise<Readonly<Record<"boot" | "trace", readonly string[]>>> {
  if (image.config === undefined) return { boot: [], trace: [] };
  const options = parseFragment(await fragmentText());
  const missing = missingOptions(image.config, { options, modules: modules.map((module) => module.name) });
  const of = (use: "boot" | "trace") =>
    missing.filter((option) => option.use === use).map((option) => option.name);
  return { boot: of("boot"), trace: of("trace") };
}

/** Refuses a kernel whose own configuration says that its guest could not answer. */
function refuseMissing(options: ImageGuestOptions, missing: readonly string[]): void {
  if (missing.length === 0) return;
  const message = `Cannot boot the kernel ${JSON.stringify(options.path)}: built without ${
    missing.join(", ")
  }`;
  throw new HostError(message, { host: options.name, kind: "failed", hint: remedy(options.modules) });
}

/** What a console means, for people. */
function explain(text: string, modules: string | undefined): string | undefined {
  const lacking = lackingOptions(text);
  if (lacking.length === 0) return undefined;
  return `It seems that the kernel lacks ${lacking.join(", ")}. ${remedy(modules)}`;
}

/** What to do about missing options. */
function remedy(modules: string | undefined): string {
  const drivers = modules === undefined ? "; drivers may also come as modules, by --modules DIR" : "";
  return `Build it with the options of ${FRAGMENT}${drivers}`;
}
