/**
 * A benchmark that gave numbers which must not be used.
 *
 * @module
 */

/** The run is void: its numbers say nothing, and taking them again may help. */
export class BenchFault extends Error {
  /** @param message what is wrong with the numbers */
  constructor(message: string) {
    super(message);
    this.name = "BenchFault";
  }
}
