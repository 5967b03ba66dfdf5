/**
 * The loop of a run: from bpftrace's lines to events, until something ends it.
 *
 * @module
 */

import type { Capture, CaptureMessage, Command } from "../../capture/mod.ts";
import type { Loss } from "../../events/mod.ts";
import type { Correlator, Update } from "../../model/mod.ts";
import { endingOf } from "./endings.ts";
import { EXIT, firstExitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { IdentityWatch } from "./identity_watch.ts";
import type { MissWatch } from "./miss_watch.ts";
import type { EventWriter } from "./publisher.ts";
import type { SilenceWatch } from "./silence_watch.ts";
import type { SlotWatch } from "./slot_watch.ts";

/** What a run needs. */
export interface RunLoop {
  readonly capture: Capture;
  /** What it says, from where the run begins. */
  readonly stream: AsyncGenerator<readonly CaptureMessage[]>;
  readonly correlator: Correlator;
  readonly writer: EventWriter;
  readonly command: Command | undefined;
  /** Tells when probes are switched off. */
  readonly silence?: Pick<SilenceWatch, "take" | "finish"> | undefined;
  /** Tells which slots held pidfds before, and what /proc shows at the end. */
  readonly slots?: Pick<SlotWatch, "take" | "compare"> | undefined;
  /** Tells which cgroup has which path. */
  readonly identities?: Pick<IdentityWatch, "want"> | undefined;
  /** Tells of programs that were not run. */
  readonly misses?: Pick<MissWatch, "take" | "last" | "result" | "settledNs"> | undefined;
  /** Aborted by signals and by the end of our launchers. */
  readonly signal: AbortSignal;
  /** Resolves when the host is gone. */
  readonly lost: Promise<Error>;
  readonly limits: {
    readonly durationMs: number;
    /** Reaching a limit that the user gave is well; one of ours makes the result partial. */
    readonly durationGiven: boolean;
    readonly eventsMax: number;
    readonly eventsGiven: boolean;
  };
}

/** How a run ended. */
export interface RunResult {
  /** For people and for the `end` event. */
  readonly reason: string;
  /** Whether everything up to there was seen. */
  readonly complete: boolean;
  /** The tool's own exit code. */
  readonly code: ExitCode;
  /** The command's exit status, when it ended by itself. */
  readonly commandStatus: number | undefined;
  /** What does not follow from the events: whether they are all of the run, and the codes besides theirs. */
  readonly outside: { readonly complete: boolean; readonly codes: readonly ExitCode[] };
}

interface Stop {
  readonly reason: string;
  readonly code: ExitCode;
  /** What the kernel still had to say was not heard. */
  readonly isCutOff?: true;
}

/** Milliseconds in which the last events of an ended command arrive: heartbeats, and a grace period of RCU. */
const SETTLE_MS_MIN = 1500;
const SETTLE_MS_MAX = 6000;

/** Milliseconds that a command which we end may take, and that its last events may take after it. */
const COMMAND_END_MS_MAX = 4000;
const COMMAND_SETTLE_MS = 300;

/**
 * Follows a capture to its end.
 *
 * @param run what is followed
 * @returns how it ended
 */
export async function follow(run: RunLoop): Promise<RunResult> {
  const { capture, correlator, writer, command, limits } = run;
  let stop: Stop | undefined;
  const end = (why: Stop) => {
    if (stop !== undefined) return;
    stop = why;
    if (commandStatus === undefined) correlator.cut();
    if (command === undefined || commandStatus !== undefined) return detachFrom(run, why);
    // The command goes first, so that its end is still seen.
    command[Symbol.asyncDispose]();
    let isStopped = false;
    const detach = () => {
      if (!isStopped) detachFrom(run, why);
      isStopped = true;
    };
    const patience = setTimeout(detach, COMMAND_END_MS_MAX);
    command.ended.catch(() => undefined).then(() => {
      clearTimeout(patience);
      setTimeout(detach, COMMAND_SETTLE_MS);
    });
  };
  let commandStatus: number | undefined;
  let lossTold = false;
  const take = (updates: readonly Update[]) => {
    lossTold ||= updates.some((it) => it.type === "lost");
    return writer.take(updates, limits.eventsMax);
  };
  const timers = watch(run, end, (status) => {
    // A command that we end has a status too, and it says nothing about the command.
    if (stop === undefined) commandStatus = status;
  });
  refresh(run);
  try {
    for await (const messages of run.stream) {
      if (!await take(hear(run, messages))) {
        end({ reason: "standard output was closed", code: EXIT.well });
      }
      for (const loss of unseenBy(run)) await take(correlator.lose(loss));
      refresh(run);
      if (writer.written >= limits.eventsMax) {
        const code = limits.eventsGiven ? EXIT.well : EXIT.budget;
        end({ reason: `the limit of ${limits.eventsMax} events was reached`, code });
      }
    }
  } finally {
    timers.clear();
  }
  for (const loss of [...await run.silence?.finish() ?? [], ...unseenBy(run)]) {
    await take(correlator.lose(loss));
  }
  const ended = await capture.ended;
  await take(lastOf(run, ended));
  const unasked = endedUnasked(ended);
  stop ??= unasked ?? { reason: "the program ended", code: EXIT.well };
  // A command that is alive would be waited for.
  if (command !== undefined && commandStatus === undefined) await command[Symbol.asyncDispose]();
  const lost = lossTold || correlator.trust.lost !== 0 || correlator.trust.late > 0;
  const outside = unasked === undefined ? [stop.code] : [stop.code, unasked.code];
  const isWhole = unasked === undefined && stop.isCutOff !== true;
  const codes = [...outside, ...verdictCodes(writer, lost)];
  return {
    reason: stop.reason,
    complete: isWhole && !lost,
    code: firstExitCode(codes),
    commandStatus,
    outside: { complete: isWhole, codes: outside },
  };
}

/** What the correlator has to say when nothing more can come. */
function lastOf({ correlator, misses }: RunLoop, ended: Awaited<Capture["ended"]>): readonly Update[] {
  correlator.hearRecursion(misses?.result ?? UNWATCHED);
  // What the kernel had still to say went with bpftrace.
  if (ended === "killed" || ended === "lost") correlator.cut();
  return correlator.finish();
}

/** The exit codes that follow from what was found and from what was lost. */
function verdictCodes({ tally }: EventWriter, lost: boolean): readonly ExitCode[] {
  return [
    ...(tally.findings > 0 ? [EXIT.broken] : []),
    ...(lost || tally.undetermined > 0 ? [EXIT.undetermined] : []),
  ];
}

const UNWATCHED = { misses: null, reason: "Nobody has looked how often programs did not run" } as const;

/** What is beside the stream goes over the tape when it is taken: behind the messages, as here. */
function hear({ correlator, slots }: RunLoop, messages: readonly CaptureMessage[]): readonly Update[] {
  const updates = correlator.take(messages);
  return [...updates, ...correlator.take(slots?.take() ?? [])];
}

/** Tells the correlator up to when misses are known, asks for what it lacks, and lets time pass where nothing happens. */
function refresh({ correlator, misses, identities, writer }: RunLoop): void {
  correlator.settle(misses?.settledNs);
  identities?.want(correlator.unnamedCgroups);
  writer.pass(correlator.passedNs);
}

/** What was noticed and no message tells of. */
function unseenBy({ silence, misses }: RunLoop): readonly Loss[] {
  return [...silence?.take() ?? [], ...misses?.take() ?? []];
}

/** Detaches, after a last look at what /proc shows, and at what bpftrace holds and used, which goes with it. */
function detachFrom({ capture, correlator, misses, slots, writer }: RunLoop, why: Stop): void {
  const isThere = why.isCutOff !== true;
  const compared = isThere ? slots?.compare(() => correlator.isCompared) : undefined;
  const looked = Promise.all([compared, misses?.last(), isThere ? writer.detaching() : undefined]);
  looked.then(() => capture.stop());
}

function endedUnasked(ended: Awaited<Capture["ended"]>): Stop | undefined {
  switch (ended) {
    case "stopped":
      return undefined;
    case "by-itself":
      return {
        reason: "the program in the kernel ended by itself: a budget, or its guard had gone",
        code: EXIT.budget,
      };
    case "killed":
      return { reason: "bpftrace was killed on the target", code: EXIT.undetermined };
    case "lost":
      return { reason: "the target, or the way to it, was lost", code: EXIT.undetermined };
    default:
      return ended satisfies never;
  }
}

/** Watches everything that ends a run besides the stream itself. */
function watch(
  run: RunLoop,
  end: (why: Stop) => void,
  onStatus: (status: number) => void,
): { readonly clear: () => void } {
  const { capture, command, correlator, signal, limits } = run;
  let over = false;
  const duration = setTimeout(() => {
    const reason = `the time of ${limits.durationMs / 1000} s was over`;
    end({ reason, code: limits.durationGiven ? EXIT.well : EXIT.budget });
  }, limits.durationMs);
  const onAbort = () => end(endingOf(signal));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  run.lost.then((error) => {
    if (over) return;
    end({ reason: error.message, code: EXIT.undetermined, isCutOff: true });
    capture[Symbol.asyncDispose]().then(undefined, () => undefined);
  });
  let settle: ReturnType<typeof setInterval> | undefined;
  command?.ended.then((status) => {
    if (over) return;
    if (status === undefined) {
      return end({ reason: "the command, or the way to it, was lost", code: EXIT.undetermined });
    }
    onStatus(status);
    const ended = performance.now();
    settle = setInterval(() => {
      const waited = performance.now() - ended;
      if (waited < SETTLE_MS_MIN || (correlator.pending > 0 && waited < SETTLE_MS_MAX)) return;
      end({ reason: `the command ended with status ${status}`, code: EXIT.well });
    }, 100);
  });
  return {
    clear() {
      over = true;
      clearTimeout(duration);
      clearInterval(settle);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
