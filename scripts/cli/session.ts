/**
 * The run on one target, from opening it to its `end` event.
 *
 * @module
 */

import { holdCommand, readMessage } from "../../capture/mod.ts";
import type { Command } from "../../capture/mod.ts";
import type { Host, Target } from "../../hosts/mod.ts";
import { notKnown, readCgroupPaths } from "../../kernel/mod.ts";
import { printableText } from "../../events/mod.ts";
import type { Correlator, Scope } from "../../model/mod.ts";
import { renderProgram } from "../../program/mod.ts";
import type { EventBody } from "../../schema/mod.ts";
import { attach } from "./attach.ts";
import type { AttachedProgram } from "./attach.ts";
import { blindness, tellSteps } from "./blindness.ts";
import type { CommandOutput } from "./command_output.ts";
import { copyTo } from "./copy.ts";
import { tellDiagnostics } from "./diagnostics.ts";
import { elsewhere } from "./elsewhere.ts";
import { unlessEnded } from "./endings.ts";
import type { EventOutput } from "./event_output.ts";
import { EXIT, firstExitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import { tellError } from "./failure.ts";
import { BUFFER_PAGES } from "./grammar.ts";
import type { TraceOptions } from "./grammar.ts";
import { IdentityWatch } from "./identity_watch.ts";
import { slotSources, SlotWatch } from "./slot_watch.ts";
import { MissWatch } from "./miss_watch.ts";
import { openHost } from "./open_host.ts";
import { bufferPages, prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import { EventWriter } from "./publisher.ts";
import type { RunParts } from "./publisher.ts";
import { recordingHeader } from "./recording_header.ts";
import { depthOf } from "./depth.ts";
import { outcomeOf, scopeOf } from "./filters.ts";
import { checkPlaces, filterLimits } from "./filter_plan.ts";
import { follow } from "./run_loop.ts";
import type { RunResult } from "./run_loop.ts";
import { Tape } from "./tape.ts";
import { SilenceWatch } from "./silence_watch.ts";
import { deadlineOf, startBody } from "./start_body.ts";
import type { CgroupPaths } from "./start_body.ts";
import type { Invocation } from "./invocation.ts";
import type { Terminal } from "./terminal.ts";
import { userPath } from "./user_path.ts";

/** Events after which a run ends when the user gave no number. */
export const EVENTS_MAX = 1_000_000;
/** Seconds that the program's own deadline lies behind ours, and the guest's behind that. */
const MARGIN_SECONDS = 30;
const GUEST_MARGIN_SECONDS = 300;

/** What a session needs. */
export interface SessionOptions {
  /** The machine. */
  readonly target: Target;
  /** Names of all targets of the run, this one among them. */
  readonly targets: readonly string[];
  /** What was asked for. */
  readonly options: TraceOptions;
  /** CMD and the words of the user. */
  readonly invocation: Invocation;
  /** Where remarks about this target go. */
  readonly terminal: Terminal;
  /** Where the events of all targets go. */
  readonly events: EventOutput;
  /** Makes what takes the events instead of writing them. @default {they are written} */
  readonly writer?: ((run: RunParts) => EventWriter) | undefined;
  /** Where the output of CMD goes. */
  readonly commandOutput: CommandOutput | undefined;
  /** Aborted with an `Ending` by what ends the run from outside. */
  readonly signal: AbortSignal;
}

/** How the run on one target ended. */
export interface SessionResult {
  /** The tool's own exit code. */
  readonly code: ExitCode;
  /** For people. */
  readonly reason: string;
  /** CMD's exit status, when it ended by itself. */
  readonly commandStatus: number | undefined;
}

/**
 * Traces one target.
 *
 * @param session what is traced, and where the events go
 * @returns how it ended
 * @throws {CliError} when the target cannot be traced
 * @throws {HostError} when it cannot be reached, or goes before it is traced
 * @throws {ProgramError} when bpftrace refuses the program
 * @throws the signal's reason when it was aborted before anything was traced
 */
export async function runSession(session: SessionOptions): Promise<SessionResult> {
  const { target, options, invocation: { argv, args }, terminal, signal } = session;
  const deadlineSeconds = deadlineOf(options);
  const { host, lost } = await openHost(target, {
    timeLimitSeconds: deadlineSeconds + GUEST_MARGIN_SECONDS,
    signal,
    onProgress: (text) => terminal.status(text),
  });
  await using _host = host;
  terminal.status(`${host.name}: looking at the kernel`);
  const limitsFor = (cpus: number) => ({
    deadlineSeconds: deadlineSeconds + MARGIN_SECONDS,
    eventsMax: Math.max(options.eventsMax ?? 0, EVENTS_MAX),
    bufferPages: bufferPages(BUFFER_PAGES, cpus),
    follow: argv.length > 0,
    ...depthOf(options),
    ...filterLimits(options, {
      command: argv.length > 0,
      isTried: !options.noStimulus,
      keepsAll: session.invocation.recording !== undefined,
    }),
  });
  const { bpftrace, sudo, birthProbe } = options;
  const preparing = prepare(host, {
    bpftrace,
    sudo,
    hint: elsewhere(target, args),
    signal,
    birthProbe,
    limits: limitsFor,
  });
  const prepared = await unlessEnded(signal, preparing);
  const onNote = (text: string) => terminal.note(`trace-clone: ${host.name}: ${printableText(text)}`);
  await unlessEnded(signal, checkPlaces(host, { plan: prepared.plan, filters: options, onNote }));
  await using command = argv.length > 0 ? await hold(host, { argv, copy: options.copy, signal }) : undefined;
  await using tape = new Tape({ redact: options.redact, file: session.invocation.recording });
  await using program = await attach({
    host,
    prepared,
    limits: limitsFor(prepared.description.cpus),
    birthProbe,
    stimulus: !options.noStimulus,
    bpftrace,
    sudo,
    commandPid: command?.pid ?? 0,
    tap: tape,
    terminal,
    signal,
  });
  const planned = { ...prepared, plan: program.plan };
  return await traceAttached({ ...session, host, lost, prepared: planned, command, program, tape });
}

/** A session whose probes are attached. */
export interface Attached extends SessionOptions {
  /** The machine. */
  readonly host: Host;
  /** Resolves when it is gone. */
  readonly lost: Promise<Error>;
  /** Who it is, and what is done there. */
  readonly prepared: Prepared;
  /** CMD, held. */
  readonly command: Command | undefined;
  /** bpftrace, whose lines have gone over the tape. */
  readonly program: AttachedProgram;
  /** Takes out of them what is not to be seen, and keeps the rest. */
  readonly tape: Tape;
}

async function hold(
  host: Host,
  what: { readonly argv: readonly string[]; readonly copy: readonly string[]; readonly signal: AbortSignal },
): Promise<Command> {
  const command = await holdCommand(host, what.argv);
  const end = () => command[Symbol.asyncDispose]();
  what.signal.addEventListener("abort", end, { once: true });
  try {
    for (const path of what.copy) await copyTo(host, { path: userPath(path), folder: command.folder });
    what.signal.throwIfAborted();
    return command;
  } catch (error) {
    await end();
    throw error;
  } finally {
    what.signal.removeEventListener("abort", end);
  }
}

/**
 * Traces a target whose probes are attached, to the `end` event.
 *
 * @param session what is traced, and where the events go
 * @returns how it ended
 */
export async function traceAttached(session: Attached): Promise<SessionResult> {
  const { options, terminal, host, prepared, command, program, tape } = session;
  const { capture } = program;
  const { plan } = prepared;
  const scope = scopeOf(options, { pid: command?.pid, descendants: options.follow || command !== undefined });
  const eventsMax = options.eventsMax ?? EVENTS_MAX;
  using misses = watchMisses(session);
  const [watchedNs, paths] = await Promise.all([misses.begun(), cgroupPaths(session)]);
  const start = startBody(session, { eventsMax, paths });
  const correlator = beginTape(session, { scope, start, eventsMax, watchedNs });
  using identities = watchIdentities(session, { paths, correlator });
  const writer = writerOf(session);
  const deadlineSeconds = deadlineOf(options);
  tellBegin(session, eventsMax);
  await writer.start(start);
  writer.pass(correlator.attachedNs);
  const passed = command === undefined ? undefined : session.commandOutput?.pass(command.output);
  command?.go();
  using slots = watchSlots(session);
  using silence = new SilenceWatch({
    host,
    ladder: plan.ladder,
    nowNs: () => correlator.point.ktimeNs,
    onSilence: (text) => terminal.note(`trace-clone: ${host.name}: ${printableText(text)}`),
  });
  const result = await follow({
    silence,
    misses,
    identities,
    slots,
    capture,
    stream: program.stream,
    correlator,
    writer,
    command,
    signal: AbortSignal.any([session.signal, tape.signal]),
    lost: session.lost,
    limits: {
      durationMs: deadlineSeconds * 1000,
      durationGiven: options.durationMs !== undefined,
      eventsMax,
      eventsGiven: options.eventsMax !== undefined,
    },
  });
  const unwritten = await passed?.finish();
  const diagnostics = capture.diagnostics();
  tellDiagnostics(diagnostics, terminal);
  const outside = [
    ...result.outside.codes,
    ...blindness({ plan, unconfirmed: program.unconfirmed, seen: writer.tally.seen }, {
      host: host.name,
      terminal,
    }),
    unwritten?.code ?? EXIT.well,
  ];
  const recorded = endBody(result, firstExitCode([result.code, ...outside]));
  const unrecorded = await tape.end({
    body: recorded,
    outside: { complete: result.outside.complete, codes: outside },
    diagnostics,
    recursion: misses.result,
  });
  if (unrecorded !== undefined) tellError(unrecorded, terminal);
  const code = firstExitCode([recorded.exit_code, unrecorded?.code ?? EXIT.well]);
  writer.pass(correlator.point.ktimeNs);
  const summary = await writer.end(correlator.trust, { ...recorded, exit_code: code });
  if (!options.quiet) terminal.note(summary.trimEnd());
  if (unwritten !== undefined) tellError(unwritten, terminal);
  return { code, reason: result.reason, commandStatus: result.commandStatus };
}

/** What takes the events. */
function writerOf(session: Attached): EventWriter {
  const { host, prepared: { plan }, program: { capture }, options } = session;
  const origin = { host: host.name, utcOffsetNs: capture.attachment.utcOffsetNs };
  if (session.writer === undefined) {
    return new EventWriter(session.events, { origin, outcome: outcomeOf(options) });
  }
  const { slotsSeen } = plan;
  return session.writer({
    ...{ origin, host, slotsSeen, program: renderProgram(plan.program) },
    bpftracePid: capture.attachment.bpftracePid,
  });
}

function tellBegin({ host, prepared, options, terminal }: Attached, eventsMax: number): void {
  const { plan, description } = prepared;
  tellSteps(plan, { host: host.name, terminal });
  terminal.status(
    `${host.name}: tracing Linux ${description.release}, ${plan.probes.length} probes; ` +
      `ends after ${deadlineOf(options)} s or ${eventsMax} events, Ctrl-C ends it now`,
  );
}

/** Writes the header of the recording, if there is one, and returns the correlator of the run. */
function beginTape(
  { options, prepared, program, tape }: Attached,
  run: {
    readonly scope: Scope;
    readonly start: EventBody<"start">;
    readonly eventsMax: number;
    /** From when on it is known what programs missed; what is older is not judged either. */
    readonly watchedNs: bigint;
  },
): Correlator {
  const { scope, start, eventsMax, watchedNs } = run;
  const { counters, plan: { law, releasesSeen, hashPutsSeen, slotsSeen } } = program;
  const attachedNs = watchedNs > program.attachedNs ? watchedNs : program.attachedNs;
  const attachment = { ...program.capture.attachment, attachedNs };
  const { cpus } = prepared.description;
  const shape = { failedOnly: options.failed, ...(options.ok ? { okOnly: true } : {}), eventsMax };
  const { redact } = options;
  return tape.begin(
    () => recordingHeader({ prepared, attachment, counters, scope, options: shape, redact, start }),
    { law, attachedNs, scope, cpus, counters, releasesSeen, hashPutsSeen, slotsSeen, baseline: slotsSeen },
  );
}

/** Nothing when slots are not seen. */
function watchSlots({ host, options, prepared, tape, terminal }: Attached): SlotWatch | undefined {
  if (!prepared.plan.slotsSeen) return undefined;
  const { bpftrace, sudo } = options;
  return new SlotWatch({
    ...slotSources(host, { facts: prepared.facts, bpftrace, sudo }),
    tap: (lines) => tape.take(lines),
    onNote: (text) => terminal.note(`trace-clone: ${host.name}: ${printableText(text)}`),
  });
}

/** Which cgroup has which path; unknown also where nothing tells in which one a process is. */
async function cgroupPaths({ host, prepared: { plan } }: Attached): Promise<CgroupPaths> {
  return plan.cgroupsSeen ? await readCgroupPaths(host) : notKnown("Nothing tells the cgroup of a process");
}

function watchIdentities(
  { host, program, tape }: Attached,
  { paths, correlator }: { readonly paths: CgroupPaths; readonly correlator: Correlator },
): IdentityWatch {
  return new IdentityWatch({
    read: () => readCgroupPaths(host),
    paths,
    met: program.met,
    tell: (records) => {
      const lines = records.map((it) => `{"type": "printf", "data": ${JSON.stringify(`${it}\n`)}}`);
      correlator.take(tape.take(lines).map(readMessage));
    },
  });
}

function watchMisses({ host, prepared: { facts }, program: { plan, capture } }: Attached): MissWatch {
  return MissWatch.over(host, { facts, plan, bpftracePid: capture.attachment.bpftracePid });
}

function endBody(result: RunResult, code: ExitCode): EventBody<"end"> & { readonly exit_code: ExitCode } {
  const { reason, complete, commandStatus } = result;
  return { reason, complete, exit_code: code, command_status: commandStatus ?? null };
}
