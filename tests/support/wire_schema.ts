/**
 * The JSON Schema of the lines that the program in the kernel prints: each record is one pattern.
 *
 * It is made from the table of records alone, and knows nothing of how the decoder reads them: no number is computed,
 * its bounds stand in the pattern digit by digit.
 *
 * @module
 */

import { WIRE_TABLE } from "../../schema/mod.ts";
import type { JsonObject, WireKind, WireRecord } from "../../schema/mod.ts";

/** At most 16 hex digits as `%llx` prints them. */
const HEX_WORD = "(?:0|[1-9a-f][0-9a-f]{0,15})";

/** What stands in a line for a value of each kind. */
const PATTERNS: Readonly<Record<WireKind, string>> = {
  i32: `(?:${decimals("2147483647")}|-(?!0)${decimals("2147483648")})`,
  u32: decimals("4294967295"),
  u64: decimals("18446744073709551615"),
  hex: HEX_WORD,
  pointer: HEX_WORD,
  comm: `${HEX_WORD} ${HEX_WORD}`,
  word: "[!-~]+",
  text: "[\\s\\S]*",
};

/** Returns the schema of one line, without its end. */
export function wireLineSchema(): JsonObject {
  const lines = Object.entries<WireRecord>(WIRE_TABLE).map(([tag, { meaning, fields }]) => ({
    title: tag,
    description: meaning,
    pattern: `^${[tag, ...fields.map(({ kind }) => PATTERNS[kind])].join(" ")}$`,
  }));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "trace-clone record",
    type: "string",
    oneOf: lines,
  };
}

/** A pattern of every number from 0 to a bound, as `%llu` prints them; 10^n, of n + 1 digits, is below the bound. */
function decimals(bound: string): string {
  const shorter = `[1-9][0-9]{0,${bound.length - 2}}`;
  const asLong = [...bound].flatMap((digit, at) => {
    const lowest = at === 0 ? 1 : 0;
    if (Number(digit) <= lowest) return [];
    return [`${bound.slice(0, at)}[${lowest}-${Number(digit) - 1}][0-9]{${bound.length - 1 - at}}`];
  });
  return `(?:0|${[shorter, ...asLong, bound].join("|")})`;
}
