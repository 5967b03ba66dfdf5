/**
 * Tries the probes of a running program with pidfds of our own.
 *
 * @module
 */

import { runSelfStimulus, uptimeNs } from "../../capture/mod.ts";
import type { CaptureMessage, StimulusReport } from "../../capture/mod.ts";
import { decode, DecodeError, NumberingCheck } from "../../events/mod.ts";
import type { CounterPoint } from "../../events/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { judgeRehearsal } from "../../model/mod.ts";
import type { Trial } from "../../model/mod.ts";
import type { WireEvent } from "../../schema/mod.ts";
import type { Rung } from "../../tracers/mod.ts";

/** What is tried. */
export interface RehearseOptions {
  /** The machine. */
  readonly host: Host;
  /** What bpftrace says; read as far as the trial needs it. */
  readonly stream: AsyncGenerator<readonly CaptureMessage[]>;
  /** CPUs of the machine, each of which must be heard. */
  readonly cpus: number;
  /** How the plan sees each thing. */
  readonly ladder: readonly Rung[];
}

/** What became of it. */
export interface Rehearsed {
  /** One for each thing that the plan sees; none when nothing could be tried. */
  readonly trials: readonly Trial[];
  /** Why nothing could be tried, a sentence without its full stop. */
  readonly untried: string | undefined;
  /** Where the numbering stands now: what was read is not read again. */
  readonly counters: readonly CounterPoint[];
  /** The records that tell who was met meanwhile, and which stacks: they are not printed again. */
  readonly met: readonly string[];
  /** CLOCK_BOOTTIME in ns now; what is older is not part of the run. */
  readonly attachedNs: bigint;
}

/** How long after the stimulus the last records of it may come, in ns: a grace period of RCU and its softirq. */
const SETTLE_NS = 4_000_000_000n;

/**
 * Makes some pidfds on the machine and looks whether the probes tell of them.
 *
 * @param options see {@linkcode RehearseOptions}
 * @returns what was found
 * @throws {HostError} when the host is lost
 */
export async function rehearse(options: RehearseOptions): Promise<Rehearsed> {
  const { host, stream, cpus, ladder } = options;
  const listener = new Listener();
  let done: { readonly report: StimulusReport | string; readonly endNs: bigint } | undefined;
  let failed: { readonly error: unknown } | undefined;
  const act = async () => {
    const report = await runSelfStimulus(host);
    done = { report, endNs: await uptimeNs(host) };
  };
  act().catch((error) => failed = { error });
  let trials: readonly Trial[] = [];
  for (let next = await stream.next(); !next.done; next = await stream.next()) {
    listener.take(next.value);
    if (failed !== undefined) throw failed.error;
    if (done === undefined) continue;
    if (typeof done.report === "string") break;
    const { report, endNs } = done;
    if (!listener.hasHeard(cpus, endNs)) continue;
    trials = judgeRehearsal({ report, events: listener.events, ladder });
    if (trials.every((it) => it.verdict === "fired" || it.verdict === "untried")) break;
    if (listener.hasHeard(cpus, endNs + SETTLE_NS)) break;
  }
  if (failed !== undefined) throw failed.error;
  const { lost } = listener;
  const untried = done === undefined
    ? "The program ended while its probes were tried"
    : typeof done.report === "string"
    ? done.report
    : lost > 0
    ? `${lost} records were lost while the probes were tried`
    : undefined;
  return {
    trials: untried === undefined ? trials : [],
    untried,
    counters: listener.counters,
    met: listener.met,
    attachedNs: await uptimeNs(host),
  };
}

/** Hears a stream, and keeps what it says. */
class Listener {
  readonly events: WireEvent[] = [];
  readonly met: string[] = [];
  readonly #numbering = new NumberingCheck();
  readonly #heardNs = new Map<number, bigint>();
  #line = 0;

  get counters(): readonly CounterPoint[] {
    return this.#numbering.points;
  }

  get lost(): number {
    return this.#numbering.lost;
  }

  take(messages: readonly CaptureMessage[]): void {
    for (const message of messages) {
      this.#line += 1;
      if (message.kind === "record") this.#record(message.text);
    }
  }

  /** Whether so many CPUs were heard after a moment, with everything that they had numbered up to there. */
  hasHeard(cpus: number, ktimeNs: bigint): boolean {
    const after = [...this.#heardNs].filter(([cpu, heard]) =>
      heard > ktimeNs && !this.#numbering.isShort(cpu)
    );
    return after.length >= cpus;
  }

  #record(text: string): void {
    let event;
    try {
      event = decode(text, this.#line);
    } catch (error) {
      if (error instanceof DecodeError) return;
      throw error;
    }
    if (event.kind === "ready" || event.kind === "witness") return;
    if (event.kind === "who" || event.kind === "owner" || event.kind === "frames") {
      this.met.push(text);
      return;
    }
    this.#numbering.take(event);
    if (event.kind === "tick") this.#heardNs.set(event.cpu, event.ktimeNs);
    else this.events.push(event);
  }
}
