/**
 * Room for so many at once; the others wait for their turn.
 *
 * @module
 */

/** A number of places; who comes first gets one first. */
export class Room {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param places how many can be in use at once */
  constructor(places: number) {
    this.#free = places;
  }

  /** Does something as soon as there is a place for it. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
