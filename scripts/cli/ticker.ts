/**
 * Something that is done again and again, and less often the longer it takes.
 *
 * @module
 */

/** Of the time, what is done may take one part in so many. */
const SHARE = 10;

/** Calls a function until it is closed. */
export class Ticker implements Disposable {
  readonly #action: () => void;
  readonly #everyMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /**
   * Calls it once at once.
   *
   * @param action what is done
   * @param options time from one call to the next at least
   */
  constructor(action: () => void, options: { readonly everyMs: number }) {
    this.#action = action;
    this.#everyMs = options.everyMs;
    this.now();
  }

  /** Calls it now, and later again. */
  now(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    const begun = performance.now();
    this.#action();
    const tookMs = performance.now() - begun;
    // The action may have closed this.
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.now(), Math.max(this.#everyMs, SHARE * tookMs));
  }

  /** Calls it no more. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
