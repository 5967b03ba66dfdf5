/** What a run cost, as text. */

import type { LeaksBody, LeaksCost } from "./leaks.ts";

/** Words for what a run cost; none where nothing ran. */
export function costWords({ cost }: Pick<LeaksBody, "cost">): readonly string[] {
  if (cost === null) return [];
  const { target_attach_cpu_ms: attachMs, own_heap_bytes: heapBytes } = cost;
  const attach = attachMs === null ? "" : `, and ${(attachMs / 1000).toFixed(1)} s to attach`;
  const said = [
    `bpftrace used ${share(cost, "target_cpu_ms")}${attach}`,
    `the probes ${share(cost, "target_programs_cpu_ms")}`,
    `trace-clone ${share(cost, "own_cpu_ms")} here, heap ${Math.round(heapBytes / 1e6)} MB at the end`,
  ];
  return [`cost: ${said.join("; ")}`];
}

/** What nobody can tell is never 0. */
function share(cost: LeaksCost, of: "target_cpu_ms" | "target_programs_cpu_ms" | "own_cpu_ms"): string {
  const { [of]: usedMs, wall_ms: wallMs } = cost;
  if (usedMs !== null && wallMs > 0) return `${(100 * usedMs / wallMs).toFixed(1)} % of a CPU`;
  return of === "target_programs_cpu_ms"
    ? "an unknown time (it is counted only where kernel.bpf_stats_enabled is on)"
    : "an unknown time";
}
