/**
 * Which functions this kernel has, and which of them can be probed.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { cannotTell, type Support, supported, unsupported } from "./feature.ts";
import { isCloneSuffix, type KallsymsEntry, parseKallsyms, splitSymbolName } from "./kallsyms.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";
import { findTracefs } from "./tracefs.ts";

/** Where a symbol is, as seen from another one; the same in every boot of one kernel, wherever it was put. */
export interface SymbolPlace {
  /** The other one, which is among the first in /proc/kallsyms. */
  readonly base: string;
  /** Bytes from there, never negative. */
  readonly offset: bigint;
}

/** What a {@linkcode Symbols} is made of. */
export interface SymbolsSource {
  /** The base names that were asked for; questions about others are mistakes. */
  readonly names: readonly string[];
  /** Their symbols in /proc/kallsyms, clones included. */
  readonly kallsyms: Known<readonly KallsymsEntry[]>;
  /** Those of their symbols that are in available_filter_functions. */
  readonly filterFunctions: Known<ReadonlySet<string>>;
  /** Where the kernel's text begins, its symbol `_text`; undefined when it is hidden or not told. */
  readonly text?: bigint | undefined;
}

/** Options of {@linkcode readSymbols}. */
export interface ReadSymbolsOptions {
  /** Where tracefs is, when somebody looked already. @default {findTracefs(host)} */
  readonly tracefs?: Known<string> | Promise<Known<string>>;
}

/** A function that every kernel has; a list without it and without any asked name is no list. */
const WITNESS = "do_exit";

/** The first symbol of the kernel's text (include/asm-generic/sections.h). */
const TEXT = "_text";

/**
 * The symbols of a kernel for a set of base names.
 *
 * A base name is the name in the C source. The compiler may have made clones of it (`put_pid.part.0`,
 * `f.isra.0`), and the function itself may then be gone: {@linkcode Symbols.has} speaks of the exact name.
 *
 * @example
 * ```ts
 * import { parseKallsyms } from "./kallsyms.ts";
 * import { known } from "./known.ts";
 * import { Symbols } from "./symbols.ts";
 * import assert from "node:assert/strict";
 *
 * const symbols = new Symbols({
 *   names: ["put_pid"],
 *   kallsyms: known(parseKallsyms(["f010 T put_pid", "f000 t put_pid.part.0"])),
 *   filterFunctions: known(new Set(["put_pid", "put_pid.part.0"])),
 * });
 * assert.equal(symbols.address("put_pid"), 0xf010n);
 * assert.deepEqual(symbols.variants("put_pid").map((clone) => clone.name), ["put_pid.part.0"]);
 * assert.equal(symbols.traceable("put_pid.part.0").kind, "supported");
 * ```
 */
export class Symbols {
  readonly #names: ReadonlySet<string>;
  readonly #source: SymbolsSource;

  /** Creates it from what was read; see {@linkcode readSymbols}. */
  constructor(source: SymbolsSource) {
    this.#names = new Set(source.names);
    this.#source = source;
  }

  /** The base names that can be asked about. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /** Their symbols in /proc/kallsyms, or why that could not be read. */
  get kallsyms(): Known<readonly KallsymsEntry[]> {
    return this.#source.kallsyms;
  }

  /** Those of their symbols that available_filter_functions lists, or why that could not be read. */
  get filterFunctions(): Known<ReadonlySet<string>> {
    return this.#source.filterFunctions;
  }

  /**
   * Every symbol of a base name: the function or variable itself, and its clones.
   *
   * @param base the name in the C source
   * @returns the symbols; empty also when the list could not be read
   * @throws {RangeError} when the name was not among those read
   */
  entries(base: string): readonly KallsymsEntry[] {
    this.#check(base);
    const { kallsyms } = this.#source;
    if (kallsyms.kind === "unknown") return [];
    return kallsyms.value.filter((entry) => splitSymbolName(entry.name).base === base);
  }

  /**
   * The clones that the compiler made of a function, such as `put_pid.part.0`; not the function itself.
   *
   * @param base the name in the C source
   * @returns the clones that can be entered; empty also when the list could not be read
   * @throws {RangeError} when the name was not among those read
   */
  variants(base: string): readonly KallsymsEntry[] {
    return this.entries(base).filter((entry) => entry.name !== base);
  }

  /**
   * Whether a symbol is known to exist under exactly this name.
   *
   * @param name a base name, or a clone's full name
   * @returns true for "yes"; false for "no" and for "cannot tell": {@linkcode Symbols.exists} tells them apart
   * @throws {RangeError} when its base name was not among those read
   */
  has(name: string): boolean {
    return this.exists(name).kind === "supported";
  }

  /**
   * Whether a symbol exists under exactly this name.
   *
   * @param name a base name, or a clone's full name
   * @returns the answer; unknown when neither list could be read and neither shows it
   * @throws {RangeError} when its base name was not among those read
   */
  exists(name: string): Support {
    const { kallsyms, filterFunctions } = this.#source;
    if (this.#exact(name).length > 0) return supported();
    if (filterFunctions.kind === "known" && filterFunctions.value.has(name)) return supported();
    if (kallsyms.kind === "unknown") return cannotTell(kallsyms.reason);
    const clones = this.variants(splitSymbolName(name).base).map((entry) => entry.name);
    const instead = clones.length === 0 ? "" : `, only ${clones.join(", ")}`;
    return unsupported(`No symbol is named ${name}${instead}`);
  }

  /**
   * Whether a kprobe can be put on this function by its name.
   *
   * @param name a base name, or a clone's full name
   * @returns supported when available_filter_functions lists it once; unknown when that cannot be read, or
   * when several functions share the name, so that nobody knows which one a probe would get
   * @throws {RangeError} when its base name was not among those read
   */
  traceable(name: string): Support {
    const { filterFunctions } = this.#source;
    const exists = this.exists(name);
    if (exists.kind === "unsupported") return exists;
    if (filterFunctions.kind === "unknown") {
      return cannotTell(filterFunctions.reason, filterFunctions.denied);
    }
    const places = this.#exact(name).length;
    if (places > 1) return cannotTell(`${places} symbols are named ${name}`);
    if (filterFunctions.value.has(name)) return supported();
    return exists.kind === "unknown"
      ? exists
      : unsupported(`The symbol ${name} exists, and available_filter_functions does not list it`);
  }

  /**
   * Where a function or variable is.
   *
   * @param name a base name, or a clone's full name
   * @returns its kernel address; undefined when it is missing, hidden, or several symbols share the name
   * @throws {RangeError} when its base name was not among those read
   */
  address(name: string): bigint | undefined {
    const [only, ...others] = this.#exact(name);
    return others.length === 0 ? only?.address : undefined;
  }

  /**
   * Where each function or variable of the kernel itself is, seen from the begin of its text, as far as that is certain:
   * unlike an address it tells nobody where the kernel is.
   *
   * @returns places by exact names; empty when the kernel hides its addresses
   */
  get places(): ReadonlyMap<string, SymbolPlace> {
    const { kallsyms, text } = this.#source;
    if (kallsyms.kind === "unknown" || text === undefined) return new Map();
    return new Map(kallsyms.value.flatMap(({ name, module }) => {
      const address = this.address(name);
      if (module !== undefined || address === undefined || address < text) return [];
      return [[name, { base: TEXT, offset: address - text }] as const];
    }));
  }

  #exact(name: string): readonly KallsymsEntry[] {
    return this.entries(splitSymbolName(name).base).filter((entry) => entry.name === name);
  }

  #check(base: string): void {
    if (this.#names.has(base)) return;
    throw new RangeError(
      `Cannot answer for a symbol: one of the ${this.#names.size} names read is required, got "${base}"`,
    );
  }
}

/**
 * Reads the symbols of a running kernel for a set of base names.
 *
 * @param host the machine
 * @param names the names in the C source
 * @param options see {@linkcode ReadSymbolsOptions}
 * @returns the symbols; what cannot be read makes answers unknown, it never throws
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readSymbols } from "./symbols.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({ files: { "/proc/kallsyms": "ffff1000 T kernel_clone\n" } });
 * const symbols = await readSymbols(host, ["kernel_clone"]);
 * assert.equal(symbols.has("kernel_clone"), true);
 * assert.equal(symbols.traceable("kernel_clone").kind, "unknown"); // no tracefs there
 * ```
 */
export async function readSymbols(
  host: Host,
  names: readonly string[],
  options: ReadSymbolsOptions = {},
): Promise<Symbols> {
  const tracefs = options.tracefs ?? findTracefs(host);
  const [kallsyms, filterFunctions] = await Promise.all([
    readKallsyms(host, names),
    Promise.resolve(tracefs).then((root) => readFilterFunctions(host, names, root)),
  ]);
  if (kallsyms.kind === "unknown") return new Symbols({ names, kallsyms, filterFunctions });
  const entries = kallsyms.value.filter((entry) => isAsked(entry.name, names));
  const text = kallsyms.value.find((entry) => entry.name === TEXT)?.address;
  return new Symbols({ names, kallsyms: known(entries), filterFunctions, text });
}

async function readKallsyms(host: Host, names: readonly string[]): Promise<Known<readonly KallsymsEntry[]>> {
  const path = "/proc/kallsyms";
  const lines = await attempt(() => host.readLinesWith(path, [...names, WITNESS, TEXT]));
  if (lines.kind === "unknown") return lines;
  const entries = parseKallsyms(lines.value);
  return entries.length === 0 ? incomplete(path) : known(entries);
}

async function readFilterFunctions(
  host: Host,
  names: readonly string[],
  tracefs: Known<string>,
): Promise<Known<ReadonlySet<string>>> {
  if (tracefs.kind === "unknown") return tracefs;
  const path = `${tracefs.value}/available_filter_functions`;
  const lines = await attempt(() => host.readLinesWith(path, [...names, WITNESS]));
  if (lines.kind === "unknown") return lines;
  // "name", or "name [module]", and some kernels add more after it
  const listed = lines.value.map((line) => line.trim().split(/\s/, 1)[0] ?? "");
  if (listed.every((name) => name === "")) return incomplete(path);
  return known(new Set(listed.filter((name) => isAsked(name, names))));
}

function incomplete<T>(path: string): Known<T> {
  return notKnown(`The list "${path}" is incomplete: not even ${WITNESS} is in it`);
}

function isAsked(name: string, names: readonly string[]): boolean {
  const { base, suffix } = splitSymbolName(name);
  return names.includes(base) && (suffix === "" || isCloneSuffix(suffix));
}
