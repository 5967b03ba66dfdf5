/**
 * A terminal that is drawn as a whole, and given back as it was found, whatever happens.
 *
 * @module
 */

import type { ScreenLine } from "../../reports/mod.ts";

/** What a screen is made of. */
export interface ScreenDevice {
  /** Columns and rows. */
  size(): { readonly columns: number; readonly rows: number };
  /** Shows text, and resolves when it was taken. */
  write(text: string): Promise<void>;
  /** Shows text at once, at the end of the process. */
  writeSync(text: string): void;
  /** Whether keys come one by one and unseen, or as lines. */
  setRaw(raw: boolean): void;
  /** The keys that were pressed, some at a time; `undefined` at their end. Absent where nobody can press any. */
  readonly readKeys?: (() => Promise<string | undefined>) | undefined;
  /** Calls a function whenever the size may have changed, until what it returns is called. */
  onResize(listener: () => void): () => void;
}

/** The alternate screen, without a cursor: what was on the terminal stays, and comes back. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** Milliseconds that a terminal may take for what it was given, before it is left all the same. */
const PATIENCE_MS = 1000;

/** What happens on a screen. */
export interface ScreenEvents {
  /** A key was pressed. */
  readonly onKey: (key: string) => void;
  /** It has another size. */
  readonly onResize: () => void;
  /** It cannot be written to any more. */
  readonly onGone: () => void;
}

/** Draws; closing it gives the terminal back. */
export class Screen implements AsyncDisposable {
  readonly #device: ScreenDevice;
  readonly #isPlain: boolean;
  readonly #events: ScreenEvents;
  readonly #atEnd = () => this.#restore((text) => this.#device.writeSync(text));
  #unwatch: (() => void) | undefined;
  #isOpen = true;
  #isRaw = false;
  /** What is being written. */
  #writing: Promise<void> | undefined;
  /** The latest frame that waits for that. */
  #next: string | undefined;

  private constructor(device: ScreenDevice, options: ScreenEvents & { readonly plain: boolean }) {
    this.#device = device;
    this.#events = options;
    this.#isPlain = options.plain;
  }

  /**
   * Takes the terminal.
   *
   * @param device the terminal
   * @param options `plain`: whether nothing but text is shown, without reverse video
   * @returns the screen
   */
  static open(device: ScreenDevice, options: ScreenEvents & { readonly plain: boolean }): Screen {
    const screen = new Screen(device, options);
    for (const name of LAST_EVENTS) globalThis.addEventListener(name, screen.#atEnd);
    try {
      if (device.readKeys !== undefined) {
        device.setRaw(true);
        screen.#isRaw = true;
      }
      screen.#unwatch = device.onResize(() => screen.#isOpen && options.onResize());
      screen.#write(ENTER);
    } catch (error) {
      screen.#atEnd();
      throw error;
    }
    void screen.#hear();
    return screen;
  }

  /** Columns and rows. */
  get size(): { readonly columns: number; readonly rows: number } {
    return this.#device.size();
  }

  /** Whether keys are heard. */
  get hasKeys(): boolean {
    return this.#isRaw;
  }

  /** Shows lines from the top; what was there goes. A frame that a slow terminal has not begun is left out. */
  draw(lines: readonly ScreenLine[]): void {
    if (!this.#isOpen) return;
    const { columns } = this.size;
    const texts = lines.map(({ text, isTitle }) => {
      if (!isTitle || this.#isPlain) return `\x1b[2K${text}`;
      return `\x1b[2K\x1b[7m${text.padEnd(columns)}\x1b[0m`;
    });
    this.#next = `\x1b[H${texts.join("\r\n")}\x1b[J`;
    this.#drawNext();
  }

  /** Gives the terminal back as it was; resolves when what it was given is shown. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#next = undefined;
    let writing: Promise<void> | undefined;
    const before = this.#writing;
    this.#restore((text) => writing = (before ?? Promise.resolve()).then(() => this.#device.write(text)));
    let patience: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => patience = setTimeout(resolve, PATIENCE_MS));
    await Promise.race([writing?.catch(() => undefined), late]);
    clearTimeout(patience);
  }

  /** The same as {@linkcode Screen.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #restore(write: (text: string) => void): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const name of LAST_EVENTS) globalThis.removeEventListener(name, this.#atEnd);
    this.#unwatch?.();
    // A terminal that has gone can be given neither.
    try {
      if (this.#isRaw) this.#device.setRaw(false);
    } catch { /* it has gone */ }
    try {
      write(LEAVE);
    } catch { /* it has gone */ }
  }

  #drawNext(): void {
    if (this.#writing !== undefined || this.#next === undefined || !this.#isOpen) return;
    const frame = this.#next;
    this.#next = undefined;
    this.#write(frame);
  }

  #write(text: string): void {
    this.#writing = this.#device.write(text).catch(() => this.#isOpen && this.#events.onGone()).then(() => {
      this.#writing = undefined;
      this.#drawNext();
    });
  }

  async #hear(): Promise<void> {
    const { readKeys } = this.#device;
    if (readKeys === undefined) return;
    try {
      for (let keys = await readKeys(); keys !== undefined && this.#isOpen; keys = await readKeys()) {
        // An arrow, or another key that sends several characters, is none of ours.
        if (keys.startsWith("\x1b")) continue;
        for (const key of keys) if (this.#isOpen) this.#events.onKey(key);
      }
    } catch {
      if (this.#isOpen) this.#events.onGone();
    }
  }
}

/** What the runtime tells of before a process ends, by itself or by an error that nobody caught. */
const LAST_EVENTS = ["unload", "error", "unhandledrejection"] as const;

/**
 * Returns the terminal of this process, if its standard output is one.
 *
 * @returns the terminal; keys are heard where standard input is one too
 */
export function ownScreen(): ScreenDevice | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  return {
    size: () => Deno.consoleSize(),
    async write(text) {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    },
    writeSync(text) {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    },
    // Signals of the keyboard would reach the guest and the tunnel too: they come as keys, and end the run alone.
    setRaw: (raw) => Deno.stdin.setRaw(raw),
    readKeys: Deno.stdin.isTerminal()
      ? async () => {
        const length = await Deno.stdin.read(buffer);
        return length === null ? undefined : decoder.decode(buffer.subarray(0, length));
      }
      : undefined,
    onResize(listener) {
      Deno.addSignalListener("SIGWINCH", listener);
      return () => Deno.removeSignalListener("SIGWINCH", listener);
    },
  };
}
