/**
 * Records as lines: what is the same in all of them, and how it is changed.
 *
 * @module
 */

import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireTag } from "../../schema/mod.ts";

/** A record on its way. */
export interface Line {
  /** The record. */
  readonly text: string;
  /** `struct pid` that it is about, by the simulation's own name. */
  readonly about: string | undefined;
  /** What is left of its JSON, when it broke off. */
  readonly cut?: string;
}

/** Where the counters of a CPU stand. */
export interface Counted {
  readonly cpu: number;
  readonly task: number;
  readonly softirq: number;
}

/** What every timed record has. */
export interface Head {
  readonly tag: string;
  readonly cpu: number;
  readonly ktimeNs: bigint;
}

/** Reads what every timed record has. */
export function headOf(text: string): Head {
  const words = text.split(" ", 4);
  const tag = words[0] ?? "";
  return { tag, cpu: Number(words[1]), ktimeNs: BigInt(words[tag === "tick" ? 2 : 3] ?? 0) };
}

/** The counter that a record is numbered by; `undefined` for none. */
export function counterOf(text: string): "task" | "softirq" | undefined {
  const tag = text.slice(0, text.indexOf(" ")) as WireTag;
  const { numbering } = WIRE_TABLE[tag];
  return numbering === "none" ? undefined : numbering;
}

/** The same record at another moment. */
export function shifted(text: string, byNs: bigint): string {
  const at = text.startsWith("tick ") ? 2 : 3;
  return changed(text, at, (word) => String(BigInt(word) + byNs));
}

/**
 * Takes lines away as if they had never been printed: what is numbered after them has lower numbers.
 *
 * @param lines the lines; those of a CPU in the order in which they were printed
 * @param options the counters at the end, and what goes
 */
export function unprinted(
  lines: readonly Line[],
  { totals, missed }: { readonly totals: readonly Counted[]; readonly missed: ReadonlySet<Line> },
): { readonly lines: readonly Line[]; readonly totals: readonly Counted[] } {
  const gone = new Map<string, number>();
  const goneOf = (cpu: number, counter: string) => gone.get(`${counter} ${cpu}`) ?? 0;
  const kept = lines.flatMap((line): readonly Line[] => {
    const { tag, cpu } = headOf(line.text);
    const counter = counterOf(line.text);
    if (missed.has(line)) {
      if (counter !== undefined) gone.set(`${counter} ${cpu}`, goneOf(cpu, counter) + 1);
      return [];
    }
    const lower = (at: number, by: number) => (text: string) =>
      by === 0 ? text : changed(text, at, (word) => String(Number(word) - by));
    if (counter !== undefined) return [{ ...line, text: lower(2, goneOf(cpu, counter))(line.text) }];
    if (tag !== "tick") return [line];
    const task = lower(3, goneOf(cpu, "task"))(line.text);
    return [{ ...line, text: lower(4, goneOf(cpu, "softirq"))(task) }];
  });
  return {
    lines: kept,
    totals: totals.map(({ cpu, task, softirq }) => ({
      cpu,
      task: task - goneOf(cpu, "task"),
      softirq: softirq - goneOf(cpu, "softirq"),
    })),
  };
}

/** The same record with another word at a place. */
function changed(text: string, at: number, change: (word: string) => string): string {
  const words = text.split(" ");
  words[at] = change(words[at] ?? "");
  return words.join(" ");
}
