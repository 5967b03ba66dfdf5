/**
 * How readily a kernel takes the CPU from a task that runs in it.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** Preemption models, as /sys/kernel/debug/sched/preempt names them, and `rt` for PREEMPT_RT. */
export type Preemption = "none" | "voluntary" | "full" | "lazy" | "rt";

const MODELS: ReadonlySet<string> = new Set<Preemption>(["none", "voluntary", "full", "lazy"]);

/**
 * Reads which preemption model is in force.
 *
 * It matters to how readily two tasks interleave in a traced path; no verdict rests on it.
 *
 * @param host the machine
 * @returns the model; unknown where the kernel does not say it
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readPreemption } from "./preemption.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({ files: { "/sys/kernel/debug/sched/preempt": "none (voluntary) full\n" } });
 * assert.deepEqual(await readPreemption(host), { kind: "known", value: "voluntary" });
 * ```
 */
export async function readPreemption(host: Host): Promise<Known<Preemption>> {
  const [selected, version] = await Promise.all([
    attempt(() => host.readText("/sys/kernel/debug/sched/preempt")),
    attempt(() => host.readText("/proc/version")),
  ]);
  const built = version.kind === "known" ? / (PREEMPT\w*) /.exec(version.value)?.[1] : undefined;
  if (built === "PREEMPT_RT") return known("rt");
  const model = selected.kind === "known" ? /\((\w+)\)/.exec(selected.value)?.[1] : undefined;
  if (isModel(model)) return known(model);
  if (built === "PREEMPT") return known("full");
  if (version.kind === "unknown") return version;
  if (built === "PREEMPT_DYNAMIC") {
    return notKnown("The model is chosen at boot, and debugfs does not show it");
  }
  return notKnown("The kernel was built without PREEMPT, which leaves none or voluntary");
}

function isModel(word: string | undefined): word is Preemption {
  return word !== undefined && MODELS.has(word);
}
