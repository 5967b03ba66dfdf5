/**
 * Takes out of bpftrace's lines what shall not leave the machine, and keeps what is equal equal.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { WIRE_TABLE } from "../schema/mod.ts";
import type { WireField } from "../schema/mod.ts";
import { readMessage } from "./message.ts";
import type { RedactField } from "./recording.ts";

/** Pseudonyms that are remembered; a forgotten one is computed again, with the same result. */
const CACHE_MAX = 65_536;

/** Addresses from here on are no addresses but errors: the kernel's IS_ERR_VALUE(). */
const ERRORS_FROM = 2n ** 64n - 4095n;

const HEX = /^[0-9a-f]{1,16}$/;

const FIELDS: ReadonlyMap<string, readonly WireField[]> = new Map(
  Object.entries(WIRE_TABLE).map(([tag, record]) => [tag, record.fields]),
);

/**
 * Replaces kernel addresses, and names of threads, in bpftrace's lines.
 *
 * The values are HMAC-SHA-256 under the key, cut short: the same everywhere in a run, and of no use outside of it. What is
 * no record of ours could hold anything, so it loses its text; it means the same to a reader as before.
 *
 * @example
 * ```ts
 * import { Redactor } from "./redact.ts";
 * import assert from "node:assert/strict";
 *
 * const redactor = new Redactor(["addresses"], new Uint8Array(32));
 * const [line = ""] = redactor.lines(['{"type": "printf", "data": "put 1 7 5000 ffff888101 1\\n"}']);
 * assert.match(line, /"put 1 7 5000 a[0-9a-f]{14} 1\\n"/);
 * ```
 */
export class Redactor {
  readonly #key: Uint8Array;
  readonly #addresses: boolean;
  readonly #comm: boolean;
  readonly #cache: Map<string, string> = new Map();

  /**
   * Begins with a key.
   *
   * @param fields what is taken out; `command` is no part of a line
   * @param key random bytes of this run
   */
  constructor(fields: readonly RedactField[], key: Uint8Array) {
    this.#key = key;
    this.#addresses = fields.includes("addresses");
    this.#comm = fields.includes("comm");
  }

  /** Returns the lines without what is taken out. */
  lines(lines: readonly string[]): readonly string[] {
    return this.#addresses || this.#comm ? lines.map((it) => this.#line(it)) : lines;
  }

  #line(line: string): string {
    const message = readMessage(line);
    switch (message.kind) {
      case "record":
        return `{"type": "printf", "data": ${JSON.stringify(`${this.#record(message.text)}\n`)}}`;
      case "other":
        // A map that was left over has addresses as its keys.
        return "";
      case "unreadable":
        return '{"redacted": "a line of no known form"}';
      case "dropped":
      case "totals":
      case "probe-error":
        return line;
      default:
        return message satisfies never;
    }
  }

  #record(text: string): string {
    const words = text.split(" ");
    const tag = words[0] ?? "";
    const fields = FIELDS.get(tag);
    // Which of its words are addresses nobody knows.
    if (fields === undefined) return "redacted";
    let at = 1;
    for (const field of fields) {
      const word = words[at] ?? "";
      if (field.kind === "pointer" && this.#addresses) words[at] = this.#address(word);
      if (field.kind === "comm" && this.#comm) {
        [words[at], words[at + 1]] = this.#name(word, words[at + 1] ?? "");
      }
      if (field.kind === "text") {
        words.splice(
          at,
          words.length,
          this.#addresses ? withoutAddresses(words.slice(at)) : words.slice(at).join(" "),
        );
      }
      at += field.kind === "comm" ? 2 : 1;
    }
    return words.length === at ? words.join(" ") : `${tag} redacted`;
  }

  #address(word: string): string {
    if (!HEX.test(word)) return "redacted";
    const value = BigInt(`0x${word}`);
    if (value === 0n || value >= ERRORS_FROM) return word;
    // Fifteen digits are neither NULL nor an error.
    return this.#cached(`address ${word}`, (digest) => `a${digest.slice(0, 14)}`);
  }

  #name(low: string, high: string): readonly [string, string] {
    if (!HEX.test(low) || !HEX.test(high)) return ["redacted", "redacted"];
    if (low === "0" && high === "0") return [low, high];
    const words = this.#cached(`comm ${low} ${high}`, (digest) => commWords(`c-${digest.slice(0, 10)}`));
    const [first = "", second = ""] = words.split(" ");
    return [first, second];
  }

  #cached(value: string, short: (digest: string) => string): string {
    const known = this.#cache.get(value);
    if (known !== undefined) return known;
    const made = short(createHmac("sha256", this.#key).update(value).digest("hex"));
    if (this.#cache.size >= CACHE_MAX) this.#cache.clear();
    this.#cache.set(value, made);
    return made;
  }
}

/** A stack keeps what was found a name for. */
function withoutAddresses(words: readonly string[]): string {
  return words.join(" ").replaceAll(/\b(?:0x)?[0-9a-f]{5,16}\b/g, "0");
}

/** A name of at most 15 ASCII characters as the two words in which a record prints it. */
function commWords(name: string): string {
  const bytes = new Uint8Array(16);
  new TextEncoder().encodeInto(name, bytes);
  const view = new DataView(bytes.buffer);
  return [0, 8].map((at) => view.getBigUint64(at, true).toString(16)).join(" ");
}
