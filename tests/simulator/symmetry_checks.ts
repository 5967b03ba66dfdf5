/**
 * What must not change the model's word: names, the way in which streams are read, and what others do meanwhile.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { RefcountLaw, Update } from "../../model/mod.ts";
import { tell, WHOLE } from "./count_checks.ts";
import type { History } from "./count_checks.ts";
import { FdHistory } from "./fd_history.ts";
import type { KernelGeneration } from "./generations.ts";
import { simulate } from "./history.ts";
import type { SimulatedKernel } from "./kernel.ts";
import { counterOf, headOf } from "./lines.ts";
import { CPUS } from "./printer.ts";
import { Random } from "./random.ts";
import { relabelled, relabelledUpdates, renumbered } from "./relabel.ts";
import type { Labels } from "./relabel.ts";
import { saidOfSlots } from "./slot_checks.ts";

/** Everything has another name. */
const OTHERS: Labels = {
  pid: (pid) => 3 * pid + 40_000,
  address: (address) => `a${address}`,
  cpu: (cpu) => CPUS - 1 - cpu,
};

/** Names that nothing in the first history has: that of other processes on other CPUs. */
const UNRELATED: Labels = {
  pid: (pid) => pid + 100_000,
  address: (address) => `b${address}`,
  cpu: (cpu) => cpu + CPUS,
};

function linesOf(
  kernel: SimulatedKernel,
  seed: number,
  chunkMax: number = WHOLE.chunkMax,
): readonly string[] {
  return kernel.printer.arrivals(new Random(seed), { ...WHOLE, chunkMax }).map((it) => it.text);
}

function said(
  lines: readonly string[],
  generation: KernelGeneration,
  cpus: number = CPUS,
): readonly Update[] {
  return tell({ messages: lines.map((text) => ({ kind: "record", text })) }, { generation, cpus }).updates;
}

/** With other pids, addresses and CPUs the same is said, with those. */
export function checkRelabelled(generation: KernelGeneration, history: History): void {
  const lines = linesOf(simulate({ ...history, generation, interleaved: true }), history.seed);
  const others = said(lines.map((it) => relabelled(it, OTHERS)), generation);
  assert.deepEqual(others, relabelledUpdates(said(lines, generation), OTHERS));
}

/** However the streams of the CPUs are read, and when all is on one CPU, the same is said. */
export function checkSplit(generation: KernelGeneration, history: History): void {
  const kernel = simulate({ ...history, generation, interleaved: true });
  const lines = linesOf(kernel, history.seed);
  const expected = said(lines, generation);
  for (const chunkMax of [1, 7, 1000]) {
    assert.deepEqual(said(linesOf(kernel, history.seed + chunkMax, chunkMax), generation), expected);
  }
  const anywhere = { pid: (pid: number) => pid, address: (it: string) => it, cpu: () => 0 };
  assert.deepEqual(said(onOneCpu(lines), generation, 1), relabelledUpdates(expected, anywhere));
}

/** The records of all CPUs as they had been printed by one. */
function onOneCpu(lines: readonly string[]): readonly string[] {
  const counts = { task: 0, softirq: 0 };
  const byTime = [...lines].sort((a, b) => headOf(a).ktimeNs < headOf(b).ktimeNs ? -1 : 1);
  return byTime.flatMap((text) => {
    const { tag, cpu, ktimeNs } = headOf(text);
    const counter = counterOf(text);
    if (counter === undefined) {
      return cpu === 0 && tag === "tick" ? [`tick 0 ${ktimeNs} ${counts.task} ${counts.softirq}`] : [];
    }
    const [, , , ...rest] = text.split(" ");
    counts[counter] += 1;
    return [`${tag} 0 ${counts[counter]} ${rest.join(" ")}`];
  });
}

/** What others do meanwhile on other CPUs changes nothing but numbers and names. */
export function checkTraffic(generation: KernelGeneration, history: History): void {
  const one = simulate({ ...history, generation, interleaved: true });
  const other = simulate({
    seed: history.seed ^ 0x7777,
    calls: history.calls,
    generation,
    interleaved: true,
  });
  // A CPU that is silent before the others are would hold them back.
  const endNs = one.nowNs > other.nowNs ? one.nowNs : other.nowNs;
  for (const kernel of [one, other]) while (kernel.nowNs < endNs) kernel.pass(500_000_000);
  const own = linesOf(one, history.seed);
  const strange = linesOf(other, history.seed).map((it) => relabelled(it, UNRELATED));
  const together = [...own, ...strange].sort((a, b) => headOf(a).ktimeNs < headOf(b).ktimeNs ? -1 : 1);
  const updates = said(together, generation, 2 * CPUS);
  const isOwn = (it: Update) => "cpu" in it.body && it.body.cpu !== null && it.body.cpu < CPUS;
  assert.deepEqual(updates.filter((it) => !("cpu" in it.body)), []);
  assert.deepEqual(renumbered(updates.filter(isOwn)), renumbered(said(own, generation)));
}

/** With other pids, addresses and CPUs the same is said of slots, with those. */
export function checkRelabelledSlots(law: RefcountLaw, { seed, calls, without }: History): void {
  const history = new FdHistory(new Random(seed), { law });
  for (let at = 0; at < calls; at += 1) history.step(without?.has(at));
  history.end();
  history.machine.tick(2_000_000_000n);
  const lines = history.machine.take();
  const others = saidOfSlots(law, lines.map((it) => relabelled(it, OTHERS)));
  assert.deepEqual(others, relabelledUpdates(saidOfSlots(law, lines), OTHERS));
}
