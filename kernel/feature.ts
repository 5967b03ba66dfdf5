/**
 * Whether a kernel can do something: yes, no, or cannot tell.
 *
 * @module
 */

/**
 * The answer to "can this kernel do X?".
 *
 * There is no fourth answer and no default: what could not be read is `unknown`, never `unsupported`.
 */
export type Support =
  /** The kernel was seen to have it. */
  | { readonly kind: "supported" }
  /** The kernel was seen not to have it. */
  | { readonly kind: "unsupported"; readonly reason: string }
  /** What would tell could not be read, or does not decide. */
  | {
    readonly kind: "unknown";
    readonly reason: string;
    /** It may be there: only the permission to look was refused. */
    readonly denied?: true;
  };

/** The answer "no". */
export type Unsupported = Extract<Support, { readonly kind: "unsupported" }>;

/** The answer "cannot tell". */
export type Undecided = Extract<Support, { readonly kind: "unknown" }>;

const SUPPORTED: Support = Object.freeze({ kind: "supported" });

/**
 * The answer "yes".
 *
 * @returns the one shared value of that kind
 *
 * @example
 * ```ts
 * import { supported } from "./feature.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(supported(), { kind: "supported" });
 * ```
 */
export function supported(): Support {
  return SUPPORTED;
}

/**
 * The answer "no".
 *
 * @param reason what was looked at and what it showed; capital first letter, no full stop
 * @returns the answer with its reason
 *
 * @example
 * ```ts
 * import { unsupported } from "./feature.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(unsupported("No symbol is named pidfd_prepare").kind, "unsupported");
 * ```
 */
export function unsupported(reason: string): Unsupported {
  return { kind: "unsupported", reason };
}

/**
 * The answer "cannot tell".
 *
 * @param reason what could not be read, or why it does not decide; capital first letter, no full stop
 * @param denied whether it may be there, and only the permission to look was refused
 * @returns the answer with its reason
 *
 * @example
 * ```ts
 * import { cannotTell } from "./feature.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cannotTell('Cannot read "/proc/kallsyms": no such file').kind, "unknown");
 * ```
 */
export function cannotTell(reason: string, denied = false): Undecided {
  return denied ? { kind: "unknown", reason, denied } : { kind: "unknown", reason };
}

/**
 * The answer for something that needs all of several things.
 *
 * One "no" decides; else one "cannot tell" leaves it open; else it is "yes", also for no parts at all.
 *
 * @param parts the answers for each thing needed
 * @returns the first "no", else the first "cannot tell", else "yes"
 *
 * @example A missing part outweighs an unreadable one
 * ```ts
 * import { allOf, cannotTell, supported, unsupported } from "./feature.ts";
 * import assert from "node:assert/strict";
 *
 * const answer = allOf([supported(), cannotTell("No tracefs"), unsupported("No BTF")]);
 * assert.deepEqual(answer, unsupported("No BTF"));
 * ```
 */
export function allOf(parts: readonly Support[]): Support {
  return parts.find((part) => part.kind === "unsupported") ??
    parts.find((part) => part.kind === "unknown") ??
    SUPPORTED;
}
