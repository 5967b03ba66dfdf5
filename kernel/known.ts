/**
 * A fact that was read, or the reason why it could not be.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";

/**
 * A fact about a machine: its value, or why it is not known.
 *
 * @typeParam T the type of the value
 */
export type Known<T> =
  /** It was read. */
  | { readonly kind: "known"; readonly value: T }
  /** It could not be read; the reason says what was tried. */
  | {
    readonly kind: "unknown";
    readonly reason: string;
    /** It may be there: only the permission to look was refused. */
    readonly denied?: true;
  };

/**
 * A fact that was read.
 *
 * @typeParam T the type of the value
 * @param value what was read
 * @returns the fact
 *
 * @example
 * ```ts
 * import { known } from "./known.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(known(3), { kind: "known", value: 3 });
 * ```
 */
export function known<T>(value: T): Known<T> {
  return { kind: "known", value };
}

/**
 * A fact that could not be read.
 *
 * @typeParam T the type that the value would have had
 * @param reason what was tried and what happened; capital first letter, no full stop
 * @param denied whether it may be there, and only the permission to look was refused
 * @returns the missing fact
 *
 * @example
 * ```ts
 * import { notKnown } from "./known.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(notKnown("Cannot read it: permission denied").kind, "unknown");
 * ```
 */
export function notKnown<T>(reason: string, denied = false): Known<T> {
  return denied ? { kind: "unknown", reason, denied } : { kind: "unknown", reason };
}

/**
 * The sentence in which a failure of the machine is told, with its hint.
 *
 * @param error the failure
 * @returns its message, and the hint in parentheses when there is one
 *
 * @example
 * ```ts
 * import { HostError } from "../hosts/host.ts";
 * import { reasonOf } from "./known.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new HostError("Cannot run it", { host: "local", kind: "missing", hint: "Install it" });
 * assert.equal(reasonOf(error), "Cannot run it (Install it)");
 * ```
 */
export function reasonOf(error: HostError): string {
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}

/**
 * Reads a fact, and turns a failure to read it into a reason.
 *
 * A lost machine is no missing fact: it is thrown on. So is every error that is about us and not about
 * what was read.
 *
 * @typeParam T the type of the value
 * @param read reads the fact
 * @returns the fact, or the reason from a `HostError` or from a `SyntaxError` in what was read
 * @throws {HostError} when the host is lost
 *
 * @example A file that may be missing
 * ```ts
 * import { attempt } from "./known.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({});
 * const fact = await attempt(() => host.readText("/proc/kallsyms"));
 * assert.equal(fact.kind, "unknown");
 * ```
 */
export async function attempt<T>(read: () => Promise<T>): Promise<Known<T>> {
  try {
    return known(await read());
  } catch (error) {
    if (error instanceof HostError && error.kind !== "lost") {
      return notKnown(reasonOf(error), error.kind === "denied");
    }
    if (error instanceof SyntaxError) return notKnown(error.message);
    throw error;
  }
}
