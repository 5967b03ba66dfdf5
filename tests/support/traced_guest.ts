/**
 * One guest with one attached program, for many stimuli: what the kernel told, beside what user space saw.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { launch, uptimeNs } from "../../capture/mod.ts";
import type { Capture } from "../../capture/mod.ts";
import { run, startGuestHost } from "../../hosts/mod.ts";
import type { GuestHost } from "../../hosts/mod.ts";
import type { SymbolPlace } from "../../kernel/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { Correlator } from "../../model/mod.ts";
import type { CorrelatorOptions } from "../../model/mod.ts";
import { environmentOf, renderProgram } from "../../program/mod.ts";
import { NdjsonReport, publish } from "../../reports/mod.ts";
import { jsonSchema } from "../../schema/mod.ts";
import type { EventType, TraceEvent } from "../../schema/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { prepare } from "../../scripts/cli/prepare.ts";
import { planLifecycle } from "../../tracers/mod.ts";
import type { Plan, TraceLimits } from "../../tracers/mod.ts";
import { withoutFentry } from "./plan_variants.ts";

/** One call as the stimulus saw it; see lab/stimulus/README.md. */
export interface Call {
  readonly round: number;
  readonly call: string;
  readonly tid: number;
  readonly ret: number;
  readonly errno: number;
  readonly pid: number | null;
  readonly fd: number;
  readonly integer: number | null;
  readonly fd_flags: number | null;
  readonly fl_flags: number | null;
  readonly fdinfo_pid: number | null;
  readonly ino: string | null;
  readonly open_fds_before: number | null;
  readonly open_fds_after: number | null;
  readonly flags: number | null;
  readonly comm_hex: string | null;
}

/** What one run of the stimulus gave. */
export interface Stimulated {
  /** Calls as user space saw them. */
  readonly calls: readonly Call[];
  /** Events about those calls and their targets, in their order. */
  readonly events: readonly TraceEvent[];
}

/** What is watched in a guest, and by what. */
export interface TracedDepth extends Pick<TraceLimits, "slots" | "uses"> {
  /** Whether everything is done as on a kernel without fentry. @default {false} */
  readonly isByKprobes?: boolean;
}

const LIMITS = { deadlineSeconds: 1200, eventsMax: 1_000_000, bufferPages: 4096, follow: false };

/** Longest time in the guest, in ns, that frees are waited for: some targets of a scenario stay alive. */
const FREES_MAX_NS = 8_000_000_000n;

/** Longest time in ms until the records of a moment must have had their turn. */
const SETTLE_MAX_MS = 60_000;

/** Where the stimulus is in a guest. */
export const STIMULUS_FOLDER = "/tmp/stimulus-test";

/** A guest that is traced as a whole from begin to end; closing it ends both. */
export class TracedGuest implements AsyncDisposable {
  /** The guest. */
  readonly host: GuestHost;
  /** What holds one reference of a `struct pid` there. */
  readonly law: CorrelatorOptions["law"];
  /** What the model makes of it, by the law of its kernel. */
  readonly correlator: Correlator;
  /** Everything published so far. */
  readonly events: TraceEvent[] = [];
  /** The same as lines, as they would be printed. */
  readonly lines: string[] = [];
  /** Every record so far, in the order of its arrival. */
  readonly records: string[] = [];
  /** The plan that is attached. */
  readonly plan: Plan;
  readonly #capture: Capture;
  readonly #reading: Promise<void>;
  readonly #validate: ValidateFunction;

  private constructor(
    host: GuestHost,
    capture: Capture,
    { plan, cpus }: { readonly plan: Plan } & Pick<CorrelatorOptions, "cpus">,
  ) {
    const { law, releasesSeen, hashPutsSeen, slotsSeen } = plan;
    this.host = host;
    this.plan = plan;
    this.law = law;
    this.#capture = capture;
    this.#validate = new Ajv2020({ strict: false }).compile(jsonSchema());
    this.correlator = new Correlator({
      ...{ law, releasesSeen, hashPutsSeen, slotsSeen, cpus },
      attachedNs: capture.attachment.attachedNs,
      scope: { pids: undefined, comm: undefined, descendants: false },
    });
    this.#reading = this.#read();
  }

  /** Boots a guest, copies the stimulus there and attaches to it. */
  static async start(
    kernel: string,
    { isByKprobes = false, ...depth }: TracedDepth = {},
  ): Promise<TracedGuest> {
    const onProgress = (line: string) => console.log(line);
    const host = await startGuestHost({ kernel, timeLimitSeconds: 1200, shared: false, onProgress });
    try {
      assert.equal((await run(host, ["mkdir", STIMULUS_FOLDER])).code, 0);
      await copyTo(host, { path: await buildStimulus({ onProgress }), folder: STIMULUS_FOLDER });
      const limits = { ...LIMITS, ...depth };
      const { plan, facts, description } = await prepare(host, {
        bpftrace: "bpftrace",
        limits: () => limits,
        hint: undefined,
      });
      const chosen = isByKprobes ? planLifecycle(withoutFentry(facts), limits) : plan;
      if ("reasons" in chosen) assert.fail(chosen.reasons.join("\n"));
      const { cpus } = description;
      return await TracedGuest.attach(host, chosen, { cpus, places: facts.symbols.places });
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Attaches a plan's program to a guest in which the stimulus is already; the guest is closed with it. */
  static async attach(
    host: GuestHost,
    plan: Plan,
    { cpus, places }: Pick<CorrelatorOptions, "cpus"> & {
      readonly places?: ReadonlyMap<string, SymbolPlace>;
    },
  ): Promise<TracedGuest> {
    const capture = await launch(host, {
      source: renderProgram(plan.program, places),
      environment: environmentOf(plan.program),
      commandPid: 0,
    });
    return new TracedGuest(host, capture, { plan, cpus });
  }

  /** Process id of bpftrace there. */
  get bpftracePid(): number {
    return this.#capture.attachment.bpftracePid;
  }

  /** Runs one scenario, waits for the last events about it, and returns both views. */
  async stimulate(scenario: string, rounds: number): Promise<Stimulated> {
    const first = this.events.length;
    const result = await run(this.host, [`${STIMULUS_FOLDER}/stimulus`, scenario, `${rounds}`], {
      timeoutMs: 60_000,
    });
    const lines = result.stdout.trim().split("\n").map((line) => JSON.parse(line));
    const last = lines.pop();
    assert.deepEqual([result.code, last.ok, last.why], [0, true, null], `${scenario}: ${result.stderr}`);
    await this.settle();
    const calls: readonly Call[] = lines;
    return { calls, events: about(calls, this.events.slice(first)) };
  }

  /** Starts a scenario without waiting; resolves with its lines when it has ended. */
  async begin(scenario: string, ...words: readonly string[]): Promise<readonly string[]> {
    const result = await run(this.host, [`${STIMULUS_FOLDER}/stimulus`, scenario, ...words], {
      timeoutMs: 60_000,
    });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout.trim().split("\n");
  }

  /**
   * Waits until what has happened by now is published, and the frees that follow from it after a grace period of RCU.
   *
   * By the clock of the guest, however slow it is: records come in their turn when every CPU was heard of after them.
   */
  async settle(): Promise<void> {
    const nowNs = await uptimeNs(this.host);
    const told = () => this.correlator.passedNs;
    for (const deadline = performance.now() + SETTLE_MAX_MS; performance.now() < deadline;) {
      if (told() > nowNs && this.correlator.pending === 0) return;
      if (told() > nowNs + FREES_MAX_NS) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`what happened up to ${nowNs} ns is told up to ${told()} only, ${SETTLE_MAX_MS} ms later`);
  }

  /** Detaches and returns what is known of the whole stream, the counters at the end included. */
  async stop(): Promise<Correlator["trust"]> {
    this.#capture.stop();
    await this.#reading;
    return this.correlator.trust;
  }

  /** Ends the program; the guest stays. */
  async detach(): Promise<void> {
    await this.#capture[Symbol.asyncDispose]();
    await this.#reading;
  }

  /** Ends the program and the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
    await this.host[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    for await (const messages of this.#capture.messages()) {
      for (const it of messages) if (it.kind === "record") this.records.push(it.text);
      this.#take(this.correlator.take(messages));
    }
    this.#take(this.correlator.finish());
  }

  #take(updates: ReturnType<Correlator["take"]>): void {
    const { utcOffsetNs } = this.#capture.attachment;
    const report = new NdjsonReport();
    for (const update of updates) {
      const event = publish(update, { host: this.host.name, utcOffsetNs });
      const line = report.event(event);
      assert.ok(this.#validate(JSON.parse(line)), `${line}: ${JSON.stringify(this.#validate.errors)}`);
      this.events.push(event);
      this.lines.push(line);
    }
  }
}

/** The events that a thread of the calls caused, or that are about a process that they named. */
function about(calls: readonly Call[], events: readonly TraceEvent[]): readonly TraceEvent[] {
  const threads = new Set(calls.map((it) => it.tid));
  const named = new Set<string>();
  for (const event of events) {
    if (event.type === "pidfd.create" && threads.has(event.process?.tid ?? 0)) named.add(event.target.id);
  }
  return events.filter((event) => {
    if ("target" in event && named.has(event.target.id)) return true;
    if ("process" in event && event.process !== null && threads.has(event.process.tid)) return true;
    return event.type === "lost" || event.type === "finding";
  });
}

/** Returns the events of one type. */
export function ofType<T extends EventType>(
  events: readonly TraceEvent[],
  type: T,
): readonly Extract<TraceEvent, { readonly type: T }>[] {
  return events.filter((it): it is Extract<TraceEvent, { readonly type: T }> => it.type === type);
}

/** A prime number between 11 and 199, drawn anew each time. */
export function randomPrime(): number {
  const primes: number[] = [];
  for (let number = 11; number <= 199; number += 2) {
    if (![3, 5, 7, 11, 13].some((it) => number !== it && number % it === 0)) primes.push(number);
  }
  return primes[Math.floor(Math.random() * primes.length)] ?? 11;
}
