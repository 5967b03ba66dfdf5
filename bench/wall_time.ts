/**
 * What tracing costs on two CPUs in wall time, beside strace; with its spread, for the machine is shared.
 *
 * @module
 */

import type { GuestHost } from "../hosts/mod.ts";
import { renderProgram } from "../program/mod.ts";
import type { Plan } from "../tracers/mod.ts";
import { spread } from "./statistics.ts";
import { STRACE, traceLoops, type Tracer } from "./traced_loops.ts";
import type { Measurement } from "./verdict.ts";

/** Rounds of all three in turn. */
const TURNS = 2;
const LOOPS = [{ kind: "clone", rounds: 4, iterations: 300 }] as const;

/**
 * Measures the clone loop untraced, traced by us, and under strace, in turn.
 *
 * @param host a guest with two CPUs
 * @param options the plan
 * @returns the ratio of what is added
 */
export async function measureWallTime(
  host: GuestHost,
  options: { readonly plan: Plan; readonly signal: AbortSignal; readonly onProgress: (line: string) => void },
): Promise<Measurement> {
  const { plan, signal, onProgress } = options;
  const times = { untraced: [] as number[], ours: [] as number[], strace: [] as number[] };
  const tracers: Readonly<Record<keyof typeof times, Tracer>> = {
    untraced: { kind: "none" },
    ours: { kind: "bpftrace", source: renderProgram(plan.program) },
    strace: { kind: "parent", words: STRACE },
  };
  for (let turn = 1; turn <= TURNS; turn += 1) {
    for (const name of ["untraced", "ours", "strace"] as const) {
      const { rounds } = await traceLoops(host, { loops: LOOPS, tracer: tracers[name], signal });
      times[name].push(...(rounds["clone"] ?? []).slice(1));
    }
    onProgress(`wall time, turn ${turn} of ${TURNS} done`);
  }
  const untraced = spread(times.untraced);
  const ours = spread(times.ours);
  const strace = spread(times.strace);
  const words = (name: string, { median, min, max }: typeof ours) =>
    `${name} ${(median / 1000).toFixed(0)} µs (${(min / 1000).toFixed(0)} to ${(max / 1000).toFixed(0)})`;
  const detail = [words("ours", ours), words("strace", strace), words("untraced", untraced)].join(", ");
  const added = strace.median - untraced.median;
  if (added <= 0) {
    return { kind: "not measured", reason: `strace added nothing that could be seen: ${detail}` };
  }
  return { kind: "measured", value: (ours.median - untraced.median) / added, detail };
}
