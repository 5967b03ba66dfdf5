/**
 * A terminal that is none: it keeps what it is given.
 *
 * @module
 */

import type { ScreenDevice } from "../../scripts/cli/screen.ts";

/** A terminal for tests. */
export class FakeScreen implements ScreenDevice {
  /** Everything that it was given. */
  text = "";
  /** Whether keys come one by one; `undefined` before anybody said so. */
  isRaw: boolean | undefined;
  /** Whoever wants to know of another size. */
  readonly listeners = new Set<() => void>();
  /** Whether it takes text: `never` waits for ever, `gone` fails. */
  takes: "at-once" | "never" | "gone" = "at-once";
  readonly readKeys: (() => Promise<string | undefined>) | undefined;
  #columns = 100;
  #rows = 24;
  #waiting: PromiseWithResolvers<string | undefined> = Promise.withResolvers();

  /** @param options `keys`: whether there is a keyboard */
  constructor(options: { readonly keys: boolean } = { keys: true }) {
    this.readKeys = options.keys ? () => this.#waiting.promise : undefined;
  }

  size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#columns, rows: this.#rows };
  }

  async write(text: string): Promise<void> {
    if (this.takes === "gone") throw new Deno.errors.BrokenPipe("It has gone");
    if (this.takes === "never") await new Promise(() => {});
    this.text += text;
  }

  writeSync(text: string): void {
    if (this.takes === "gone") throw new Deno.errors.BrokenPipe("It has gone");
    this.text += text;
  }

  setRaw(raw: boolean): void {
    this.isRaw = raw;
  }

  onResize(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Gives it another size. */
  async resize(columns: number, rows: number): Promise<void> {
    [this.#columns, this.#rows] = [columns, rows];
    for (const listener of this.listeners) listener();
    await settled();
  }

  /** Presses keys, all at once; `undefined` ends them. */
  async press(keys: string | undefined): Promise<void> {
    const pressed = this.#waiting;
    this.#waiting = Promise.withResolvers();
    pressed.resolve(keys);
    await settled();
  }
}

/** Resolves when everything that need not wait has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
