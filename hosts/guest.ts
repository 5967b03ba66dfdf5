/**
 * A lab guest as a host: a virtual machine of our own, reached by the same ssh code as any other machine.
 *
 * @module
 */

import { quote } from "./_text.ts";
import { CommandHost } from "./command_host.ts";
import { HostError, type HostProcess } from "./host.ts";
import { SshHost } from "./ssh.ts";

/** How long a guest that says it is ready may take to let us in, in milliseconds. */
const TIMEOUT_MS = 60_000;
/** How long to wait before asking again, in milliseconds. */
const RETRY_MS = 250;

/** What has to be known of a guest to reach it; a `Guest` or a `RunningGuest` of the lab has all of it. */
export interface GuestAddress {
  /** The target as the user writes it, such as `lab:6.12`. */
  readonly name: string;
  /** Port on 127.0.0.1 that leads to the guest's ssh. */
  readonly port: number;
  /** User to log in as. */
  readonly user: string;
  /** File with the private key that may log in. */
  readonly keyFile: string;
  /** File with the guest's own key. */
  readonly knownHostsFile: string;
  /** Resolves when the guest has ended, with the reason. */
  readonly ended?: Promise<string>;
  /** Ends the guest; without it the guest stays when the host is disposed. */
  stop?(): Promise<void>;
}

/** Options of {@linkcode GuestHost.connect}. */
export interface GuestConnectOptions {
  /** Ends the connecting. */
  readonly signal?: AbortSignal | undefined;
  /** How long the guest may take to let us in, in milliseconds. @default {60000} */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@linkcode startGuestHost}. */
export interface GuestHostOptions extends GuestConnectOptions {
  /** Name of a kernel of the lab, such as `6.12`. */
  readonly kernel: string;
  /** A guest that we start ends after this many seconds. */
  readonly timeLimitSeconds: number;
  /** Gets a line for people now and then, while the guest is built and booted. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Whether a guest that somebody keeps running may be used; it stays when the host is disposed. @default {true} */
  readonly shared?: boolean | undefined;
}

/**
 * A lab guest as a host. A guest that vanishes is a {@linkcode HostError} of kind `lost` that says why.
 *
 * @example
 * ```ts ignore
 * import { startGuestHost } from "./guest.ts";
 *
 * await using host = await startGuestHost({ kernel: "6.12", timeLimitSeconds: 600 });
 * console.log((await host.describe()).release);
 * ```
 */
export class GuestHost extends CommandHost {
  /** The target as the user wrote it. */
  readonly name: string;
  /** Resolves with the error when the guest goes without being stopped by us; otherwise never. */
  readonly lost: Promise<HostError>;
  readonly #ssh: SshHost;
  readonly #guest: GuestAddress;

  /** Wraps a connection to a guest; use {@linkcode GuestHost.connect}. */
  private constructor(ssh: SshHost, guest: GuestAddress) {
    super();
    this.name = guest.name;
    this.lost = ssh.lost;
    this.#ssh = ssh;
    this.#guest = guest;
  }

  /**
   * Connects to a guest that runs. It tries again for a while, for the network of a guest is slow at first.
   *
   * @param guest where it is; when it has `stop`, the host stops it at its own end
   * @param options how long it may take
   * @returns the host
   * @throws {HostError} of kind `lost` when the guest does not answer in time, or ends; `denied` when it refuses
   * @throws the signal's reason when it was aborted
   */
  static async connect(guest: GuestAddress, options: GuestConnectOptions = {}): Promise<GuestHost> {
    const { signal, timeoutMs = TIMEOUT_MS } = options;
    const deadline = performance.now() + timeoutMs;
    let hasEnded = false;
    guest.ended?.then(() => hasEnded = true);
    for (;;) {
      const leftMs = Math.max(1000, deadline - performance.now());
      try {
        return new GuestHost(await SshHost.connect(sshOptions(guest, { signal, timeoutMs: leftMs })), guest);
      } catch (error) {
        const isPassing = error instanceof HostError && error.kind === "lost";
        if (!isPassing || hasEnded || performance.now() + RETRY_MS > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /**
   * Starts a program in the guest.
   *
   * @param argv program and arguments; they travel as data, and no shell interprets them
   * @returns the process; when there is no such program its status is 127
   * @throws {HostError} of kind `lost` when the guest is gone
   */
  spawn(argv: readonly string[]): HostProcess {
    return this.#ssh.spawn(argv);
  }

  /** Closes the connection, and stops the guest if we started it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#ssh[Symbol.asyncDispose]();
    } finally {
      await this.#guest.stop?.();
    }
  }
}

/**
 * Boots a guest of the lab, or finds one that somebody keeps running, and connects to it.
 *
 * @param options which kernel, and how long a new guest may live
 * @returns the host
 * @throws {HostError} of kind `missing` when the lab has no such kernel, `lost` when the guest goes or does not answer,
 *   `failed` when it cannot be built or booted
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts ignore
 * import { startGuestHost } from "./guest.ts";
 *
 * await using host = await startGuestHost({ kernel: "6.12", timeLimitSeconds: 600, onProgress: console.error });
 * console.log(await host.readText("/proc/version"));
 * ```
 */
export async function startGuestHost(options: GuestHostOptions): Promise<GuestHost> {
  const { kernel, timeLimitSeconds, signal, onProgress, shared = true } = options;
  // The lab is loaded by those who use it.
  const lab = await import("../lab/mod.ts");
  const row = lab.findKernel(kernel);
  const running = shared ? await lab.findRunning(`lab:${row.name}`) : undefined;
  if (running !== undefined) {
    onProgress?.(`guest ${running.name}: using the one that runs already`);
    return await GuestHost.connect(running, options);
  }
  return await connectOwn(
    await lab.startGuest({ kernel: row, timeLimitSeconds, signal, onProgress }),
    options,
  );
}

/** Options of {@linkcode startImageHost}. */
export interface ImageHostOptions extends GuestConnectOptions {
  /** The target as the user wrote it, such as `lab:./bzImage`. */
  readonly name: string;
  /** Path of the kernel, a bzImage. */
  readonly path: string;
  /** Folder of its modules. */
  readonly modules?: string | undefined;
  /** The guest ends after this many seconds. */
  readonly timeLimitSeconds: number;
  /** Gets a line for people now and then, while the guest is built and booted. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/**
 * Boots a kernel of the user's in a guest of its own, and connects to it.
 *
 * @param options which kernel, and how long the guest may live
 * @returns the host
 * @throws {HostError} of kind `missing`, `denied` or `failed` when the kernel cannot be used, `failed` or `lost` when it
 *   does not boot
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts
 * import { startImageHost } from "./guest.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { name: "lab:/no/such", path: "/no/such", timeLimitSeconds: 60 };
 * await assert.rejects(startImageHost(image), /Cannot boot the kernel "\/no\/such": no such file/);
 * ```
 */
export async function startImageHost(options: ImageHostOptions): Promise<GuestHost> {
  const lab = await import("../lab/mod.ts");
  return await connectOwn(await lab.startImageGuest(options), options);
}

/** Connects to a guest that we have started, which goes when it lets us not in. */
async function connectOwn(
  guest: GuestAddress & { stop(): Promise<void> },
  options: GuestConnectOptions,
): Promise<GuestHost> {
  try {
    return await GuestHost.connect(guest, options);
  } catch (error) {
    await guest.stop();
    throw error;
  }
}

/** How ssh reaches a guest: by its own key and nothing of the user's. */
function sshOptions(
  guest: GuestAddress,
  options: GuestConnectOptions,
): Parameters<typeof SshHost.connect>[0] {
  for (const file of [guest.keyFile, guest.knownHostsFile]) {
    if (!/[\s"%$~]/.test(file)) continue;
    // ssh reads these as more than a path.
    const message = `Cannot use the guest ${quote(guest.name)}: a path without spaces and "%$~ is required`;
    throw new HostError(`${message}, was ${quote(file)}`, { host: guest.name, kind: "failed" });
  }
  const pinned = ["-o", `UserKnownHostsFile=${guest.knownHostsFile}`, "-o", "GlobalKnownHostsFile=/dev/null"];
  const strict = ["-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"];
  return {
    name: guest.name,
    destination: { user: guest.user, host: "127.0.0.1", port: guest.port },
    options: ["-F", "/dev/null", "-i", guest.keyFile, ...pinned, ...strict],
    gone: guest.ended,
    ...options,
  };
}
