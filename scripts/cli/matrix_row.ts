/**
 * One row of the matrix: one guest, one attached program, the stimulus, and what follows.
 *
 * @module
 */

import { launch } from "../../capture/mod.ts";
import type { Capture } from "../../capture/mod.ts";
import { decode } from "../../events/mod.ts";
import { HostError, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { Correlator } from "../../model/mod.ts";
import { environmentOf, renderProgram } from "../../program/mod.ts";
import { publish } from "../../reports/mod.ts";
import type { KernelRow } from "../../reports/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { addPaths, PATH_FUNCTIONS, PATH_TRACEPOINTS } from "../../tracers/mod.ts";
import type { Plan } from "../../tracers/mod.ts";
import { copyTo } from "./copy.ts";
import { unlessEnded } from "./endings.ts";
import { judge } from "./matrix_judge.ts";
import type { Judgement } from "./matrix_judge.ts";
import { pathsOf } from "./matrix_paths.ts";
import type { Step } from "./matrix_paths.ts";
import { confirmThere, RULES_SECONDS } from "./matrix_rules.ts";
import type { RowRules } from "./matrix_rules.ts";
import { readStimulus } from "./matrix_stimulus.ts";
import type { StimulusRun } from "./matrix_stimulus.ts";
import { openHost } from "./open_host.ts";
import { prepare } from "./prepare.ts";
import { rungText } from "./rung_text.ts";
import type { Terminal } from "./terminal.ts";

/** Seconds that a guest lives at most. */
const GUEST_SECONDS = 600 + RULES_SECONDS;
/** Limits of the program; it ends before the guest does. */
const LIMITS = { deadlineSeconds: 500, eventsMax: 1_000_000, bufferPages: 4096, follow: false };
/** Milliseconds that one scenario may take. */
const SCENARIO_MS = 60_000;
/** Milliseconds in which the last events arrive: heartbeats of all CPUs, a grace period of RCU. */
const SETTLE_MS_MIN = 2000;
const SETTLE_MS_MAX = 8000;

/** The program that makes the pidfds, and what its `comm` is. */
const STIMULUS = "stimulus";
/** What it does. The first three show the paths; in the last two the call has to fail. */
const SCENARIOS: readonly string[] = ["clone", "clone3", "pidfd-open", "three-pidfds", "efault", "pids-max"];

/** What a row needs. */
export interface RowOptions {
  /** Name of the kernel in the lab. */
  readonly kernel: string;
  /** How often each scenario is repeated. */
  readonly rounds: number;
  /** Path of the stimulus on this machine. */
  readonly stimulus: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Hears of the progress. */
  readonly onProgress: (text: string) => void;
  /** Where remarks go. */
  readonly terminal: Terminal;
}

/** What is known of a kernel that was not tried. */
const UNTRIED = {
  release: null,
  bpftrace: null,
  generation: null,
  law: null,
  births: null,
  releases: null,
  counts: null,
  failures: null,
  lost: null,
  rules: null,
  behaves_like: null,
  missing: null,
  verdict: "cannot-run",
  paths: null,
  probes: [],
  ladder: [],
  cannot_see: [],
} as const;

/**
 * A row for a kernel that could not be tried.
 *
 * @param kernel its name
 * @param reasons why, one sentence each
 */
export function untried(kernel: string, reasons: readonly string[]): KernelRow {
  return { kernel, ...UNTRIED, reasons };
}

/**
 * Boots a guest, traces the stimulus there and judges what was seen, and has its rules confirmed.
 *
 * @param options which kernel, and how much is done
 * @returns the row
 * @throws {HostError} when the guest cannot be built or booted, or is lost
 * @throws {CliError} when it cannot be traced
 * @throws {ProgramError} when bpftrace refuses the program
 * @throws the signal's reason when it was aborted
 */
export async function runRow(options: RowOptions): Promise<KernelRow> {
  const { kernel, signal, onProgress } = options;
  const name = `lab:${kernel}`;
  const { host, lost } = await openHost({ kind: "lab", name, kernel }, {
    timeLimitSeconds: GUEST_SECONDS,
    shared: false,
    signal,
    onProgress,
  });
  await using _host = host;
  const gone = lost.then((error): never => {
    throw error;
  });
  gone.catch(() => undefined);
  const counted = await unlessEnded(signal, Promise.race([traceThere(host, options), gone]));
  const confirmed = await confirmThere(host, { ...options, lost });
  signal.throwIfAborted();
  return together(counted, confirmed);
}

const WORST_FIRST = ["broken", "undetermined", "holds"] as const;

/**
 * Returns a row that says what both parts say.
 *
 * @param counted what the references gave
 * @param confirmed what the rules gave
 * @returns the worse verdict, and the reasons of both
 */
export function together(counted: CountedRow, confirmed: RowRules): KernelRow {
  const verdict = WORST_FIRST.find((it) => counted.verdict === it || confirmed.verdict === it) ??
    "undetermined";
  return { ...counted, ...confirmed, verdict, reasons: [...counted.reasons, ...confirmed.reasons] };
}

/** A row before its rules are confirmed. */
export type CountedRow = Omit<KernelRow, "rules" | "behaves_like" | "missing">;

async function traceThere(host: Host, options: RowOptions): Promise<CountedRow> {
  const { kernel, signal, onProgress } = options;
  onProgress(`lab:${kernel}: looking at the kernel`);
  const { description, facts, plan: bare } = await prepare(host, {
    bpftrace: "bpftrace",
    symbols: PATH_FUNCTIONS,
    tracepoints: PATH_TRACEPOINTS,
    limits: () => LIMITS,
    hint: undefined,
    signal,
  });
  const { plan, reasons } = addPaths(facts, bare, { comm: STIMULUS });
  const folder = await folderWith(host, options.stimulus);
  onProgress(`lab:${kernel}: attaching ${plan.probes.length} probes`);
  await using capture = await launch(host, {
    source: renderProgram(plan.program, facts.symbols.places),
    environment: environmentOf(plan.program),
    commandPid: 0,
    signal,
  });
  const { law } = plan;
  const traced = new Traced(host, { capture, plan, cpus: description.cpus });
  const runs: StimulusRun[] = [];
  for (const scenario of SCENARIOS) {
    onProgress(`lab:${kernel}: ${scenario}, ${options.rounds} rounds`);
    const words = [`${folder}/${STIMULUS}`, scenario, `${options.rounds}`];
    runs.push(readStimulus(scenario, await run(host, words, { timeoutMs: SCENARIO_MS })));
    signal.throwIfAborted();
  }
  const { whole, trust } = await traced.stop();
  const { events, steps } = traced;
  const judgement = judge({ law, runs, events, trust, whole });
  return {
    kernel,
    release: description.release,
    bpftrace: facts.bpftrace.kind === "known" ? facts.bpftrace.value.text : null,
    generation: plan.generation,
    law,
    ...shares(judgement),
    lost: trust.lost,
    verdict: judgement.verdict,
    reasons: judgement.reasons,
    paths: pathsOf(steps, runs),
    probes: plan.probes,
    ladder: plan.ladder.map(rungText),
    cannot_see: [...plan.cannotSee, ...plan.unconfirmed, ...reasons],
  };
}

function shares({ births, releases, counts, failures }: Judgement) {
  return { births, releases, counts, failures };
}

/** Makes a folder there with the stimulus in it; it goes with the guest. */
async function folderWith(host: Host, path: string): Promise<string> {
  const { code, stdout, stderr } = await run(host, ["mktemp", "-d"]);
  if (code !== 0) {
    throw new HostError(`Cannot make a folder on "${host.name}": ${stderr.trim()}`, {
      host: host.name,
      kind: "failed",
      hint: "Look whether the guest's /tmp has room",
    });
  }
  const folder = stdout.trim();
  await copyTo(host, { path, folder });
  return folder;
}

/** Reads a capture until it is stopped. */
class Traced {
  /** Everything published. */
  readonly events: TraceEvent[] = [];
  /** Every step on the way of a call. */
  readonly steps: Step[] = [];
  readonly #host: string;
  readonly #capture: Capture;
  readonly #correlator: Correlator;
  readonly #reading: Promise<void>;

  constructor(
    host: Pick<Host, "name">,
    about: {
      readonly capture: Capture;
      readonly plan: Pick<Plan, "law" | "releasesSeen" | "hashPutsSeen">;
      readonly cpus: number;
    },
  ) {
    const { capture, plan: { law, releasesSeen, hashPutsSeen }, cpus } = about;
    this.#host = host.name;
    this.#capture = capture;
    const scope = { pids: undefined, comm: undefined, descendants: false };
    const { attachedNs } = capture.attachment;
    this.#correlator = new Correlator({ law, cpus, attachedNs, scope, releasesSeen, hashPutsSeen });
    this.#reading = this.#read();
    this.#reading.catch(() => undefined);
  }

  /** Waits for the last events, detaches, and says what is known of the whole stream. */
  async stop(): Promise<{ readonly whole: boolean; readonly trust: Correlator["trust"] }> {
    const began = performance.now();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const waited = performance.now() - began;
      if (waited > SETTLE_MS_MAX || (waited > SETTLE_MS_MIN && this.#correlator.pending === 0)) break;
    }
    this.#capture.stop();
    await this.#reading;
    return { whole: await this.#capture.ended === "stopped", trust: this.#correlator.trust };
  }

  async #read(): Promise<void> {
    for await (const messages of this.#capture.messages()) {
      this.#take(this.#correlator.take(messages));
      for (const message of messages) {
        // One that cannot be read is told by the correlator as a loss.
        if (message.kind === "record" && /^step \d/.test(message.text)) this.#step(message.text);
      }
    }
    this.#take(this.#correlator.finish());
  }

  #step(text: string): void {
    try {
      const event = decode(text, 0);
      if (event.kind === "step") this.steps.push(event);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  #take(updates: ReturnType<Correlator["take"]>): void {
    const { utcOffsetNs } = this.#capture.attachment;
    this.events.push(...updates.map((it) => publish(it, { host: this.#host, utcOffsetNs })));
  }
}
