/**
 * Lines for the reader of bpftrace's output that bpftrace never wrote: records in their frame, the other messages, and
 * both after something happened to them. As with records, a line follows from a seed and its number.
 *
 * @module
 */

import { Random } from "../simulator/random.ts";
import { damagedLine, fuzzLine } from "./fuzz_lines.ts";

/** What stands for a value in a message: of the right kind, of a wrong one, and what is a trap in JavaScript. */
const VALUES = [
  ...[
    "0",
    "7",
    "-1",
    "1.5",
    "1e400",
    "-0",
    "9007199254740993",
    "123456789012345",
    "1234567890123456",
    "true",
    "null",
  ],
  ...[
    '""',
    '"7"',
    '"-7"',
    '"a b"',
    '"Bad address"',
    '"\\u001b[2J"',
    '"18446744073709551615"',
    "[]",
    "[7]",
    "[1, 2]",
  ],
  ...[
    "{}",
    '{"0": 12, "1": 7}',
    '{"0": "12"}',
    '{"4711,1": 5}',
    '{"-1": 5}',
    '{"events": 4012}',
    '{"@task": {"0": 3}}',
  ],
  ...[
    '{"toString": 1, "valueOf": 2}',
    '{"__proto__": {"events": 3}}',
    '{"@n": [7]}',
    '{"@n": {"0": [7]}}',
    '{"probes": 3}',
  ],
];

const TYPES = [
  ...["printf", "lost_events", "map", "helper_error", "runtime_error", "attached_probes", "time", "hist"],
  ...["toString", "__proto__", ""],
];

const KEYS = ["data", "count", "msg", "helper", "type", "events", "__proto__", "toString"];

/** Returns line `number` of the stream that `seed` stands for. */
export function fuzzMessage(seed: number, number: number): string {
  const random = new Random(Math.imul(number, 0x85eb_ca6b) ^ seed);
  const choice = random.between(0, 99);
  const text = fuzzLine(seed, number);
  // Not every one is as JSON would have it: the frame alone does not make a message.
  if (choice < 30) return `{"type": "printf", "data": ${JSON.stringify(`${text}\n`)}}`;
  if (choice < 50) return `{"type": "printf", "data": "${text}\\n"}`;
  if (choice < 60) return text;
  const message = otherMessage(random);
  return choice < 80 ? message : damagedLine(random, message);
}

function otherMessage(random: Random): string {
  const parts = [`"type": ${JSON.stringify(random.pick(TYPES))}`];
  for (let left = random.between(1, 3); left > 0; left -= 1) {
    const value = random.percent(30)
      ? `{${JSON.stringify(random.pick(KEYS))}: ${valueOf(random)}}`
      : valueOf(random);
    parts.push(`${JSON.stringify(random.pick(KEYS))}: ${value}`);
  }
  return `{${parts.join(", ")}}`;
}

function valueOf(random: Random): string {
  const value = random.pick(VALUES) ?? "null";
  return random.percent(30) ? `{"@${random.pick(["task", "n", "softirq"])}": ${value}}` : value;
}
