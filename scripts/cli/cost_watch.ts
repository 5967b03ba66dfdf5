/**
 * What a run costs: processor time of bpftrace there and of the tool here, from when it is traced to the detaching.
 *
 * @module
 */

import process from "node:process";
import { readProgramTime } from "../../capture/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { readCpuTime } from "../../kernel/mod.ts";
import type { CpuTime } from "../../kernel/mod.ts";
import type { LeaksCost } from "../../reports/mod.ts";

/** Longest time in milliseconds that the last look may hold the end of a run up. */
const LAST_LOOK_MS = 4000;

/** What was used here up to a moment. */
interface OwnLook {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly heapBytes: number;
}

/** What was used there, each as far as it is told in time. */
interface TargetLook {
  tracer?: CpuTime;
  programsNs?: bigint;
}

/** Keeps what was used at the begin and at the end of a run. */
export class CostWatch {
  readonly #host: Host;
  readonly #bpftracePid: number;
  readonly #first: { readonly own: OwnLook; readonly target: TargetLook };
  #last: { readonly own: OwnLook; readonly target: TargetLook } | undefined;

  /**
   * Looks for the first time.
   *
   * @param host the machine
   * @param options the process id of bpftrace there
   */
  constructor(host: Host, options: { readonly bpftracePid: number }) {
    this.#host = host;
    this.#bpftracePid = options.bpftracePid;
    this.#first = { own: ownLook(), target: {} };
    void this.#look(this.#first.target);
  }

  /** Looks a last time, while bpftrace is still there; resolves in any case, and soon. */
  async last(): Promise<void> {
    const target: TargetLook = {};
    this.#last = { own: ownLook(), target };
    const { promise: timeUp, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, LAST_LOOK_MS);
    await Promise.race([this.#look(target), timeUp]);
    clearTimeout(limit);
  }

  /** What was used from the first look to the last one, or to this moment where nobody looked a last time. */
  get cost(): LeaksCost {
    const [first, last] = [this.#first, this.#last ?? { own: ownLook(), target: {} }];
    const [began, ended] = [first.target.tracer, last.target.tracer];
    const isSame = began !== undefined && began.startTicks === ended?.startTicks;
    const [uncounted, counted] = [first.target.programsNs, last.target.programsNs];
    const isCounted = uncounted !== undefined && counted !== undefined;
    return {
      wall_ms: Math.round(last.own.atMs - first.own.atMs),
      target_attach_cpu_ms: began?.usedMs ?? null,
      target_cpu_ms: isSame ? ended.usedMs - began.usedMs : null,
      target_programs_cpu_ms: isCounted ? Number((counted - uncounted) / 1_000_000n) : null,
      own_cpu_ms: Math.round(last.own.cpuMs - first.own.cpuMs),
      own_heap_bytes: last.own.heapBytes,
    };
  }

  /** Neither waits for the other: a machine under load takes its time. */
  async #look(target: TargetLook): Promise<void> {
    const [host, pid] = [this.#host, this.#bpftracePid];
    await Promise.all([
      readCpuTime(host, pid).then(
        (it) => it.kind === "known" && (target.tracer = it.value),
        () => undefined,
      ),
      readProgramTime(host, pid).then((it) => it.usedNs !== null && (target.programsNs = it.usedNs)),
    ]);
  }
}

function ownLook(): OwnLook {
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    cpuMs: (user + system) / 1000,
    heapBytes: Deno.memoryUsage().heapUsed,
  };
}
