/**
 * `replay`: a recording shown as the run was.
 *
 * @module
 */

import type { RecordingEnd, RecordingEntry, RecordingHeader } from "../../capture/mod.ts";
import { readMessage } from "../../capture/mod.ts";
import type { Loss } from "../../events/mod.ts";
import { Correlator } from "../../model/mod.ts";
import type { Scope, Update } from "../../model/mod.ts";
import { NdjsonReport, TableReport } from "../../reports/mod.ts";
import type { EventBody } from "../../schema/mod.ts";
import { tellDiagnostics } from "./diagnostics.ts";
import { endingOf, watchEndings } from "./endings.ts";
import { EventOutput } from "./event_output.ts";
import { EXIT, firstExitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import { EventWriter } from "./publisher.ts";
import type { RunParts } from "./publisher.ts";
import { counterPoint } from "./recorded_counter.ts";
import { openParts } from "./recording_parts.ts";
import type { RecordingParts } from "./recording_parts.ts";
import type { EventOptions } from "./filter_grammar.ts";
import { checkTold, outcomeOf, replayedScope, toldBy } from "./filters.ts";
import type { Terminal } from "./terminal.ts";
import { userPath } from "./user_path.ts";

/**
 * What is asked of a replay; `trace` with a recording as its target asks the same. Each filter takes the place of the one
 * of the run.
 */
export interface ReplayRequest extends EventOptions {
  /** The recording. */
  readonly file: string;
  /** Events as NDJSON. */
  readonly json: boolean;
  /** No line with column titles. */
  readonly noHeader: boolean;
  /** No progress and no summary. */
  readonly quiet: boolean;
  /** Makes what takes the events instead of writing them. @default {they are written} */
  readonly writer?: ((events: EventOutput, run: RunParts) => EventWriter) | undefined;
}

/** What became of the reading. */
interface Played {
  /** How the run ended, when that is known. */
  readonly end: RecordingEnd | undefined;
  /** Why the recording could not be read to its end. */
  readonly broken: string | undefined;
  /** Whether something was lost. */
  readonly lost: boolean;
}

/**
 * Runs the command.
 *
 * @param request what was asked for
 * @param terminal where text goes
 * @returns the exit code that the run itself had, as far as it is known
 * @throws {CliError} when the file cannot be read
 * @throws {RecordingError} when it is no recording
 */
export async function replay(request: ReplayRequest, terminal: Terminal): Promise<number> {
  await using endings = watchEndings({ launchers: false });
  await using recording = await openParts(userPath(request.file));
  const { header } = recording.parts[0];
  tellBegin(recording, request, terminal);
  const report = request.json ? new NdjsonReport() : new TableReport({ header: !request.noHeader });
  const events = new EventOutput(terminal, { report });
  const origin = { host: header.target, utcOffsetNs: BigInt(header.attachment.utcOffsetNs) };
  const { failedOnly, okOnly = false } = header.options;
  const outcome = outcomeOf(request.failed || request.ok ? request : { failed: failedOnly, ok: okOnly });
  const { slotsSeen = false, program } = header.plan;
  const writer = request.writer?.(events, { origin, slotsSeen, program }) ??
    new EventWriter(events, { origin, outcome });
  const correlator = correlatorOf(header, request);
  await writer.start(header.start);
  writer.pass(correlator.attachedNs);
  const played = await play(recording, { correlator, writer, signal: endings.signal });
  if (played.end !== undefined) tellDiagnostics(played.end.diagnostics, terminal);
  const codes: ExitCode[] = [];
  if (endings.signal.aborted) codes.push(endingOf(endings.signal).code);
  if (writer.tally.findings > 0) codes.push(EXIT.broken);
  if (played.lost || writer.tally.undetermined > 0) codes.push(EXIT.undetermined);
  const body = endBody(played, { codes, gone: recording.gone });
  writer.pass(correlator.point.ktimeNs);
  const summary = await writer.end(correlator.trust, body);
  if (!request.quiet) terminal.note(summary.trimEnd());
  if (played.end === undefined) terminal.note(`trace-clone: ${body.reason}`);
  return body.exit_code;
}

function tellBegin(recording: RecordingParts, request: ReplayRequest, terminal: Terminal): void {
  const { header } = recording.parts[0];
  const { gone } = recording;
  terminal.status(`${request.file}: replaying ${header.target}, Linux ${header.description.release}`);
  if (gone === 0) return;
  terminal.note(
    `trace-clone: ${goneText(gone)}: what began before ${header.resume?.ktimeNs ?? "?"} ns is not judged`,
  );
}

function goneText(gone: number): string {
  return gone === 1 ? "the first part of the recording is gone" : `the first ${gone} parts are gone`;
}

/** The correlator of the run, or of what there is of it. */
function correlatorOf(header: RecordingHeader, request: ReplayRequest): Correlator {
  const { attachment, plan, description, resume } = header;
  return new Correlator({
    law: plan.law,
    releasesSeen: plan.releasesSeen,
    hashPutsSeen: plan.hashPutsSeen,
    slotsSeen: plan.slotsSeen,
    baseline: plan.slotsSeen,
    attachedNs: BigInt(resume?.ktimeNs ?? attachment.attachedNs),
    scope: scopeOf(header, request),
    cpus: description.cpus,
    counters: resume?.counters.map(counterPoint) ?? [],
  });
}

function scopeOf({ scope, resume, plan }: RecordingHeader, request: ReplayRequest): Scope {
  if (request.writer !== undefined) return EVERYTHING;
  const replayed = replayedScope(scope, { filters: request, members: resume?.members ?? [] });
  checkTold(replayed, {
    ...toldBy(plan.program),
    who: `the recording "${request.file}"`,
    hint: replayed.uids === undefined
      ? "Filter by -p or -n instead; the recording says why in its start event"
      : "Record with -u, or filter by -p or -n instead",
  });
  return replayed;
}

/** What takes all updates chooses by itself. */
const EVERYTHING: Scope = { pids: undefined, comm: undefined, descendants: false };

async function play(
  recording: RecordingParts,
  into: { readonly correlator: Correlator; readonly writer: EventWriter; readonly signal: AbortSignal },
): Promise<Played> {
  const { correlator, writer, signal } = into;
  const { eventsMax } = recording.parts[0].header.options;
  let lossTold = false;
  let end: RecordingEnd | undefined;
  let broken: string | undefined;
  const take = (updates: readonly Update[]) => {
    lossTold ||= updates.some((it) => it.type === "lost");
    return writer.take(updates, eventsMax);
  };
  for (const [at, part] of recording.parts.entries()) {
    const isLast = at === recording.parts.length - 1;
    for await (const step of part.steps()) {
      if (step.kind === "cut") correlator.cut();
      if (step.kind === "settled") {
        correlator.settle(step.untilNs === null ? undefined : BigInt(step.untilNs));
      }
      if (step.kind === "end") end = step.end;
      if (step.kind === "silenced") await take(correlator.lose(lossOf(step)));
      // A part before the last one has no end of a run in it.
      if (step.kind === "stopped" && (isLast || !step.clean)) broken ??= step.reason;
      if (step.kind === "raw" && !await take(correlator.take(step.lines.map(readMessage)))) {
        broken ??= "standard output was closed";
      }
      if (signal.aborted) broken ??= endingOf(signal).reason;
      if (signal.aborted || broken === "standard output was closed") break;
    }
  }
  // What is numbered after this point is not lost, it is only not here.
  if (end === undefined) correlator.cut();
  correlator.hearRecursion(end?.recursion ?? NOT_RECORDED);
  await take(correlator.finish());
  const lost = lossTold || correlator.trust.lost !== 0 || correlator.trust.late > 0;
  return { end, broken, lost };
}

function lossOf(step: Extract<RecordingEntry, { kind: "silenced" }>): Loss {
  const { fromNs, toNs, detail, reason = "silenced", events = null } = step;
  const toTime = toNs === null ? null : BigInt(toNs);
  return { reason, events, cpu: null, fromNs: BigInt(fromNs), toNs: toTime, detail };
}

/** What a recording says that does not say it. */
const NOT_RECORDED = {
  misses: null,
  reason: "The recording does not say how often the kernel did not run a program",
} as const;

const CODES: ReadonlySet<number> = new Set(Object.values(EXIT));

function isExitCode(code: number): code is ExitCode {
  return CODES.has(code);
}

/** The `end` event: as it was, but for what is not there. */
function endBody(
  played: Played,
  options: { readonly codes: readonly ExitCode[]; readonly gone: number },
): EventBody<"end"> {
  const { end, broken, lost } = played;
  const { codes, gone } = options;
  const isWhole = broken === undefined && gone === 0;
  const outside = end?.outside.codes.filter(isExitCode) ?? [];
  const reasons = [
    ...(end === undefined ? [] : [end.body.reason]),
    ...(broken === undefined ? [] : [`the recording ends here: ${broken}`]),
    ...(gone === 0 ? [] : [goneText(gone)]),
  ];
  return {
    ...end?.body,
    reason: reasons.join("; "),
    complete: isWhole && !lost && end?.outside.complete === true,
    exit_code: firstExitCode([...codes, ...outside, isWhole ? EXIT.well : EXIT.undetermined]),
    command_status: end?.body.command_status ?? null,
  };
}
