/**
 * Numbers of pidfds that were closed twice: the second close hits nothing, or what somebody else has there by now.
 *
 * @module
 */

import type { Update } from "../update.ts";
import { frameMatch } from "./frame_match.ts";
import type { HolderId, Holding, Origin } from "./holdings.ts";

/** The rule about them. */
export const DOUBLE_CLOSE_RULE = {
  id: "K3",
  statement: "The number of a pidfd is closed once",
} as const;

/** What can be said: certain where the number was free, suspected where it was somebody else's. */
export type Certainty = "certain" | "suspected";

/** A number that was closed twice. */
export interface DoubleClose {
  /** What can be said. */
  readonly certainty: Certainty;
  /** Who closed it the second time. */
  readonly holder: HolderId | null;
  /** That one's name. */
  readonly comm: string | null;
  /** The number. */
  readonly fd: number;
  /** What made the pidfd that it was; `null` where that was not seen. */
  readonly origin: Origin;
  /** The thread that closed it first. */
  readonly closedBy: number;
  /** The thread that closed it again. */
  readonly againBy: number | null;
  /** What it was the second time. */
  readonly held: Update<"pidfd.close_again">["body"]["held"];
  /** Whether something was lost between the two. */
  readonly doubtful: boolean;
  /** When, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
  /** `seq` of both closes, as far as they were told. */
  readonly evidence: readonly number[];
}

/** A pidfd that was closed by its number. */
interface Closed {
  readonly seq: number;
  readonly origin: Origin;
  /** Whether the thread that closed it is one that had filled the slot. */
  readonly wasOwn: boolean;
  /** Whether the runtime of its holder moves work from thread to thread, so that threads own nothing. */
  readonly hasNoOwners: boolean;
}

/**
 * Frames of runtimes that move work from thread to thread: what one opens another one closes, and is right to. Go is known
 * by its innermost frames too, for a deep stack is cut before its outermost.
 */
const movesWork = frameMatch(
  /\b(?:runtime\.(?:goexit|mcall|systemstack)\b|runtime\/(?:internal\/)?syscall\.|syscall\.rawVforkSyscall\b|tokio::runtime\b)/,
);

/** Closes that are remembered: as many as the program in the kernel keeps. */
const CLOSED_MAX = 8192;

/**
 * Judges closes of numbers that were closed before.
 *
 * @example
 * ```ts
 * import { DoubleCloses } from "./double_closes.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new DoubleCloses().all, []);
 * ```
 */
export class DoubleCloses {
  /** By table and number, the latest last. */
  readonly #closed = new Map<string, Closed>();
  readonly #all: DoubleClose[] = [];

  /** Those that were found, the earliest first. */
  get all(): readonly DoubleClose[] {
    return this.#all;
  }

  /**
   * A slot was emptied.
   *
   * @param update the event
   * @param slot what was in it; `undefined` where that is not known
   */
  closed(update: Update<"pidfd.close">, slot: Holding | undefined): void {
    const { body, seq } = update;
    const key = `${body.table} ${body.fd}`;
    this.#closed.delete(key);
    this.#closed.set(key, {
      seq,
      origin: slot?.origin ?? null,
      wasOwn: slot?.tid !== undefined && slot.tid === body.process?.tid,
      hasNoOwners: movesWork(slot?.frames ?? null),
    });
    if (this.#closed.size <= CLOSED_MAX) return;
    const [oldest] = this.#closed.keys();
    if (oldest !== undefined) this.#closed.delete(oldest);
  }

  /** A number that was a pidfd's was closed again. */
  closedAgain(update: Update<"pidfd.close_again">): void {
    const { body, seq, ktimeNs } = update;
    const { held, process } = body;
    const first = this.#closed.get(`${body.table} ${body.fd}`);
    // Twice the same: one thread opens pidfds, another one closes them.
    if (held === "pidfd" && first?.wasOwn === false) return;
    // A thread is suspected for what another one has opened; where threads own nothing that says nothing.
    if (held !== "nothing" && first?.hasNoOwners === true) return;
    this.#all.push({
      certainty: held === "nothing" ? "certain" : "suspected",
      holder: process === null ? null : { pid: process.pid, start: process.start_ns },
      comm: process?.comm ?? null,
      fd: body.fd,
      origin: first?.origin ?? null,
      closedBy: body.closed_by,
      againBy: process?.tid ?? null,
      held,
      doubtful: body.doubtful,
      ktimeNs: ktimeNs ?? 0n,
      evidence: [...(first === undefined ? [] : [first.seq]), seq],
    });
  }
}
