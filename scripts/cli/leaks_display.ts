/**
 * What `leaks` shows while it watches: a screen on a terminal, lines elsewhere, nothing where JSON is asked for.
 *
 * The lines go to standard error, as all does that is said on the way: standard output has the report at the end and
 * nothing else, so that `leaks > file` and `leaks | less` keep an answer and no log.
 *
 * @module
 */

import { LeaksNews } from "../../reports/mod.ts";
import type { LeaksResult } from "../../reports/mod.ts";
import type { Ending } from "./endings.ts";
import { HeldTerminal } from "./held_terminal.ts";
import { LeaksScreen } from "./leaks_screen.ts";
import type { ScreenDevice } from "./screen.ts";
import type { Terminal } from "./terminal.ts";
import { Ticker } from "./ticker.ts";

/** Milliseconds from one look to the next where there is no screen. */
const EVERY_MS = 1000;

/** What is known at a moment. */
export interface LeaksLook {
  /** It, with all groups. */
  readonly result: LeaksResult;
  /** For how long was watched, s; `undefined` before anything was told. */
  readonly watchedS: number | undefined;
  /** How often something was lost. */
  readonly losses: number;
  /** The moment that it is true of, ns since 1970. */
  readonly utcNs: bigint;
}

/** Where it is shown. */
export interface LeaksDisplayOptions {
  /** Where everything goes that is not on the screen. */
  readonly terminal: Terminal;
  /** The terminal for a screen, if there is one. */
  readonly device: ScreenDevice | undefined;
  /** Whether standard error is that terminal too. */
  readonly isShared: boolean;
  /** Whether a screen shows nothing but text. */
  readonly plain: boolean;
  /** What is shown meanwhile. */
  readonly shows: "changes" | "nothing";
  /** Time from one look to the next. @default {1000} */
  readonly everyMs?: number;
}

/** Shows what is known while a run lasts; closing it gives the terminal back. */
export class LeaksDisplay implements AsyncDisposable {
  /** Where the run has to say what it says. */
  readonly terminal: Terminal;
  readonly #options: LeaksDisplayOptions;
  readonly #held: HeldTerminal;
  readonly #ending = new AbortController();
  #shown: LeaksScreen | Ticker | undefined;

  /** Shows nothing yet. */
  constructor(options: LeaksDisplayOptions) {
    const { terminal, isShared } = options;
    this.#options = options;
    this.#held = new HeldTerminal(terminal, {
      isShared,
      onNote: (text) => this.#shown instanceof LeaksScreen && this.#shown.note(text),
    });
    this.terminal = this.#held;
  }

  /** Whether it is a screen. */
  get isScreen(): boolean {
    return this.#options.device !== undefined;
  }

  /** Aborted with an {@linkcode Ending} by what ends the run from here. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * Begins to show what is known, until it is closed or the run is to end.
   *
   * @param look tells what is known now; it is called about once a second
   * @param options `signal`: aborted when the run is to end
   */
  begin(look: () => LeaksLook, { signal }: { readonly signal: AbortSignal }): void {
    const { device, plain, shows, everyMs = EVERY_MS, terminal } = this.#options;
    if (device !== undefined) {
      this.#held.hold();
      const onEnd = (ending: Ending) => this.#ending.abort(ending);
      this.#shown = new LeaksScreen({ device, plain, look, onEnd, everyMs });
      // What ends a run takes a while: from here on Ctrl-C is a signal again.
      signal.addEventListener("abort", () => void this[Symbol.asyncDispose](), { once: true });
      return;
    }
    if (shows === "nothing") return;
    const news = new LeaksNews();
    this.#shown = new Ticker(() => {
      const { result, utcNs } = look();
      for (const line of news.take(result, { utcNs })) terminal.note(line);
    }, { everyMs });
  }

  /** Gives the terminal back, and then says what had to wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    const shown = this.#shown;
    if (shown instanceof Ticker) shown[Symbol.dispose]();
    else await shown?.[Symbol.asyncDispose]();
    this.#held.release();
  }
}
