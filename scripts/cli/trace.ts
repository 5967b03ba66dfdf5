/**
 * `trace`: every pidfd, live.
 *
 * @module
 */

import { holdCommand, launch } from "../../capture/mod.ts";
import type { Capture, Command } from "../../capture/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { Correlator } from "../../model/mod.ts";
import type { Scope } from "../../model/mod.ts";
import { renderProgram } from "../../program/mod.ts";
import { NdjsonReport, TableReport } from "../../reports/mod.ts";
import { TOOL } from "../version.ts";
import { copyTo } from "./copy.ts";
import { openCommandOutput } from "./command_output.ts";
import type { CommandOutput } from "./command_output.ts";
import { elsewhere } from "./elsewhere.ts";
import { endingOf, unlessEnded, watchEndings } from "./endings.ts";
import { firstExitCode } from "./exit_code.ts";
import { BUFFER_PAGES } from "./grammar.ts";
import type { TraceOptions } from "./grammar.ts";
import { openHost } from "./open_host.ts";
import { bufferPages, prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import { EventWriter } from "./publisher.ts";
import { follow } from "./run_loop.ts";
import type { Invocation, Terminal } from "./terminal.ts";
import { userPath } from "./user_path.ts";

/** Seconds after which a run ends when the user gave no duration. */
export const DEADLINE_SECONDS = 600;
/** Events after which a run ends when the user gave no number. */
export const EVENTS_MAX = 1_000_000;
/** Seconds that the program's own deadline lies behind ours, and the guest's behind that. */
const MARGIN_SECONDS = 30;
const GUEST_MARGIN_SECONDS = 300;

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation CMD, the words of the user, and where text goes
 * @returns the exit code of the process
 */
export async function trace(options: TraceOptions, invocation: Invocation): Promise<number> {
  const { argv, terminal } = invocation;
  const deadlineSeconds = Math.ceil((options.durationMs ?? DEADLINE_SECONDS * 1000) / 1000);
  await using endings = watchEndings();
  const { signal } = endings;
  try {
    await using output = argv.length > 0
      ? await openCommandOutput(terminal, { file: options.commandOutput })
      : undefined;
    const { host, lost } = await openHost(options.target, {
      timeLimitSeconds: deadlineSeconds + GUEST_MARGIN_SECONDS,
      signal,
      onProgress: (text) => terminal.status(text),
    });
    await using _host = host;
    terminal.status(`${host.name}: looking at the kernel`);
    const preparing = prepare(host, {
      bpftrace: options.bpftrace,
      hint: elsewhere(options.target, invocation.args),
      signal,
      limits: (cpus) => ({
        deadlineSeconds: deadlineSeconds + MARGIN_SECONDS,
        eventsMax: Math.max(options.eventsMax ?? 0, EVENTS_MAX),
        bufferPages: bufferPages(BUFFER_PAGES, cpus),
        follow: argv.length > 0,
      }),
    });
    const prepared = await unlessEnded(signal, preparing);
    await using command = argv.length > 0
      ? await hold(host, { argv, copy: options.copy, signal })
      : undefined;
    terminal.status(`${host.name}: attaching ${prepared.plan.probes.length} probes`);
    const source = renderProgram(prepared.plan.program);
    const { bpftrace } = options;
    await using capture = await launch(host, { source, bpftrace, commandPid: command?.pid ?? 0, signal });
    return await run({
      options,
      argv,
      terminal,
      host,
      lost,
      prepared,
      command,
      output,
      capture,
      signal,
      deadlineSeconds,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.note(`trace-clone: ${endingOf(signal).reason} before anything was traced`);
    return endingOf(signal).code;
  }
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

interface Run {
  readonly options: TraceOptions;
  readonly argv: readonly string[];
  readonly terminal: Terminal;
  readonly host: Host;
  readonly lost: Promise<Error>;
  readonly prepared: Prepared;
  readonly command: Command | undefined;
  readonly output: CommandOutput | undefined;
  readonly capture: Capture;
  readonly signal: AbortSignal;
  readonly deadlineSeconds: number;
}

async function run(all: Run): Promise<number> {
  const { options, terminal, host, prepared, command, capture, signal, deadlineSeconds } = all;
  const { description, plan } = prepared;
  const { attachedNs, utcOffsetNs } = capture.attachment;
  const correlator = new Correlator({
    law: plan.law,
    attachedNs,
    scope: scopeOf(options, command),
    cpus: description.cpus,
  });
  const report = options.json ? new NdjsonReport() : new TableReport({ header: !options.noHeader });
  const origin = { host: host.name, utcOffsetNs };
  const writer = new EventWriter(terminal, { report, origin, failedOnly: options.failed });
  const eventsMax = options.eventsMax ?? EVENTS_MAX;
  terminal.status(
    `${host.name}: tracing Linux ${description.release}, ${plan.probes.length} probes; ` +
      `ends after ${deadlineSeconds} s or ${eventsMax} events, Ctrl-C ends it now`,
  );
  await writer.start(startBody(all, eventsMax));
  if (command !== undefined) all.output?.pass(command.output);
  command?.go();
  const result = await follow({
    capture,
    correlator,
    writer,
    command,
    signal,
    lost: all.lost,
    limits: {
      durationMs: deadlineSeconds * 1000,
      durationGiven: options.durationMs !== undefined,
      eventsMax,
      eventsGiven: options.eventsMax !== undefined,
    },
  });
  const unwritten = await all.output?.finish();
  for (const it of capture.diagnostics()) {
    if (it.level === "error") {
      terminal.note(`bpftrace: ${it.text}${it.hint === undefined ? "" : ` (${it.hint})`}`);
    }
  }
  const { reason, complete, commandStatus } = result;
  const code = unwritten === undefined ? result.code : firstExitCode([result.code, unwritten.code]);
  await writer.end(correlator.trust, {
    reason,
    complete,
    exit_code: code,
    command_status: commandStatus ?? null,
  }, options.quiet);
  if (unwritten !== undefined) terminal.note(`trace-clone: ${unwritten.message}\n  hint: ${unwritten.hint}`);
  if (commandStatus === undefined || code === 3 || code > 128) return code;
  if (code !== 0) terminal.note(`trace-clone: ${reason}; our own exit code would be ${code}`);
  return commandStatus;
}

function scopeOf(options: TraceOptions, command: Command | undefined): Scope {
  const pids = [...options.pids, ...(command === undefined ? [] : [command.pid])];
  return {
    pids: pids.length === 0 ? undefined : new Set(pids),
    comm: options.comm,
    descendants: command !== undefined,
  };
}

function startBody(all: Run, eventsMax: number): Parameters<EventWriter["start"]>[0] {
  const { prepared: { description, facts, plan }, capture, command, argv } = all;
  return {
    tool: TOOL,
    boot_id: description.bootId,
    release: description.release,
    machine: description.machine,
    cpus: description.cpus,
    clock: "boottime",
    utc_offset_ns: capture.attachment.utcOffsetNs.toString(),
    generation: plan.generation,
    law: plan.law,
    bpftrace: facts.bpftrace.kind === "known" ? facts.bpftrace.value.text : "unknown",
    buffer_pages: plan.program.config.perfRbPages,
    probes: plan.probes,
    cannot_see: plan.cannotSee,
    command: command === undefined ? null : argv,
    command_pid: command?.pid ?? null,
    deadline_s: all.deadlineSeconds,
    events_max: eventsMax,
  };
}
