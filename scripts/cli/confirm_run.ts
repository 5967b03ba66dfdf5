/**
 * One machine, confirmed: it is traced while the stimulus provokes it, and what both witnesses told is kept.
 *
 * @module
 */

import { holdCommand } from "../../capture/mod.ts";
import type { CaptureMessage, Command } from "../../capture/mod.ts";
import { decode, DecodeError } from "../../events/mod.ts";
import {
  ATTEMPTS,
  Correlator,
  evidenceOf,
  hasMetTheMoment,
  holeOf,
  isSeedLike,
  stepOf,
} from "../../model/mod.ts";
import type { Evidence, Fact, Move, Step, Truth, Update } from "../../model/mod.ts";
import { NdjsonReport } from "../../reports/mod.ts";
import { CLONE_WATCH, freesUnseen, watchClones } from "../../tracers/mod.ts";
import type { Plan } from "../../tracers/mod.ts";
import { attach } from "./attach.ts";
import type { AttachedProgram } from "./attach.ts";
import { moveAfterwards } from "./confirm_move.ts";
import { AGAIN_SECONDS, play, secondsOf } from "./confirm_play.ts";
import type { Played, PlayOptions } from "./confirm_play.ts";
import { copyTo } from "./copy.ts";
import { EventOutput } from "./event_output.ts";
import { BUFFER_PAGES } from "./grammar.ts";
import { readComplaints } from "./kernel_log.ts";
import { MissWatch } from "./miss_watch.ts";
import { bufferPages, prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import { EventWriter } from "./publisher.ts";
import { follow } from "./run_loop.ts";
import type { RunResult } from "./run_loop.ts";
import { SilenceWatch } from "./silence_watch.ts";
import type { Terminal } from "./terminal.ts";

/** The program that provokes, and what its `comm` is. */
const STIMULUS = "stimulus";

/** Seconds beside the provocations: to look, to attach, to try the probes, and to hear the last events. */
const MARGIN_SECONDS = 300;

const EVENTS_MAX = 5_000_000;

/** Records of which one comes for each process that was waited for, also where its struct pid is kept. */
const FREE_TAGS: readonly string[] = ["put", "last"];

/** What is confirmed, and how. */
export interface ConfirmRunOptions extends Omit<PlayOptions, "program" | "heardUntil" | "isMet"> {
  /** Builds the stimulus, and returns its path on this machine; not called when nothing can be traced. */
  readonly stimulus: () => Promise<string>;
  /** bpftrace there. */
  readonly bpftrace: string;
  /** Whether it runs by sudo. */
  readonly sudo: boolean;
  /** What to do when there is no plan. */
  readonly hint: string | undefined;
  /** Resolves when the machine is gone. */
  readonly lost: Promise<Error>;
  /** Where remarks go. */
  readonly terminal: Terminal;
}

/** What was told. */
export interface Confirmed {
  /** Who was asked. */
  readonly prepared: Prepared;
  /** The plan that was in force. */
  readonly plan: Plan;
  /** What cannot be seen there, one sentence each. */
  readonly unwatched: readonly string[];
  /** Everything that rules are judged by. */
  readonly evidence: Evidence;
  /** Why provocations told nothing, or not all. */
  readonly silent: Played["silent"];
  /** Those that did not come to their end. */
  readonly unfinished: Played["unfinished"];
  /** What a process met that moved to another cgroup at the end; `undefined` when none did. */
  readonly move: Move | undefined;
  /** UTC in ns since 1970 minus CLOCK_BOOTTIME of that machine. */
  readonly utcOffsetNs: bigint;
  /** How the trace ended. */
  readonly result: RunResult;
  /** What is known of the stream. */
  readonly trust: Correlator["trust"];
}

/**
 * How long a run takes at the longest, in seconds.
 *
 * @param options which provocations are made, and how often
 * @returns seconds after which the program in the kernel ends by itself
 */
export function deadlineOf(options: Pick<PlayOptions, "names" | "rounds" | "lives">): number {
  const attempts = ATTEMPTS.filter((it) => options.names.includes(it.name));
  return MARGIN_SECONDS + AGAIN_SECONDS + attempts.reduce((sum, it) => sum + secondsOf(it, options), 0);
}

/**
 * Confirms one machine.
 *
 * @param options see {@linkcode ConfirmRunOptions}
 * @returns what was told; when the signal was aborted meanwhile, what was told until then
 * @throws {CliError} when it cannot be traced
 * @throws {HostError} when it is lost before anything was traced
 * @throws {ProgramError} when bpftrace refuses the program
 */
export async function confirmRun(options: ConfirmRunOptions): Promise<Confirmed> {
  const { host, bpftrace, sudo, signal, terminal } = options;
  const limits = (cpus: number) => ({
    deadlineSeconds: deadlineOf(options),
    eventsMax: EVENTS_MAX,
    bufferPages: bufferPages(BUFFER_PAGES, cpus),
    follow: false,
    slots: true,
  });
  options.onProgress(`${host.name}: looking at the kernel`);
  const prepared = await prepare(host, {
    bpftrace,
    sudo,
    hint: options.hint,
    signal,
    limits,
    symbols: CLONE_WATCH,
  });
  // Held for good: its folder goes with us, however we end.
  await using scratch = await holdCommand(host, ["true"]);
  const { folder } = scratch;
  await copyTo(host, { path: await options.stimulus(), folder });
  let watch: Pick<ReturnType<typeof watchClones>, "watched" | "unwatched"> = { watched: [], unwatched: [] };
  await using program = await attach({
    host,
    prepared,
    limits: limits(prepared.description.cpus),
    birthProbe: undefined,
    // What the probes tell of is what the provocations do: whether they fire, both witnesses show together.
    stimulus: false,
    bpftrace,
    sudo,
    commandPid: 0,
    tap: { take: (lines) => lines, ready: () => Promise.resolve() },
    terminal,
    signal,
    extend: (plan, silent) => {
      const extended = watchClones(prepared.facts, plan, { comm: STIMULUS, silent });
      watch = extended;
      return extended.plan;
    },
  });
  const { plan } = program;
  const before = await readComplaints(host);
  const { watched } = watch;
  const told = await traced({ ...options, prepared, program, folder, watched });
  const { played: { facts, torn, ...played }, steps, tags, updates, ...rest } = told;
  const freesSeen = plan.releasesSeen && plan.hashPutsSeen && FREE_TAGS.some((it) => tags.has(it));
  const seen = [...watched, ...(freesSeen ? ["free"] : [])];
  const truth: Truth = {
    law: plan.law,
    isSeedLike: isSeedLike(facts),
    watched: new Set(seen),
    freesUnseen: freesUnseen(plan),
  };
  const after = await readComplaints(host);
  const complaints = before === null || after === null ? null : after.filter((it) => !before.includes(it));
  const evidence = evidenceOf({ truth, facts, steps, updates, silent: played.silent, complaints }, torn);
  const { utcOffsetNs } = program.capture.attachment;
  const move = await moveAfterwards({ ...options, program: `${folder}/${STIMULUS}` }, told.played);
  return { prepared, plan, unwatched: watch.unwatched, evidence, ...played, move, utcOffsetNs, ...rest };
}

/** Traces while the provocations are made. */
async function traced(
  options: ConfirmRunOptions & {
    readonly prepared: Prepared;
    readonly program: AttachedProgram;
    readonly folder: string;
    readonly watched: readonly string[];
  },
) {
  const { host, prepared, program, folder, terminal, signal, lost } = options;
  const { plan, capture, counters } = program;
  const { law, releasesSeen, hashPutsSeen, slotsSeen } = plan;
  const { facts } = prepared;
  using misses = MissWatch.over(host, { facts, plan, bpftracePid: capture.attachment.bpftracePid });
  const watchedNs = await misses.begun();
  const attachedNs = watchedNs > program.attachedNs ? watchedNs : program.attachedNs;
  const scope = { pids: undefined, comm: undefined, descendants: false };
  const { cpus } = prepared.description;
  const correlator = new Correlator({
    law,
    cpus,
    attachedNs,
    scope,
    counters,
    releasesSeen,
    hashPutsSeen,
    slotsSeen,
  });
  using silence = new SilenceWatch({
    host,
    ladder: plan.ladder,
    nowNs: () => correlator.point.ktimeNs,
    onSilence: (text) => terminal.note(`trace-clone: ${host.name}: ${text}`),
  });
  const writer = new KeepingWriter(host.name, terminal);
  const steps: Step[] = [];
  const tags = new Set<string>();
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const heardUntil = (ktimeNs: bigint) => patience(() => correlator.passedNs >= ktimeNs, ending);
  const isMet = (facts: Played["facts"]) => hasMetTheMoment({ facts, updates: writer.updates });
  const holeIn = (facts: readonly Fact[]) => {
    // Frees may come later: what is not freed by now is not missed.
    const truth = { law, isSeedLike: null, watched: new Set(options.watched) };
    return holeOf({ truth, facts, steps: inOrder(steps), updates: writer.updates });
  };
  const playing = new Playing(
    play({ ...options, program: `${folder}/${STIMULUS}`, signal: ending, heardUntil, isMet, holeIn }),
  );
  const result = await follow({
    capture,
    stream: keepingSteps(program.stream, { steps, tags }),
    correlator,
    writer,
    command: playing,
    silence,
    misses,
    signal,
    lost,
    limits: {
      durationMs: (deadlineOf(options) - MARGIN_SECONDS / 5) * 1000,
      durationGiven: false,
      eventsMax: EVENTS_MAX,
      eventsGiven: false,
    },
  });
  // What is made when nobody looks any more is made for nothing.
  over.abort();
  const played = await playing.played;
  return { played, steps: inOrder(steps), tags, updates: writer.updates, result, trust: correlator.trust };
}

function inOrder(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((one, other) => Number(one.ktimeNs - other.ktimeNs));
}

/**
 * Milliseconds that are waited for what a busy machine has still to say. When they are over the run goes on: what is not
 * heard in the end is a loss.
 */
const PATIENCE_MS = 60_000;

/** Waits for something that comes about by itself. */
async function patience(isThere: () => boolean, signal: AbortSignal): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isThere() && !signal.aborted && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Hands messages on, and keeps the steps and the kinds of records that are among them. */
async function* keepingSteps(
  stream: AsyncGenerator<readonly CaptureMessage[]>,
  { steps, tags }: { readonly steps: Step[]; readonly tags: Set<string> },
): AsyncGenerator<readonly CaptureMessage[]> {
  for await (const messages of stream) {
    for (const message of messages) {
      if (message.kind !== "record") continue;
      tags.add(message.text.slice(0, message.text.indexOf(" ")));
      if (!message.text.startsWith("func ")) continue;
      try {
        const event = decode(message.text, 0);
        if (event.kind === "func") steps.push(stepOf(event));
      } catch (error) {
        // The correlator tells of it as a loss.
        if (!(error instanceof DecodeError)) throw error;
      }
    }
    yield messages;
  }
}

/** Keeps what would be written. */
class KeepingWriter extends EventWriter {
  /** What was said. */
  readonly updates: Update[] = [];

  constructor(host: string, terminal: Terminal) {
    super(new EventOutput(terminal, { report: new NdjsonReport() }), {
      origin: { host, utcOffsetNs: 0n },
      outcome: "all",
    });
  }

  override get written(): number {
    return this.updates.length;
  }

  override take(updates: readonly Update[]): Promise<boolean> {
    for (const update of updates) {
      this.tally.take(update);
      this.updates.push(update);
    }
    return Promise.resolve(true);
  }
}

/** The provocations, as the command that a run follows. */
class Playing implements Command {
  readonly pid = 0;
  readonly folder = "";
  readonly output: ReadableStream<Uint8Array> = new ReadableStream({ start: (it) => it.close() });
  readonly ended: Promise<number | undefined>;

  constructor(readonly played: Promise<Played>) {
    played.catch(() => undefined);
    this.ended = played.then(() => 0, () => undefined);
  }

  go(): void {}

  /** Each provocation hears of the end by itself, and has its own time limit. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
