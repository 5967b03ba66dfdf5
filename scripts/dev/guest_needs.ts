/**
 * What a test of the lab needs of the machine, so that two of them can run at once.
 *
 * @module
 */

/** What a file of tests claims. */
export interface GuestNeeds {
  /** Nothing may run beside it: it has two guests, or it counts what everybody's guests leave. */
  readonly alone: boolean;
  /** Targets of guests that it keeps for others to find, such as `lab:6.12`; no two files keep the same at once. */
  readonly keeps: readonly string[];
}

/**
 * Reads what a file claims in a comment: `// Guests: alone.`, `// Guests: keeps lab:6.12.` or `// Guests: its own.`
 *
 * A file that claims nothing runs alone when it registers a guest or names a target, for such a guest could be another
 * file's.
 *
 * @param text the file
 * @returns its claims
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(guestNeeds("// Guests: keeps lab:6.12, lab:6.1.\n").keeps, ["lab:6.12", "lab:6.1"]);
 * assert.equal(guestNeeds("await registerGuest(guest);").alone, true);
 * assert.equal(guestNeeds('// Guests: its own.\n["--target", "ssh:guest"]').alone, false);
 * ```
 */
export function guestNeeds(text: string): GuestNeeds {
  const claim = /^\/\/ Guests: (.+)\.$/m.exec(text)?.[1];
  if (claim === "its own") return { alone: false, keeps: [] };
  if (claim === undefined) return { alone: /\bregisterGuest\(|"--target"/.test(text), keeps: [] };
  const [, kept] = /^keeps (.+)$/.exec(claim) ?? [];
  // What cannot be read is not known to be harmless.
  return { alone: kept === undefined, keeps: kept?.split(", ") ?? [] };
}

/**
 * Whether two files of tests may run at once.
 *
 * @param one claims of the one
 * @param other claims of the other
 * @returns whether neither disturbs the other
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const keeper = { alone: false, keeps: ["lab:6.12"] };
 * assert.equal(canShare(keeper, { alone: false, keeps: ["lab:6.1"] }), true);
 * assert.equal(canShare(keeper, keeper), false);
 * ```
 */
export function canShare(one: GuestNeeds, other: GuestNeeds): boolean {
  return !one.alone && !other.alone && !one.keeps.some((target) => other.keeps.includes(target));
}
