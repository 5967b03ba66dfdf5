/**
 * `trace`: every pidfd, live, on one target or on several at once.
 *
 * @module
 */

import type { Target } from "../../hosts/mod.ts";
import { NdjsonReport, publish, TableReport } from "../../reports/mod.ts";
import { openCommandOutput } from "./command_output.ts";
import type { CommandOutput } from "./command_output.ts";
import { checkCopies } from "./copy.ts";
import { endingOf, watchEndings } from "./endings.ts";
import { EventOutput } from "./event_output.ts";
import { EXIT, firstExitCode } from "./exit_code.ts";
import { tellError } from "./failure.ts";
import type { TraceOptions } from "./grammar.ts";
import { runSession } from "./session.ts";
import type { SessionOptions, SessionResult } from "./session.ts";
import { prefixed } from "./terminal.ts";
import type { Invocation } from "./invocation.ts";
import type { Terminal } from "./terminal.ts";
import { userPath } from "./user_path.ts";

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation CMD, the words of the user, and where text goes
 * @returns the exit code of the process
 */
export async function trace(options: TraceOptions, invocation: Invocation): Promise<number> {
  const { argv, terminal } = invocation;
  const several = options.targets.length > 1;
  await using endings = watchEndings();
  const { signal } = endings;
  try {
    await checkCopies(options.copy.map(userPath));
    await using commandOutput = argv.length > 0
      ? await openCommandOutput(terminal, {
        file: options.commandOutput,
        sources: options.targets.length,
      })
      : undefined;
    const report = options.json
      ? new NdjsonReport()
      : new TableReport({ header: !options.noHeader, hosts: several });
    const events = new EventOutput(terminal, { report });
    const shared = {
      targets: options.targets.map((it) => it.name),
      options,
      invocation,
      events,
      commandOutput,
      signal,
    };
    if (!several) {
      const [target] = options.targets;
      return exitOf(await runSession({ ...shared, target: target as Target, terminal }), invocation);
    }
    return await runAll(options.targets, shared);
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.note(`trace-clone: ${endingOf(signal).reason} before anything was traced`);
    return endingOf(signal).code;
  }
}

/** The exit code of a run on one target. */
function exitOf({ code, reason, commandStatus }: SessionResult, { terminal }: Invocation): number {
  if (commandStatus === undefined || code === 3 || code > 128) return code;
  if (code !== 0) terminal.note(`trace-clone: ${reason}; our own exit code would be ${code}`);
  return commandStatus;
}

/** Traces several targets at once; what becomes of one does not touch the others. */
async function runAll(
  targets: readonly Target[],
  shared: Omit<SessionOptions, "target" | "terminal">,
): Promise<number> {
  const { invocation, signal, commandOutput } = shared;
  const results = await Promise.all(targets.map(async (target): Promise<SessionResult> => {
    const terminal = prefixed(invocation.terminal, target.name);
    try {
      return await runSession({ ...shared, target, terminal, commandOutput: named(commandOutput, target) });
    } catch (error) {
      const { code, reason } = signal.aborted ? endingOf(signal) : failureOf(error, terminal);
      const body = { reason, complete: false, exit_code: code, command_status: null };
      const end = { type: "end", seq: 1, ktimeNs: null, followed: true, body } as const;
      const text = shared.events.report.event(publish(end, { host: target.name, utcOffsetNs: 0n }));
      // A table does not show it, and needs no titles for nothing.
      if (text !== "") await shared.events.write(text);
      return { code, reason, commandStatus: undefined };
    }
  }));
  const unwritten = await commandOutput?.close();
  if (unwritten !== undefined) tellError(unwritten, invocation.terminal);
  const code = firstExitCode([...results.map((it) => it.code), unwritten?.code ?? EXIT.well]);
  const statuses = results.map((it) => it.commandStatus);
  const commandStatus = statuses.includes(undefined) ? undefined : statuses.find((it) => it !== 0) ?? 0;
  return exitOf({ code, reason: "not all is well on every target", commandStatus }, invocation);
}

/** Why a target was not traced, told to people too. */
function failureOf(error: unknown, terminal: Terminal): Pick<SessionResult, "code" | "reason"> {
  return { code: tellError(error, terminal), reason: error instanceof Error ? error.message : String(error) };
}

/** The output of CMD, each line with the name of its target. */
function named(output: CommandOutput | undefined, target: Target): CommandOutput | undefined {
  return output === undefined
    ? undefined
    : { ...output, pass: (it) => output.pass(it, { name: target.name }) };
}
