/**
 * A live run without a machine: everything of it but bpftrace, whose lines are given.
 *
 * @module
 */

import { parse } from "@optique/core/parser";
import type { Capture, CaptureEnd, CaptureMessage, RedactField } from "../../capture/mod.ts";
import { readMessage } from "../../capture/mod.ts";
import { fakeHost } from "../../kernel/_fake_host.ts";
import { planLifecycle } from "../../tracers/mod.ts";
import { NdjsonReport, TableReport } from "../../reports/mod.ts";
import { EventOutput } from "../../scripts/cli/event_output.ts";
import { grammar } from "../../scripts/cli/grammar.ts";
import type { TraceOptions } from "../../scripts/cli/grammar.ts";
import type { Prepared } from "../../scripts/cli/prepare.ts";
import { RecordingFile } from "../../scripts/cli/recording_file.ts";
import { traceAttached } from "../../scripts/cli/session.ts";
import { Tape } from "../../scripts/cli/tape.ts";
import type { Terminal } from "../../scripts/cli/terminal.ts";
import { CPUS } from "../simulator/printer.ts";
import { recordedMachine } from "./recorded_machines.ts";
import { factsOf } from "./kernel_machine.ts";

/** What is run. */
export interface LiveRunOptions {
  /** What bpftrace prints. */
  readonly chunks: readonly (readonly string[])[];
  /** Where it is recorded. */
  readonly file: string;
  /** What the user asked for besides. */
  readonly options?: Partial<TraceOptions>;
  /** Most bytes of the recording. */
  readonly bytesMax?: number;
  /** What is taken out. */
  readonly redact?: readonly RedactField[];
  /** How bpftrace ends. @default {"stopped"} */
  readonly ended?: CaptureEnd;
}

/** What a run said. */
export interface LiveRun {
  /** Its standard output. */
  readonly stdout: string;
  /** What it said to people. */
  readonly notes: string;
  /** Its exit code. */
  readonly code: number;
}

/** Gives lines as bpftrace would. */
class GivenCapture implements Capture {
  readonly attachment = { bpftracePid: 77, attachedNs: 0n, utcOffsetNs: 1_767_323_045_000_000_006n };
  readonly ended: Promise<CaptureEnd>;
  readonly #over: PromiseWithResolvers<CaptureEnd> = Promise.withResolvers();
  readonly #run: LiveRunOptions;
  readonly #tape: Tape;
  #isStopped = false;

  constructor(run: LiveRunOptions, tape: Tape) {
    this.#run = run;
    this.#tape = tape;
    this.ended = this.#over.promise;
  }

  async *messages(): AsyncGenerator<readonly CaptureMessage[]> {
    for (const lines of this.#run.chunks) {
      if (this.#isStopped) break;
      yield this.#tape.take(lines).map(readMessage);
      await this.#tape.ready();
    }
    this.#over.resolve(this.#isStopped ? "stopped" : this.#run.ended ?? "stopped");
  }

  stop(): void {
    this.#isStopped = true;
  }

  diagnostics(): ReturnType<Capture["diagnostics"]> {
    return [{ level: "warning", text: "nothing to worry about" }];
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    return Promise.resolve();
  }
}

/** What the user asked for with no word but --json. */
function asked(): TraceOptions {
  const result = parse(grammar, ["--json", "--target", "lab:6.12"]);
  if (!result.success || result.value.command !== "trace") {
    throw new TypeError("Cannot read the words of a run");
  }
  return result.value;
}

/** Runs and records. */
export async function liveRun(run: LiveRunOptions): Promise<LiveRun> {
  const redact = run.redact ?? [];
  const options = { ...asked(), ...run.options, redact };
  let stdout = "";
  let notes = "";
  const terminal: Terminal = {
    write: (text) => {
      stdout += text;
      return Promise.resolve(true);
    },
    note: (text) => notes += `${text}\n`,
    status() {},
    raw() {},
  };
  await using recording = await RecordingFile.create(run.file, { bytesMax: run.bytesMax });
  await using tape = new Tape({ redact, file: recording });
  const known = await prepared();
  const capture = new GivenCapture(run, tape);
  const { code } = await traceAttached({
    target: { kind: "lab", name: "lab:6.12", kernel: "6.12" },
    targets: ["lab:6.12"],
    options,
    invocation: { args: [], argv: [], terminal, recording },
    terminal,
    events: new EventOutput(terminal, {
      report: options.json ? new NdjsonReport() : new TableReport({ header: !options.noHeader }),
    }),
    commandOutput: undefined,
    signal: new AbortController().signal,
    host: Object.assign(fakeHost({}), { name: "lab:6.12" }),
    lost: new Promise(() => {}),
    prepared: known,
    command: undefined,
    program: {
      plan: known.plan,
      capture,
      stream: capture.messages(),
      attachedNs: capture.attachment.attachedNs,
      counters: [],
      met: [],
      unconfirmed: [],
      [Symbol.asyncDispose]: () => capture[Symbol.asyncDispose](),
    },
    tape,
  });
  return { stdout, notes, code };
}

/** A machine with Debian's 6.12. */
async function prepared(): Promise<Prepared> {
  const facts = await factsOf(recordedMachine("6.12"));
  const plan = planLifecycle(facts, {
    deadlineSeconds: 600,
    eventsMax: 1_000_000,
    bufferPages: 4096,
    follow: false,
  });
  if ("reasons" in plan) throw new TypeError(`Cannot plan: ${plan.reasons.join("; ")}`);
  const description = {
    name: "lab:6.12",
    release: "6.12.117+deb13-cloud-amd64",
    machine: "x86_64",
    bootId: "00000000-0000-4000-8000-000000000000",
    cpus: CPUS,
    uid: 0,
  };
  return { description, facts, plan };
}
