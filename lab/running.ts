/**
 * The guests that somebody keeps running on this machine, so that other processes can use them.
 *
 * @module
 */

import { labCacheFolder } from "./cache.ts";
import { livingGuestFolders } from "./guest_folder.ts";
import type { Guest } from "./guest.ts";
import { runProgram } from "./program.ts";

/** What another process has to know to use a running guest. */
export interface RunningGuest {
  /** The target as the user writes it, such as `lab:6.12`. */
  readonly name: string;
  /** Port on 127.0.0.1 that leads to the guest's ssh. */
  readonly port: number;
  /** User to log in as. */
  readonly user: "root";
  /** File with the private key that may log in. */
  readonly keyFile: string;
  /** File with the guest's own key. */
  readonly knownHostsFile: string;
  /** `uname -r`. */
  readonly release: string;
  /** Process id of the guard. */
  readonly guardPid: number;
  /** When it was registered, RFC 3339. */
  readonly started: string;
}

/** File of a guest's folder that others find it by. */
const RECORD = "guest.json";

/**
 * Lets other processes use a guest.
 *
 * The record lies in the guest's own folder, and goes when the guest is stopped, or ends in any other way.
 *
 * @param guest a guest of this process
 * @returns what others will find
 *
 * @example
 * ```ts ignore
 * import { registerGuest } from "./running.ts";
 * import { startGuest } from "./guest.ts";
 * import { findKernel } from "./kernels.ts";
 *
 * await using guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 600 });
 * await registerGuest(guest);
 * await guest.ended;
 * ```
 */
export async function registerGuest(
  guest: Omit<RunningGuest, "started"> & Pick<Guest, "folder" | "ended">,
): Promise<RunningGuest> {
  const { name, port, user, keyFile, knownHostsFile, release, guardPid } = guest;
  const started = new Date().toISOString();
  const record = { name, port, user, keyFile, knownHostsFile, release, guardPid, started };
  const path = `${guest.folder}/${RECORD}`;
  // Nobody may read half of it.
  await Deno.writeTextFile(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
  guest.ended.then(() => Deno.remove(path)).catch(() => undefined);
  return record;
}

/**
 * Lists the guests that others may use. What is left of guests whose process died is removed.
 *
 * @param cacheFolder the lab's cache
 * @returns the guests, oldest first
 *
 * @example
 * ```ts
 * import { listRunning } from "./running.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await listRunning("/tmp/there-is-no-such-folder"), []);
 * ```
 */
export async function listRunning(cacheFolder: string = labCacheFolder()): Promise<readonly RunningGuest[]> {
  const guests: RunningGuest[] = [];
  for (const folder of await livingGuestFolders(cacheFolder)) {
    try {
      guests.push(JSON.parse(await Deno.readTextFile(`${folder}/${RECORD}`)));
    } catch (error) {
      // A guest that is not registered, or has just ended.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return guests.sort((one, other) => one.started.localeCompare(other.started));
}

/**
 * Finds a running guest that others may use.
 *
 * @param name the target as the user writes it, such as `lab:6.12`
 * @param cacheFolder the lab's cache
 * @returns the guest, or `undefined` when none of that name runs
 *
 * @example
 * ```ts
 * import { findRunning } from "./running.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await findRunning("lab:6.12", "/tmp/there-is-no-such-folder"), undefined);
 * ```
 */
export async function findRunning(
  name: string,
  cacheFolder: string = labCacheFolder(),
): Promise<RunningGuest | undefined> {
  return (await listRunning(cacheFolder)).findLast((guest) => guest.name === name);
}

/**
 * Asks the guard of a running guest to end it. The process that started it removes the rest.
 *
 * @param guest a guest that has just been found
 * @throws {HostError} of kind `failed` when the guard cannot be signalled
 *
 * @example
 * ```ts ignore
 * import { findRunning, stopRunning } from "./running.ts";
 *
 * const guest = await findRunning("lab:6.12");
 * if (guest !== undefined) await stopRunning(guest);
 * ```
 */
export async function stopRunning(guest: RunningGuest): Promise<void> {
  const words = ["sh", "-c", 'kill -TERM "$1"', "kill", String(guest.guardPid)];
  await runProgram(words, { purpose: `stop the guest "${guest.name}"`, host: guest.name });
}
