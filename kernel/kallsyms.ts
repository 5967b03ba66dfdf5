/**
 * The kernel's symbol list, /proc/kallsyms, line by line.
 *
 * @module
 */

/** One symbol of the running kernel. */
export interface KallsymsEntry {
  /** Where it is; undefined when the kernel hides addresses (kptr_restrict): it exists all the same. */
  readonly address: bigint | undefined;
  /** The letter of `nm`: `t` static function, `T` global function, `d`/`D` data, `W` weak, … */
  readonly type: string;
  /** The name as the linker saw it, with the suffixes that the compiler added. */
  readonly name: string;
  /** The module that has it; undefined for the kernel itself. */
  readonly module: string | undefined;
}

/** A symbol's name taken apart. */
export interface SymbolName {
  /** The name in the C source. */
  readonly base: string;
  /** What the compiler added, with its dot, such as `.part.0`; empty for the function itself. */
  readonly suffix: string;
}

const LINE = /^([0-9a-f]+)\s+(\S)\s+(\S+)(?:\s+\[([^\]\s]+)\])?\s*$/i;

/**
 * Suffixes of code that is a function, or a part of it, with an entry of its own.
 *
 * `.cold` is jumped to, not called, and `.cfi_jt` is a jump table: a probe there means something else.
 */
const CLONE = /^(\.(isra|constprop|part|llvm|lto_priv|cfi|ipa_ra|__uniq)(\.[0-9a-f]+)*)+$/;

/**
 * Reads one line of /proc/kallsyms.
 *
 * @param line the line, such as `ffffffff8109a0b0 t copy_process`
 * @returns the symbol; undefined when the line is none
 *
 * @example A kernel that hides addresses
 * ```ts
 * import { parseKallsymsLine } from "./kallsyms.ts";
 * import assert from "node:assert/strict";
 *
 * const symbol = parseKallsymsLine("0000000000000000 T pidfs_alloc_file");
 * assert.equal(symbol?.name, "pidfs_alloc_file");
 * assert.equal(symbol?.address, undefined);
 * ```
 */
export function parseKallsymsLine(line: string): KallsymsEntry | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, digits = "", type = "", name = "", module] = match;
  const address = BigInt(`0x${digits}`);
  return { address: address === 0n ? undefined : address, type, name, module };
}

/**
 * Reads lines of /proc/kallsyms, and leaves out those that are no symbols.
 *
 * @param lines the lines
 * @returns the symbols, in the order of the lines
 *
 * @example
 * ```ts
 * import { parseKallsyms } from "./kallsyms.ts";
 * import assert from "node:assert/strict";
 *
 * const symbols = parseKallsyms(["ffffffffc0a1 t helper\t[virtio_net]", ""]);
 * assert.deepEqual(symbols.map((symbol) => symbol.module), ["virtio_net"]);
 * ```
 */
export function parseKallsyms(lines: readonly string[]): readonly KallsymsEntry[] {
  return lines.map(parseKallsymsLine).filter((entry) => entry !== undefined);
}

/**
 * Takes a symbol's name apart at the first dot that the compiler put there.
 *
 * @param name the name, such as `put_pid.part.0`
 * @returns the name in the source and the suffix
 *
 * @example
 * ```ts
 * import { splitSymbolName } from "./kallsyms.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(splitSymbolName("put_pid.part.0"), { base: "put_pid", suffix: ".part.0" });
 * ```
 */
export function splitSymbolName(name: string): SymbolName {
  const dot = name.indexOf(".", 1);
  return dot < 0 ? { base: name, suffix: "" } : { base: name.slice(0, dot), suffix: name.slice(dot) };
}

/**
 * Whether a suffix names a copy or a part of the function that can be entered, and so be probed.
 *
 * @param suffix what {@linkcode splitSymbolName} gave
 * @returns true for `.isra.0`, `.constprop.0`, `.part.0`, `.llvm.123` and chains of them; false for `.cold`
 *
 * @example
 * ```ts
 * import { isCloneSuffix } from "./kallsyms.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isCloneSuffix(".constprop.0.isra.0"), true);
 * assert.equal(isCloneSuffix(".cold"), false);
 * ```
 */
export function isCloneSuffix(suffix: string): boolean {
  return CLONE.test(suffix);
}
