/**
 * Looks now and then whether somebody has switched the probes of a run off: they stay attached and say nothing then.
 *
 * @module
 */

import type { Loss } from "../../events/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { readSwitches } from "../../kernel/mod.ts";
import type { Rung } from "../../tracers/mod.ts";

/** Milliseconds between two looks; what is switched off and on again between them goes unnoticed. */
const INTERVAL_MS = 2000;

/** What is watched. */
export interface SilenceWatchOptions {
  /** The machine. */
  readonly host: Host;
  /** How the plan sees each thing. */
  readonly ladder: readonly Rung[];
  /** Latest moment that an event told of, CLOCK_BOOTTIME in ns. */
  readonly nowNs: () => bigint;
  /** Hears of it once, for people. */
  readonly onSilence: (text: string) => void;
}

/** Watches the switches of one machine. */
export class SilenceWatch implements Disposable {
  readonly #options: SilenceWatchOptions;
  readonly #losses: Loss[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firingNs: bigint;
  #silence: string | undefined;
  #isOver = false;

  /** Begins to look. */
  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#firingNs = options.nowNs();
    this.#later();
  }

  /** Gives the losses that were noticed since it was asked last. */
  take(): readonly Loss[] {
    return this.#losses.splice(0);
  }

  /** Looks a last time, and gives what was noticed. */
  async finish(): Promise<readonly Loss[]> {
    this[Symbol.dispose]();
    await this.#look().catch(() => undefined);
    if (this.#silence !== undefined) this.#lose(this.#silence, null);
    return this.take();
  }

  /** Ends the looking. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#isOver) return;
    // A machine that is lost is told of elsewhere.
    this.#timer = setTimeout(
      () => this.#look().catch(() => undefined).finally(() => this.#later()),
      INTERVAL_MS,
    );
  }

  async #look(): Promise<void> {
    const { host, ladder, nowNs, onSilence } = this.#options;
    const beforeNs = nowNs();
    const { kprobes, ftrace } = await readSwitches(host);
    const kinds = new Set<string | undefined>(
      ladder.flatMap((it) => it.doors.map((door) => door.split(":", 1)[0])),
    );
    const off = [kprobes, ftrace].find((it) =>
      it.state.kind === "off" && it.silences.some((kind) => kinds.has(kind))
    );
    const reason = off?.state.kind === "off" ? off.state.reason : undefined;
    if (reason !== undefined && this.#silence === undefined) {
      this.#silence = reason;
      onSilence(`probes were switched off while they were in use: ${reason}`);
      this.#lose(reason, nowNs());
    } else if (reason === undefined && this.#silence !== undefined) {
      this.#lose(this.#silence, nowNs());
      this.#silence = undefined;
      onSilence("the probes fire again; what happened meanwhile was not seen");
    }
    if (reason === undefined) this.#firingNs = beforeNs;
  }

  #lose(detail: string, toNs: bigint | null): void {
    this.#losses.push({ reason: "silenced", events: null, cpu: null, fromNs: this.#firingNs, toNs, detail });
  }
}
