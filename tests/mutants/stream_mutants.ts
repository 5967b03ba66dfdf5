/**
 * Bugs in how records are numbered and put in order, before the model has them.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** The bugs. */
export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    file: "events/order.ts",
    original: "head.ktimeNs <= firstNs : head.ktimeNs < firstNs",
    replacement: "head.ktimeNs <= firstNs : head.ktimeNs > firstNs",
    bug: "Of all CPUs the latest record is handed out first",
  },
  {
    file: "events/order.ts",
    original: "(lane.events[at - 1]?.ktimeNs ?? 0n) > event.ktimeNs) at -= 1;",
    replacement: "(lane.events[at - 1]?.ktimeNs ?? 0n) < 0n) at -= 1;",
    bug: "Records of one CPU stay in the order of their arrival",
  },
  {
    file: "events/order.ts",
    original: "if (lane.heardNs < earliest) earliest = lane.heardNs;",
    replacement: "",
    bug: "A CPU that is behind is not waited for",
  },
  {
    file: "events/order.ts",
    original: "if (this.#lanes.size < this.#cpus) return -1n;",
    replacement: "",
    bug: "A CPU that was never heard is not waited for",
  },
  {
    file: "events/order.ts",
    original: "return [{ event, late: true, certain: false }];",
    replacement: "return [{ event, late: false, certain: false }];",
    bug: "What comes after its place is not told to be late",
  },
  {
    file: "events/order.ts",
    original: "certain: event.ktimeNs <= certainNs",
    replacement: "certain: event.ktimeNs >= 0n",
    bug: "What was not waited for is said to be certain",
  },
  {
    file: "events/order.ts",
    original: "return earliest - this.#limits.slackNs;",
    replacement: "return earliest;",
    bug: "A record that was interrupted before it was printed is not waited for",
  },
  {
    file: "events/order.ts",
    original: "NUMBERINGS.map((it) => newest[it]).reduce((one, other) => one > other ? one : other)",
    replacement: "newest[numbering]",
    bug: "What a CPU printed after its last heartbeat does not count as older than a step back of its clock",
  },
  {
    file: "events/numbering.ts",
    original: "if (number === seen + 1) return [];",
    replacement: "if (number <= seen + 2) return [];",
    bug: "A single record that is lost is not noticed",
  },
  {
    file: "events/numbering.ts",
    original: "const hole = { from: seen + 1, to: number - 1,",
    replacement: "const hole = { from: seen + 1, to: number,",
    bug: "One more record is said to be lost",
  },
  {
    file: "events/numbering.ts",
    original: "    if (state.promised > state.seen) {\n",
    replacement: "    if (state.promised < 0) {\n",
    bug: "A heartbeat proves no loss",
  },
  {
    file: "events/numbering.ts",
    original: "this.#tell(counter, cpu, state.holes.filter((it) => it.isOld))",
    replacement: "this.#tell(counter, cpu, state.holes)",
    bug: "What is late by one heartbeat is lost",
  },
  {
    file: "events/numbering.ts",
    original: "      if (total > state.seen) {\n",
    replacement: "      if (total < 0) {\n",
    bug: "The totals at the end prove no loss",
  },
  {
    file: "events/numbering.ts",
    original: "if (oldest !== undefined) return oldest.fromNs ?? 0n;",
    replacement: "",
    bug: "What is missing of a CPU is not waited for",
  },
  {
    file: "events/numbering.ts",
    original: "return promised > seen ? seenNs ?? 0n : nowNs;",
    replacement: "return nowNs;",
    bug: "What a heartbeat has promised is not waited for",
  },
  {
    file: "events/numbering.ts",
    original: "{ ...it, from: number + 1 }];",
    replacement: "{ ...it, from: number + 2 }];",
    bug: "A late record fills the place of the next one too",
  },
  {
    file: "model/correlate.ts",
    original: "lost: this.#undecodable > 0 || this.#uncounted ? null",
    replacement: "lost: this.#uncounted ? null",
    bug: "Lines that cannot be read do not count as lost",
  },
  {
    file: "model/_baseline_gate.ts",
    original: "    this.#held.push(placed);\n    return",
    replacement: "    return",
    bug: "What happens during the walk over open files is forgotten",
  },
];
