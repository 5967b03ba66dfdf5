/**
 * Something that was not seen, and the window of time that it makes doubtful.
 *
 * @module
 */

/** One loss. */
export interface Loss {
  /** How it was noticed; see the published event `lost`. */
  readonly reason:
    | "buffer-full"
    | "gap"
    | "late"
    | "undecodable"
    | "probe-error"
    | "silenced"
    | "missed-probe"
    | "map-full"
    | "differs";
  /** How many records, `null` when that is not known. */
  readonly events: number | null;
  /** The CPU, `null` when it is not known. */
  readonly cpu: number | null;
  /** Begin of the window, CLOCK_BOOTTIME in ns; `null` when not known. */
  readonly fromNs: bigint | null;
  /** End of the window, CLOCK_BOOTTIME in ns; `null` when not known. */
  readonly toNs: bigint | null;
  /** What was seen of it. */
  readonly detail: string;
  /** What the lost records can only be: those that tell that a pid hash drops its reference. @default {anything} */
  readonly only?: "put";
}
