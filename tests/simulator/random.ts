/**
 * Random numbers that the same seed gives again.
 *
 * @module
 */

/** A source of random numbers (mulberry32). */
export class Random {
  #state: number;

  /** @param seed any 32-bit integer; the same one gives the same numbers */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 up to and without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `from` up to and with `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True in so many of 100 cases. */
  percent(chance: number): boolean {
    return this.next() * 100 < chance;
  }

  /** One of them; `undefined` when there are none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.next() * items.length)];
  }
}
