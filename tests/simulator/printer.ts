/**
 * The program in the kernel as it is seen from outside: numbered records in one buffer for each CPU, heartbeats, totals.
 *
 * @module
 */

import type { CaptureMessage } from "../../capture/mod.ts";
import { COUNTERS } from "../../program/mod.ts";
import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireTag } from "../../schema/mod.ts";
import { encodeRecord } from "../support/wire.ts";
import type { WireValues } from "../support/wire.ts";
import { headOf } from "./lines.ts";
import type { Counted } from "./lines.ts";
import type { Random } from "./random.ts";

/** CPUs of the simulated machine. */
export const CPUS = 2;

/** One line in a CPU's buffer. */
export interface Printed {
  /** The record. */
  readonly text: string;
  /** When it was printed. */
  readonly ktimeNs: bigint;
  /** Whether its loss can be noticed. */
  readonly numbered: boolean;
  /** `struct pid` that it is about, by the simulation's own name. */
  readonly about: string | undefined;
}

/** How the lines arrive. */
export interface Delivery {
  /** Lines lost of each 100. */
  readonly dropPercent: number;
  /** Most lines of one CPU that are read at once, while the other one waits. */
  readonly chunkMax: number;
  /** Nanoseconds by which one CPU can be read later than another at most. */
  readonly delayNsMax: bigint;
}

/** What arrived, and what did not. */
export interface Delivered {
  /** In the order of arrival. */
  readonly messages: readonly CaptureMessage[];
  /** Numbered records that were lost. */
  readonly dropped: number;
  /** The `struct pid`s that they were about. */
  readonly touched: ReadonlySet<string>;
}

/** Takes what the probes print. */
export class Printer {
  readonly #buffers: Printed[][] = Array.from({ length: CPUS }, () => []);
  readonly #counters = Array.from({ length: CPUS }, () => ({ task: 0, softirq: 0 }));

  /** Prints one record on a CPU; the values that every numbered record has are filled in. */
  print(
    tag: WireTag,
    values: WireValues,
    options: { readonly cpu: number; readonly ktimeNs: bigint; readonly about?: string },
  ): void {
    const { cpu, ktimeNs, about } = options;
    const { numbering } = WIRE_TABLE[tag];
    const counters = this.#counters[cpu] ?? { task: 0, softirq: 0 };
    const number = numbering === "none" ? 0 : ++counters[numbering];
    const text = encodeRecord(tag, { cpu, number, ktimeNs, ...values });
    this.#buffers[cpu]?.push({ text, ktimeNs, numbered: numbering !== "none", about });
  }

  /** Prints a heartbeat of every CPU. */
  tick(ktimeNs: bigint): void {
    this.#counters.forEach(({ task, softirq }, cpu) =>
      this.print("tick", { task, softirq }, { cpu, ktimeNs })
    );
  }

  /** Where the counters stand. */
  get totals(): readonly Counted[] {
    return this.#counters.map((it, cpu) => ({ cpu, ...it }));
  }

  /** Everything, in the order in which bpftrace would read it. */
  arrivals(random: Random, delivery: Omit<Delivery, "dropPercent">): readonly Printed[] {
    return [...merge(this.#buffers, random, delivery)];
  }

  /** Takes away what was printed since the last time, in the order of time: nothing is left to {@linkcode deliver}. */
  take(): readonly Printed[] {
    const all = this.#buffers.flatMap((it) => it.splice(0));
    return all.sort((a, b) => a.ktimeNs < b.ktimeNs ? -1 : 1);
  }

  /** Hands everything out, as bpftrace would read it, and the totals at the end. */
  deliver(random: Random, delivery: Delivery): Delivered {
    const messages: CaptureMessage[] = [];
    const touched = new Set<string>();
    let dropped = 0;
    for (const printed of merge(this.#buffers, random, delivery)) {
      if (!random.percent(delivery.dropPercent)) {
        messages.push({ kind: "record", text: printed.text });
        continue;
      }
      if (printed.numbered) dropped += 1;
      if (printed.about !== undefined) touched.add(printed.about);
    }
    for (const counter of ["task", "softirq"] as const) {
      const byCpu = new Map(this.#counters.map((it, cpu) => [cpu, it[counter]]));
      messages.push({ kind: "totals", map: COUNTERS[counter], byCpu });
    }
    return { messages, dropped, touched };
  }
}

/**
 * Lines that were taken in the order of time, in the order in which bpftrace would read them.
 *
 * @param lines the records
 * @param options how they arrive, and where chance comes from
 */
export function arrivalsOf(
  lines: readonly string[],
  { random, ...delivery }: Omit<Delivery, "dropPercent"> & { readonly random: Random },
): readonly string[] {
  const buffers = Array.from({ length: CPUS }, (): Pick<Printed, "text" | "ktimeNs">[] => []);
  for (const text of lines) {
    const { cpu, ktimeNs } = headOf(text);
    buffers[cpu]?.push({ text, ktimeNs });
  }
  return [...merge(buffers, random, delivery)].map((it) => it.text);
}

/** Reads the buffers in turn, some lines of each; none falls further behind than it may. */
function* merge<P extends Pick<Printed, "ktimeNs">>(
  buffers: readonly P[][],
  random: Random,
  delivery: Omit<Delivery, "dropPercent">,
): Generator<P> {
  const heads = buffers.map(() => 0);
  const headOf = (cpu: number) => buffers[cpu]?.[heads[cpu] ?? 0];
  for (;;) {
    const waiting = [...buffers.keys()].filter((cpu) => headOf(cpu) !== undefined);
    if (waiting.length === 0) return;
    const earliestNs = waiting.map((cpu) => headOf(cpu)?.ktimeNs ?? 0n).reduce((a, b) => a < b ? a : b);
    const ready = waiting.filter((cpu) => (headOf(cpu)?.ktimeNs ?? 0n) <= earliestNs + delivery.delayNsMax);
    const cpu = random.pick(ready) ?? 0;
    for (let left = random.between(1, delivery.chunkMax); left > 0; left -= 1) {
      const printed = headOf(cpu);
      if (printed === undefined || printed.ktimeNs > earliestNs + delivery.delayNsMax) break;
      heads[cpu] = (heads[cpu] ?? 0) + 1;
      yield printed;
    }
  }
}
