/**
 * What one line of `bpftrace -f json` says.
 *
 * @module
 */

/** A line of bpftrace, by what it means for us. */
export type CaptureMessage =
  /** The text that our program printed. */
  | { readonly kind: "record"; readonly text: string }
  /** bpftrace could not pass events on; `events` is `null` when it does not say how many. */
  | { readonly kind: "dropped"; readonly events: number | null }
  /** A counter of ours, by CPU, printed when the program ends. */
  | { readonly kind: "totals"; readonly map: string; readonly byCpu: ReadonlyMap<number, number> }
  /** A helper of the kernel reported an error while a probe ran. */
  | { readonly kind: "probe-error"; readonly detail: string }
  /** A line that means nothing to us, such as the count of attached probes. */
  | { readonly kind: "other" }
  /** A line that is not JSON, or not of a known form. */
  | { readonly kind: "unreadable"; readonly text: string };

const PRINTF_HEAD = '{"type": "printf", "data": "';
const STACK_HEAD = "frames ";
const PRINTF_TAIL = '\\n"}';

/**
 * Reads one line of bpftrace's JSON output.
 *
 * Our records hold no character that JSON escapes, so the usual line is cut out of its frame without a parser. One with
 * a control character as it is, which is no JSON, is no record of ours either: the decoder refuses it. Only the text of a
 * stack can hold anything.
 *
 * @param line one line, without its end
 * @returns what it says; bad lines are `unreadable`, never an exception
 * @example
 * ```ts
 * import { readMessage } from "./message.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(readMessage('{"type": "printf", "data": "tick 0 1 2 3\\n"}'), { kind: "record", text: "tick 0 1 2 3" });
 * ```
 */
export function readMessage(line: string): CaptureMessage {
  if (line.startsWith(PRINTF_HEAD) && line.endsWith(PRINTF_TAIL)) {
    const text = line.slice(PRINTF_HEAD.length, -PRINTF_TAIL.length);
    if (!text.includes("\\") && !text.includes('"') && !text.startsWith(STACK_HEAD)) {
      return { kind: "record", text };
    }
  }
  if (line === "") return { kind: "other" };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: "unreadable", text: line };
  }
  return fromJson(value, line);
}

function fromJson(value: unknown, line: string): CaptureMessage {
  if (!isObject(value)) return { kind: "unreadable", text: line };
  switch (value.type) {
    case "printf":
      if (typeof value.data !== "string") break;
      return { kind: "record", text: value.data.replace(/\n$/, "") };
    case "lost_events": {
      const inner = isObject(value.data) ? value.data.events : undefined;
      return { kind: "dropped", events: wholeNumber(inner ?? value.count) };
    }
    case "map":
      if (isObject(value.data)) return totals(value.data);
      break;
    case "helper_error":
    case "runtime_error":
      return {
        kind: "probe-error",
        detail: `${textOf(value.msg) ?? "error"} (${textOf(value.helper) ?? "unknown helper"})`,
      };
    case "attached_probes":
    case "time":
      return { kind: "other" };
  }
  return { kind: "unreadable", text: line };
}

function totals(data: Readonly<Record<string, unknown>>): CaptureMessage {
  const [entry] = Object.entries(data);
  if (entry === undefined || !isObject(entry[1])) return { kind: "other" };
  const byCpu = new Map<number, number>();
  for (const [cpu, count] of Object.entries(entry[1])) {
    // Other maps than our counters may be left at the end, with keys and values of any form.
    if (!/^\d{1,6}$/.test(cpu) || !/^\d{1,15}$/.test(textOf(count) ?? "")) return { kind: "other" };
    byCpu.set(Number(cpu), Number(count));
  }
  return { kind: "totals", map: entry[0].replace(/^@/, ""), byCpu };
}

/** A number of events; `null` when it is none. */
function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A string, or a number as text; objects are not asked for theirs, because JSON can name a member `toString`. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
