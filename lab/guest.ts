/**
 * A lab guest: a throw-away virtual machine with a kernel of our choice, reached by ssh on 127.0.0.1.
 *
 * It dies with the process that started it, and after its time limit.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { type GuestReady, waitUntilReady } from "./boot_wait.ts";
import type { BuildOptions } from "./build_once.ts";
import { endReason } from "./end_reason.ts";
import { freePort } from "./free_port.ts";
import { type Guarded, startGuarded } from "./guard.ts";
import { buildGuestFiles } from "./guest_files.ts";
import { type GuestFolder, makeGuestFolder } from "./guest_folder.ts";
import { type GuestKey, knownHostsLine, makeGuestKey } from "./guest_key.ts";
import type { LabKernel } from "./kernels.ts";
import { type GuestFiles, qemuCommand } from "./qemu.ts";

/** How often a guest is started again because somebody else took its port. */
const PORT_ATTEMPTS_MAX = 3;
/** Longest life of a guest, in seconds: a day. */
const TIME_LIMIT_SECONDS_MAX = 86_400;
/** What a guest gets when the caller does not say. */
const DEFAULTS = { bootLimitSeconds: 120, cpus: 2, memoryMb: 2048, extraQemu: [] as readonly string[] };

/** Options of {@linkcode bootGuest}. */
export interface BootOptions extends BuildOptions {
  /** The guest ends after this many seconds, counted from its start; 1 to 86400. */
  readonly timeLimitSeconds: number;
  /** How long the guest may take until it answers to ssh, in seconds. @default {120} */
  readonly bootLimitSeconds?: number;
  /** Number of virtual CPUs. @default {2} */
  readonly cpus?: number;
  /** Memory in megabytes. @default {2048} */
  readonly memoryMb?: number;
  /** More words for QEMU; `-accel`, `-cpu`, `-smp` and `-m` replace the usual ones. @default {[]} */
  readonly extraQemu?: readonly string[];
  /** Says what the console of a guest that did not boot means, when it can; the hint of the error begins with it. */
  readonly explain?: ((console: string) => string | undefined) | undefined;
}

/** Options of {@linkcode startGuest}. */
export interface GuestOptions extends BootOptions {
  /** Which kernel to boot. */
  readonly kernel: LabKernel;
}

/** A guest that answers to ssh; it is ended, and its folder removed, when this is disposed. */
export interface Guest extends AsyncDisposable {
  /** The target as the user writes it, such as `lab:6.12`. */
  readonly name: string;
  /** Port on 127.0.0.1 that leads to the guest's ssh. */
  readonly port: number;
  /** User to log in as. */
  readonly user: "root";
  /** File with the private key that may log in. */
  readonly keyFile: string;
  /** File with the guest's own key, for ssh's UserKnownHostsFile. */
  readonly knownHostsFile: string;
  /** `uname -r`, in the guest's own words on its console. */
  readonly release: string;
  /** Process id of the guard, which lives as long as the guest. */
  readonly guardPid: number;
  /** Process id of QEMU. */
  readonly qemuPid: number;
  /** The guest's private folder, which goes with it. */
  readonly folder: string;
  /** File with everything that the guest's console has shown. */
  readonly serialLog: string;
  /** Resolves when the guest has ended, with the reason: `it was stopped`, or what `endReason` says. */
  readonly ended: Promise<string>;
  /** Ends the guest at once, and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Boots a kernel of the lab, building what it needs first.
 *
 * @param options which kernel, and how long the guest may live
 * @returns the guest, ready for ssh
 * @throws {HostError} when something cannot be built; of kind `failed` when the guest gives up, of kind `lost` when it
 *   ends or does not answer in time; the hint has the end of its console
 * @throws {RangeError} when a limit is out of its range
 *
 * @example
 * ```ts ignore
 * import { startGuest } from "./guest.ts";
 * import { findKernel } from "./kernels.ts";
 *
 * await using guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 600 });
 * console.log(`ssh -p ${guest.port} -i ${guest.keyFile} root@127.0.0.1`);
 * ```
 */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  checkOptions(options);
  const files = await buildGuestFiles(options.kernel, options);
  return await bootGuest(`lab:${options.kernel.name}`, { ...options, files });
}

/**
 * Boots any kernel.
 *
 * @param name the target as the user writes it
 * @param options what to boot, and how long the guest may live
 * @returns the guest, ready for ssh
 * @throws {HostError} of kind `failed` when the guest gives up, of kind `lost` when it ends or does not answer in
 *   time; the hint has the end of its console
 * @throws {RangeError} when a limit is out of its range
 *
 * @example
 * ```ts ignore
 * import { bootGuest } from "./guest.ts";
 *
 * const files = { vmlinuz: "./bzImage", initrd: "./initrd", rootImage: "./root.img" };
 * await using guest = await bootGuest("lab:./bzImage", { files, timeLimitSeconds: 600 });
 * ```
 */
export async function bootGuest(
  name: string,
  options: BootOptions & { readonly files: GuestFiles },
): Promise<Guest> {
  checkOptions(options);
  const { signal, onProgress } = options;
  await using disposables = new AsyncDisposableStack();
  const folder = disposables.use(await makeGuestFolder(options.cacheFolder));
  const key = await makeGuestKey(folder.path, { host: name, signal });
  for (let attempt = 1; attempt <= PORT_ATTEMPTS_MAX; attempt++) {
    onProgress?.(`guest ${name}: booting`);
    const boot = { ...withDefaults(options), name, folder, key, port: freePort(), started: Date.now() };
    const run = startQemu(boot);
    // It is disposed before the folder that it writes to.
    disposables.use(run);
    const ready = await waitUntilReady(run, { ...boot, serialLog: serialLog(boot) });
    if (ready === undefined) continue;
    const guest = await readyGuest(run, boot, ready);
    disposables.move();
    const seconds = Math.round((Date.now() - boot.started) / 1000);
    onProgress?.(`guest ${name}: ready in ${seconds} s (${guest.release})`);
    return guest;
  }
  const message = `Cannot boot the guest "${name}": other programs took its port ${PORT_ATTEMPTS_MAX} times`;
  throw new HostError(message, { host: name, kind: "failed", hint: "Try again" });
}

/** Everything about one attempt to boot. */
interface Attempt extends Required<Pick<BootOptions, "timeLimitSeconds" | keyof typeof DEFAULTS>> {
  readonly files: GuestFiles;
  readonly name: string;
  readonly folder: GuestFolder;
  readonly key: GuestKey;
  readonly port: number;
  readonly started: number;
}

/** Starts QEMU under guard. */
function startQemu(boot: Attempt): Guarded {
  const command = qemuCommand({
    ...boot,
    publicKey: boot.key.publicKey,
    serialLog: serialLog(boot),
    pidFile: pidFile(boot),
  });
  const { timeLimitSeconds } = boot;
  return startGuarded(command, { name: `trace-clone-${boot.name}`, timeLimitSeconds });
}

/** Makes the guest of a QEMU whose console says that it is ready. */
async function readyGuest(run: Guarded, boot: Attempt, ready: GuestReady): Promise<Guest> {
  const { name, port, key, folder, timeLimitSeconds } = boot;
  const knownHostsFile = `${folder.path}/known_hosts`;
  await Deno.writeTextFile(knownHostsFile, knownHostsLine(port, ready.hostKey), { mode: 0o600 });
  const qemuPid = Number(await Deno.readTextFile(pidFile(boot)));
  let isStopped = false;
  const ended = run.status.then(({ code, signal }) => {
    if (isStopped) return "it was stopped";
    const lifeSeconds = (Date.now() - boot.started) / 1000;
    return endReason({ code, signal, messages: run.messages(), lifeSeconds, timeLimitSeconds });
  });
  const stop = async () => {
    isStopped = true;
    await run.stop();
    await folder[Symbol.asyncDispose]();
  };
  return {
    name,
    port,
    user: "root",
    keyFile: key.keyFile,
    knownHostsFile,
    release: ready.release,
    guardPid: run.pid,
    qemuPid,
    folder: folder.path,
    serialLog: serialLog(boot),
    ended,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Where the console of a guest goes. */
function serialLog(boot: Attempt): string {
  return `${boot.folder.path}/serial.log`;
}

/** Where QEMU writes its process id. */
function pidFile(boot: Attempt): string {
  return `${boot.folder.path}/qemu.pid`;
}

/** Fills in what the caller left out; a key whose value is `undefined` counts as left out. */
function withDefaults<T extends BootOptions>(options: T): T & typeof DEFAULTS {
  return {
    ...options,
    bootLimitSeconds: options.bootLimitSeconds ?? DEFAULTS.bootLimitSeconds,
    cpus: options.cpus ?? DEFAULTS.cpus,
    memoryMb: options.memoryMb ?? DEFAULTS.memoryMb,
    extraQemu: options.extraQemu ?? DEFAULTS.extraQemu,
  };
}

/** Refuses limits that are out of their range. */
function checkOptions(options: BootOptions): void {
  const { timeLimitSeconds, bootLimitSeconds, cpus, memoryMb } = withDefaults(options);
  checkRange("time limit in seconds", timeLimitSeconds, TIME_LIMIT_SECONDS_MAX);
  checkRange("boot limit in seconds", bootLimitSeconds, TIME_LIMIT_SECONDS_MAX);
  checkRange("number of CPUs", cpus, 64);
  checkRange("memory in megabytes", memoryMb, 1_048_576);
}

/** Refuses a number that is not whole, or not between 1 and a maximum. */
function checkRange(what: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new RangeError(`Cannot start a guest: ${what} must be a whole number from 1 to ${max}, was ${value}`);
}
