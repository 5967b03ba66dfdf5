/**
 * `leaks` on a terminal: a table that is drawn anew every second, and the keys that change it.
 *
 * @module
 */

import { LEAK_SORTS, leaksScreen } from "../../reports/mod.ts";
import type { LeakSort } from "../../reports/mod.ts";
import type { Ending } from "./endings.ts";
import { EXIT } from "./exit_code.ts";
import type { LeaksLook } from "./leaks_display.ts";
import { Screen } from "./screen.ts";
import type { ScreenDevice } from "./screen.ts";
import { Ticker } from "./ticker.ts";

/** Milliseconds from one frame to the next. */
const EVERY_MS = 1000;

/** What each key does, for people. */
const KEYS = [
  "q end",
  "s next sort",
  ...LEAK_SORTS.map(({ key, id }) => `${key} ${id}`),
  "h hide",
].join("  ");

/** What the screen needs. */
export interface LeaksScreenOptions {
  /** The terminal. */
  readonly device: ScreenDevice;
  /** Whether it shows nothing but text. */
  readonly plain: boolean;
  /** Tells what is known now. */
  readonly look: () => LeaksLook;
  /** Called when somebody ends the run by a key, or the terminal has gone. */
  readonly onEnd: (ending: Ending) => void;
  /** Time from one frame to the next. @default {1000} */
  readonly everyMs?: number;
}

/** Shows who holds pidfds until it is closed. */
export class LeaksScreen implements AsyncDisposable {
  readonly #options: LeaksScreenOptions;
  readonly #screen: Screen;
  readonly #ticker: Ticker;
  #look: LeaksLook;
  #sort: LeakSort = "verdict";
  #isHelpShown = false;
  #note: string | undefined;

  /** Takes the terminal, and shows the first frame. */
  constructor(options: LeaksScreenOptions) {
    this.#options = options;
    this.#look = options.look();
    this.#screen = Screen.open(options.device, {
      plain: options.plain,
      onKey: (key) => this.#press(key),
      onResize: () => this.#draw(),
      onGone: () => options.onEnd({ reason: "the terminal has gone", code: EXIT.hangup }),
    });
    this.#ticker = new Ticker(() => {
      this.#look = options.look();
      this.#draw();
    }, { everyMs: options.everyMs ?? EVERY_MS });
  }

  /** Shows a remark in a line of its own, until the next one. */
  note(text: string): void {
    this.#note = text.replaceAll("\n", " ");
    this.#draw();
  }

  /** Gives the terminal back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ticker[Symbol.dispose]();
    await this.#screen.close();
  }

  #press(key: string): void {
    switch (key) {
      case "q":
        return this.#options.onEnd({ reason: "ended by the key q", code: EXIT.well });
      case "\x03":
        return this.#options.onEnd({ reason: "interrupted", code: EXIT.interrupted });
      case "h":
      case "?":
        this.#isHelpShown = !this.#isHelpShown;
        return this.#draw();
      case "s": {
        const at = LEAK_SORTS.findIndex((it) => it.id === this.#sort);
        return this.#sortBy(LEAK_SORTS[(at + 1) % LEAK_SORTS.length]?.id);
      }
      case "\x0c":
        return this.#draw();
      default:
        return this.#sortBy(LEAK_SORTS.find((it) => it.key === key)?.id);
    }
  }

  #sortBy(sort: LeakSort | undefined): void {
    if (sort === undefined) return;
    this.#sort = sort;
    this.#draw();
  }

  #draw(): void {
    const foot = !this.#screen.hasKeys
      ? "Ctrl-C ends the run"
      : this.#isHelpShown
      ? KEYS
      : "q end  s sort  h keys";
    const { columns, rows } = this.#screen.size;
    const { result, watchedS, losses } = this.#look;
    this.#screen.draw(leaksScreen(result, {
      ...{ columns, rows, sort: this.#sort, watchedS, losses },
      ...{ note: this.#note, foot },
    }));
  }
}
