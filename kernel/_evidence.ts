/**
 * What a kernel's symbols and BTF show together, and the sentences about what was used of it.
 *
 * @module
 */

import type { Btf } from "./btf.ts";
import type { Symbols } from "./symbols.ts";

/** One of the three answers. */
export type Answer = "yes" | "no" | "unknown";

/** Asks symbols first and BTF where they do not tell; remembers what it saw. */
export class Evidence {
  readonly #reasons = new Set<string>();
  readonly #symbols: Symbols;
  readonly #btf: Btf | undefined;

  /** Creates it from what was read. */
  constructor(symbols: Symbols, btf: Btf | undefined) {
    this.#symbols = symbols;
    this.#btf = btf;
  }

  /** What was seen, in the order of asking. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  /** Adds a sentence. */
  say(reason: string): void {
    this.#reasons.add(reason);
  }

  /** Whether at least one symbol is there, under its name or as a clone; "no" only when none can be. */
  any(names: readonly string[]): Answer {
    const answers = names.map((name) => this.#one(name));
    if (answers.includes("yes")) return "yes";
    if (answers.includes("unknown")) return "unknown";
    if (names.length <= 2) this.say(`${names.join(" and ")} ${names.length === 1 ? "does" : "do"} not exist`);
    return "no";
  }

  /** Whether `struct pid` has a member; only BTF can tell. */
  pidMember(name: string): Answer {
    if (this.#btf === undefined || !this.#btf.hasStruct("pid")) return "unknown";
    const has = this.#btf.field("pid", name) !== undefined;
    this.say(`struct pid has ${has ? "the" : "no"} member ${name}`);
    return has ? "yes" : "no";
  }

  /** Whether BTF defines a struct; false also without BTF. */
  hasStruct(name: string): boolean {
    return this.#btf?.hasStruct(name) ?? false;
  }

  /** The types in kallsyms (`t`, `T`) of the kernel's own functions of exactly this name. */
  types(name: string): readonly string[] {
    return this.#symbols.entries(name)
      .filter((entry) => entry.name === name && entry.module === undefined)
      .map((entry) => entry.type);
  }

  #one(name: string): Answer {
    const exact = this.#symbols.exists(name);
    if (exact.kind === "supported" || this.#symbols.variants(name).length > 0) {
      this.say(`${name} is among the symbols`);
      return "yes";
    }
    if (this.#btf?.hasFunction(name) === true) {
      this.say(`BTF describes the function ${name}`);
      return "yes";
    }
    return exact.kind === "unsupported" ? "no" : "unknown";
  }
}
