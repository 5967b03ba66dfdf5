/**
 * The time between the start of a guest and its first answer.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { endReason } from "./end_reason.ts";
import type { Guarded } from "./guard.ts";
import { lastLines } from "./printable.ts";
import { parseSerial, readSerial } from "./serial.ts";

/** How often the console of a booting guest is looked at, in milliseconds. */
const POLL_MS = 100;

/** A guest that boots. */
export interface Boot {
  /** The target as the user writes it. */
  readonly name: string;
  /** File that QEMU writes the console to. */
  readonly serialLog: string;
  /** When QEMU was started, in milliseconds of Date. */
  readonly started: number;
  /** How long the guest may live, in seconds. */
  readonly timeLimitSeconds: number;
  /** How long the guest may take to boot, in seconds. */
  readonly bootLimitSeconds: number;
  /** Says what the console of a guest that did not boot means, when it can. */
  readonly explain?: ((console: string) => string | undefined) | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** What a guest says when it is ready. */
export interface GuestReady {
  /** `uname -r`. */
  readonly release: string;
  /** The guest's public ed25519 key in base64. */
  readonly hostKey: string;
}

/**
 * Waits for the line on the console that says that ssh answers.
 *
 * @param run QEMU
 * @param boot what is known of the guest
 * @returns what the guest says, or `undefined` when QEMU ended because somebody else has its port
 * @throws {HostError} of kind `failed` when the guest gives up, of kind `lost` when it ends or is not ready in time; the
 *   hint has the end of its console
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts ignore
 * import { waitUntilReady } from "./boot_wait.ts";
 *
 * const ready = await waitUntilReady(run, {
 *   name: "lab:6.12",
 *   serialLog: "/tmp/serial.log",
 *   started: Date.now(),
 *   timeLimitSeconds: 600,
 *   bootLimitSeconds: 120,
 * });
 * ```
 */
export async function waitUntilReady(
  run: Pick<Guarded, "status" | "messages">,
  boot: Boot,
): Promise<GuestReady | undefined> {
  const deadline = boot.started + boot.bootLimitSeconds * 1000;
  let hasEnded = false;
  const end = run.status.then(() => hasEnded = true);
  for (;;) {
    boot.signal?.throwIfAborted();
    // Asked before the console is read, so that its last words are seen.
    const isOver = hasEnded;
    const text = await readSerial(boot.serialLog);
    const { release, hostKey, failure } = parseSerial(text);
    if (failure !== undefined) throw bootError(boot, "failed", { reason: failure, text });
    if (release !== undefined && hostKey !== undefined) return { release, hostKey };
    if (isOver) {
      const messages = run.messages();
      if (/Could not set up host forwarding rule/.test(messages)) return undefined;
      const { code, signal } = await run.status;
      const lifeSeconds = (Date.now() - boot.started) / 1000;
      const why = endReason({ code, signal, messages, lifeSeconds, timeLimitSeconds: boot.timeLimitSeconds });
      throw bootError(boot, "lost", { reason: `${why}, before it was ready`, text, messages });
    }
    if (Date.now() > deadline) {
      const reason = `it was not ready within ${boot.bootLimitSeconds} s`;
      throw bootError(boot, "lost", { reason, text });
    }
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
}

/** The error of a guest that did not boot, with the end of its console as the hint. */
function bootError(
  boot: Boot,
  kind: "failed" | "lost",
  { reason, text, messages = "" }: {
    readonly reason: string;
    readonly text: string;
    readonly messages?: string;
  },
): HostError {
  const end = lastLines(`${text}\n${messages}`, 20);
  const shown = end === "" ? "Its console showed nothing" : `Its console ended with:\n${end}`;
  // Of a QEMU that did not start the console says nothing.
  const meaning = text === "" && messages !== "" ? undefined : boot.explain?.(text);
  const hint = meaning === undefined ? shown : `${meaning}. ${shown}`;
  return new HostError(`Cannot boot the guest "${boot.name}": ${reason}`, { host: boot.name, kind, hint });
}
