/**
 * Which ways to attach to a kernel function this kernel was built with.
 *
 * @module
 */

import { type Support, supported } from "./feature.ts";
import type { Symbols } from "./symbols.ts";

/** Ways to attach to a kernel function. */
export interface Attachment {
  /** kprobe and kretprobe: CONFIG_KPROBES. */
  readonly kprobes: Support;
  /** fentry and fexit, as far as code goes: BPF trampolines on ftrace. They need BTF too. */
  readonly fentry: Support;
}

/** The functions whose existence tells. */
const SIGNS = {
  kprobes: ["register_kprobe"],
  fentry: ["register_ftrace_direct", "bpf_trampoline_link_prog"],
} as const;

/** The symbols that {@linkcode attachment} asks about. */
export const ATTACHMENT_SYMBOLS: readonly string[] = Object.values(SIGNS).flat();

/**
 * Tells which ways to attach a kernel was built with.
 *
 * Decided by the functions that offer them, whose names everybody may read: BPF trampolines came with Linux 5.5, and
 * hang on ftrace's direct calls.
 *
 * @param symbols read with at least {@linkcode ATTACHMENT_SYMBOLS}
 * @returns the answers; unknown when the symbols could not be read
 * @throws {RangeError} when the symbols were read without {@linkcode ATTACHMENT_SYMBOLS}
 *
 * @example
 * ```ts
 * import { attachment, ATTACHMENT_SYMBOLS } from "./attachment.ts";
 * import { parseKallsyms } from "./kallsyms.ts";
 * import { known } from "./known.ts";
 * import { Symbols } from "./symbols.ts";
 * import assert from "node:assert/strict";
 *
 * const symbols = new Symbols({
 *   names: ATTACHMENT_SYMBOLS,
 *   kallsyms: known(parseKallsyms(["1 T register_ftrace_direct", "2 T bpf_trampoline_link_prog"])),
 *   filterFunctions: known(new Set()),
 * });
 * const { kprobes, fentry } = attachment(symbols);
 * assert.deepEqual([kprobes.kind, fentry.kind], ["unsupported", "supported"]);
 * ```
 */
export function attachment(symbols: Symbols): Attachment {
  const all = (names: readonly string[]): Support =>
    names.map((name) => symbols.exists(name)).find((it) => it.kind !== "supported") ?? supported();
  return { kprobes: all(SIGNS.kprobes), fentry: all(SIGNS.fentry) };
}
