/**
 * Standard error that waits while a screen is shown on the same terminal.
 *
 * @module
 */

import type { Terminal } from "./terminal.ts";

/** Remarks that are kept at most, and bytes of a command's output. */
const NOTES_MAX = 1000;
const BYTES_MAX = 1_048_576;

/** What is held, and what is done with remarks meanwhile. */
export interface HeldTerminalOptions {
  /** Whether standard error is the terminal that the screen is on: what goes elsewhere need not wait. */
  readonly isShared: boolean;
  /** Hears what is said while it is held; the text may hold any character. */
  readonly onNote: (text: string) => void;
}

/** A terminal whose remarks can be held back. */
export class HeldTerminal implements Terminal {
  readonly #terminal: Terminal;
  readonly #options: HeldTerminalOptions;
  #isHeld = false;
  /** What waits, in its order. */
  #kept: (string | Uint8Array)[] = [];
  #bytes = 0;
  #dropped = 0;

  /** @param terminal where everything goes in the end */
  constructor(terminal: Terminal, options: HeldTerminalOptions) {
    this.#terminal = terminal;
    this.#options = options;
  }

  /** From now on remarks wait. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Says everything that waits, and holds nothing back any more. */
  release(): void {
    this.#isHeld = false;
    for (const it of this.#kept) {
      if (typeof it === "string") this.#terminal.note(it);
      else this.#terminal.raw(it);
    }
    if (this.#dropped > 0) this.#terminal.note(`trace-clone: ${this.#dropped} more remarks were not kept`);
    this.#kept = [];
    this.#bytes = this.#dropped = 0;
  }

  /** Writes to standard output, which is never held back. */
  write(text: string): Promise<boolean> {
    return this.#terminal.write(text);
  }

  /** Says it now or, while remarks are held back, later. */
  note(text: string): void {
    if (this.#isHeld) this.#options.onNote(text);
    if (!this.#isHeld || !this.#options.isShared) return this.#terminal.note(text);
    this.#keep(text, 0);
  }

  /** Shows what is going on, on the screen while there is one. */
  status(text: string): void {
    if (this.#isHeld) return this.#options.onNote(text);
    this.#terminal.status(text);
  }

  /** Passes bytes on now, or later. */
  raw(bytes: Uint8Array): void {
    if (!this.#isHeld || !this.#options.isShared) return this.#terminal.raw(bytes);
    this.#keep(bytes.slice(), bytes.length);
  }

  #keep(what: string | Uint8Array, bytes: number): void {
    if (this.#kept.length >= NOTES_MAX || this.#bytes + bytes > BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#kept.push(what);
    this.#bytes += bytes;
  }
}
