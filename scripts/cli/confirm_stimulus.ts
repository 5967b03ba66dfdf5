/**
 * One run of the stimulus on a machine, which cleans up after itself when it is told to end, or when we are gone.
 *
 * @module
 */

import { DecodeError, printableText } from "../../events/mod.ts";
import { HostError } from "../../hosts/mod.ts";
import type { Host, HostProcess, RunResult } from "../../hosts/mod.ts";
import { readFacts } from "../../model/mod.ts";
import type { Fact } from "../../model/mod.ts";

/** What its exit status says, besides 0: lab/stimulus/README.md. */
export const STIMULUS_STATUS = {
  /** It cannot be made on this machine, for lack of rights and the like. */
  cannotRun: 3,
  /** The kernel did not come back. */
  hangs: 4,
} as const;

/**
 * Constant shell text: runs the program that its parameters name, and tells it to end when our side closes its input.
 * That is also what it sees when the way to it is lost. Ctrl-C reaches only us.
 */
const HELD = `trap '' INT HUP
exec 3<&0
"$@" </dev/null 3<&- &
pid=$!
( read -r line; kill -TERM $pid ) <&3 >/dev/null 2>&1 &
watcher=$!
wait $pid
code=$?
kill $watcher 2>/dev/null
exit $code`;

/** Milliseconds in which a provocation that is told to end has to be over: it removes what it made. */
const END_MS = 6000;

/**
 * Reads what one run of a provocation said.
 *
 * @param result its output and its status
 * @param name the provocation
 * @returns the facts, and why they are not all
 */
export function heard(
  { code, stdout, stderr }: RunResult,
  name: string,
): { readonly facts: readonly Fact[]; readonly reason: string | undefined } {
  try {
    const { facts, why } = readFacts(stdout);
    return { facts, reason: why === null ? undefined : `${name}: ${printableText(why)}` };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const said = printableText(stderr.trim());
    const reason = `${name} ended with status ${code}: ${said === "" ? error.message : said}`;
    return { facts: [], reason };
  }
}

/** One run of the stimulus. */
export interface StimulusRun {
  /** The program there, the name of a provocation, and how often. */
  readonly argv: readonly string[];
  /** Longest time that it may take. */
  readonly timeoutMs: number;
  /** Tells it to end; what it says then is waited for. */
  readonly signal: AbortSignal;
}

/** How often a program is started that the machine does not start: a session can be refused by chance. */
const STARTS_MAX = 3;
/** Milliseconds between two of them. */
const PAUSE_MS = 1000;

/** Why a provocation said nothing. */
export interface Unheard {
  /** A sentence without its full stop. */
  readonly why: string;
  /** Whether it was begun, as far as can be told. */
  readonly begun: boolean;
}

/**
 * Makes one provocation.
 *
 * @param host the machine
 * @param run what is run there
 * @returns what it said, or why it said nothing
 */
export async function runStimulus(host: Host, run: StimulusRun): Promise<RunResult | Unheard> {
  for (let start = 1;; start += 1) {
    const result = await runOnce(host, run);
    if (!("why" in result) || result.begun || start >= STARTS_MAX || run.signal.aborted) return result;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function runOnce(host: Host, run: StimulusRun): Promise<RunResult | Unheard> {
  const { argv, timeoutMs, signal } = run;
  let process: HostProcess;
  try {
    process = host.spawn(["sh", "-c", HELD, "sh", ...argv]);
  } catch (error) {
    return unreachable(error);
  }
  const ended = Promise.all([
    process.status,
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
  ]);
  const late = Promise.withResolvers<undefined>();
  const timers = [setTimeout(() => late.resolve(undefined), timeoutMs)];
  const end = () => {
    process.stdin.close().catch(() => undefined);
    timers.push(setTimeout(() => late.resolve(undefined), END_MS));
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    const result = await Promise.race([ended, late.promise]);
    if (result === undefined) return { why: `it did not end within ${timeoutMs / 1000} s`, begun: true };
    const [{ code }, stdout, stderr] = result;
    return { code, stdout, stderr };
  } catch (error) {
    return unreachable(error);
  } finally {
    signal.removeEventListener("abort", end);
    for (const timer of timers) clearTimeout(timer);
    ended.catch(() => undefined);
    await process.stdin.close().catch(() => undefined);
    process.kill();
  }
}

/** Why nothing was heard of a machine; anything else is a fault of ours. A machine that is lost may have begun it. */
function unreachable(error: unknown): Unheard {
  if (error instanceof HostError) return { why: error.message, begun: error.kind === "lost" };
  throw error;
}
