/**
 * Lines for a reader of records that nobody has printed: valid ones, valid ones that were damaged, and noise.
 *
 * A line follows from a seed and its number alone, so that one of a million can be made again.
 *
 * @module
 */

import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireKind, WireTag } from "../../schema/mod.ts";
import { Random } from "../simulator/random.ts";
import { encodeRecord } from "./wire.ts";
import type { WireValue } from "./wire.ts";

const TAGS = Object.keys(WIRE_TABLE) as readonly WireTag[];

/** Characters that a line is made of, look like those, or have a meaning for somebody who reads text. */
const CHARACTERS = [
  ..."0123456789abcdefxgAFzZ  --+._eE,;:'\"\\/{}[]()%$`",
  ..."\0\u0001\t\n\v\f\r\u001b\u007f\u0080\u009b\u00a0\u00ff",
  ..."é０٣−\u200b\u2028\u2029\u202e\ufeff\ufffd😀",
  "\ud800",
  "\udfff",
];

/** Words that are nearly numbers, and numbers that are nearly too big. */
const WORDS = [
  ...[
    "",
    "-",
    "+",
    "-0",
    "00",
    "01",
    "-01",
    "+1",
    "0x1",
    "1e3",
    "1.5",
    ".",
    "NaN",
    "Infinity",
    "null",
    "__proto__",
  ],
  ...["2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296"],
  ...[
    "9007199254740993",
    "9999999999",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
  ],
  ...["ffffffffffffffff", "10000000000000000", "FFFF", "0ff", "1n", "toString", "constructor"],
  "9".repeat(400),
];

/** Names of programs. */
const NAMES = [
  "",
  "a",
  "systemd",
  "kworker/u8:3-ev",
  "sixteen bytes ok",
  "héé",
  "a\0b",
  "\\x41",
  "\u001b[2J",
  "日本語",
].map((name) => new TextEncoder().encode(name));

/** Of a thousand lines so many are long; the longest has this many characters. */
const LONG_OF_1000 = 1;
const LONG = 20_000;

/** Returns line `number` of the stream that `seed` stands for. */
export function fuzzLine(seed: number, number: number): string {
  const random = new Random(Math.imul(number, 0x9e37_79b1) ^ seed);
  if (random.next() * 1000 < LONG_OF_1000) return longLine(random);
  const choice = random.between(0, 99);
  if (choice < 40) return validLine(random);
  if (choice < 90) return damagedLine(random, validLine(random));
  return noise(random);
}

/** A record as it can be printed. */
export function validLine(random: Random): string {
  const tag = pick(random, TAGS);
  const fields = WIRE_TABLE[tag].fields.map(({ name, kind }) => [name, valueOf(kind, random)]);
  return encodeRecord(tag, Object.fromEntries(fields));
}

/** A line to which one to three things have happened; it may still be valid, or be again. */
export function damagedLine(random: Random, whole: string): string {
  let line = whole;
  for (let left = random.between(1, 3); left > 0; left -= 1) line = pick(random, DAMAGES)(line, random);
  return line;
}

/** A value as wide as its kind, or one at the end of what that can be. */
function valueOf(kind: WireKind, random: Random): WireValue {
  switch (kind) {
    case "i32":
      return pick(random, [bits(random) | 0, 2 ** 31 - 1, -(2 ** 31), random.between(-200, 200)]);
    case "u32":
      return pick(random, [bits(random), 2 ** 32 - 1, random.between(0, 5000)]);
    case "u64":
      return pick(random, [wide(random), 2n ** 64n - 1n, BigInt(bits(random))]);
    case "hex":
    case "pointer":
      return pick(random, [wide(random), 2n ** 64n - 1n, BigInt(bits(random)), 0n]).toString(16);
    case "comm":
      // Bytes that are no text take a hundred times longer than a name, and few lines have them.
      if (random.percent(80)) return pick(random, NAMES);
      return Uint8Array.from({ length: random.between(0, 16) }, () => random.between(0, 255));
    case "text":
      return `\n\t${bits(random).toString(16)} f+${bits(random) & 255} (/bin/p)\n`;
    case "word":
      return `${bits(random)}.${random.between(100_000, 999_999)}`;
    default:
      return kind satisfies never;
  }
}

type Damage = (line: string, random: Random) => string;

/** What can happen to a line. */
const DAMAGES: readonly Damage[] = [
  // One character becomes another, comes, or goes; one bit of it turns.
  (line, random) => changed(line, random, 1, pick(random, CHARACTERS)),
  (line, random) => changed(line, random, 0, pick(random, CHARACTERS)),
  (line, random) => changed(line, random, 1, ""),
  (line, random) => {
    const at = random.between(0, line.length);
    const code = (line.charCodeAt(at) || 32) ^ (1 << random.between(0, 7));
    return line.slice(0, at) + String.fromCharCode(code) + line.slice(at + 1);
  },
  // Its end or its begin is missing.
  (line, random) => line.slice(0, random.between(0, line.length)),
  (line, random) => line.slice(random.between(0, line.length)),
  // It stands there twice, or a part of it does.
  (line) => line + line,
  (line) => `${line} ${line}`,
  (line, random) => {
    const [from, to] = [random.between(0, line.length), random.between(0, line.length)];
    return line.slice(0, Math.max(from, to)) + line.slice(Math.min(from, to));
  },
  // Another line begins in the middle of it.
  (line, random) => {
    const other = validLine(random);
    return line.slice(0, random.between(0, line.length)) + other.slice(random.between(0, other.length));
  },
  (line, random) => {
    const [words, others] = [line.split(" "), validLine(random).split(" ")];
    const at = random.between(0, words.length);
    return [...words.slice(0, at), ...others.slice(at)].join(" ");
  },
  // A word becomes another, comes, goes, or changes its place.
  (line, random) => withWords(line, random, (words, at) => words.splice(at, 1, pick(random, WORDS))),
  (line, random) => withWords(line, random, (words, at) => words.splice(at, 0, pick(random, WORDS))),
  (line, random) => withWords(line, random, (words, at) => words.splice(at, 1)),
  (line, random) => withWords(line, random, (words, at) => words.splice(at, 0, words[at] ?? "")),
  (line, random) => withWords(line, random, (words, at) => words.push(...words.splice(at, 1))),
  (line, random) => withWords(line, random, (words, at) => words[at] = `-${words[at]}`),
  (line, random) => withWords(line, random, (words, at) => words[at] = `0${words[at]}`),
  (line, random) => withWords(line, random, (words, at) => words[at] = `${words[at]}`.toUpperCase()),
  (line, random) => withWords(line, random, (words) => words[0] = pick(random, TAGS)),
];

function changed(line: string, random: Random, many: number, by: string): string {
  const at = random.between(0, line.length);
  return line.slice(0, at) + by + line.slice(at + many);
}

function withWords(line: string, random: Random, change: (words: string[], at: number) => unknown): string {
  const words = line.split(" ");
  change(words, random.between(0, words.length - 1));
  return words.join(" ");
}

/** Bytes read as UTF-8 or one by one, or characters; sometimes after a tag. */
function noise(random: Random): string {
  const length = random.between(0, 60);
  const choice = random.between(0, 3);
  if (choice === 0) return Array.from({ length }, () => pick(random, CHARACTERS)).join("");
  const bytes = Uint8Array.from({ length }, () => random.between(0, 255));
  if (choice === 1) return new TextDecoder().decode(bytes);
  const text = String.fromCharCode(...bytes);
  return choice === 2 ? text : `${pick(random, TAGS)} ${text}`;
}

function longLine(random: Random): string {
  const line = validLine(random);
  const part = pick(random, [line, `${line} `, " ", "9", "f", "-", "x ", pick(random, CHARACTERS)]);
  const long = part.repeat(Math.ceil(random.between(1000, LONG) / part.length));
  return pick(random, [long, line + long, `${line} ${long}`, `ready 1 5 ${long}`]);
}

function wide(random: Random): bigint {
  return (BigInt(bits(random)) << 32n) | BigInt(bits(random));
}

function bits(random: Random): number {
  return Math.floor(random.next() * 2 ** 32);
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)] as T;
}
