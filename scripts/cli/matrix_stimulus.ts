/**
 * What the stimulus says that it did: the truth of user space, which no probe has seen. See lab/stimulus/README.md.
 *
 * @module
 */

/** One call as its caller saw it; the fields that are used here. */
export interface StimulusCall {
  /** Round, from 0. */
  readonly round: number;
  /** Name of the call. */
  readonly call: string;
  /** The caller. */
  readonly tid: number;
  /** What it returned. */
  readonly ret: number;
  /** 0 on success. */
  readonly errno: number;
  /** The child or target; `null` for none. */
  readonly pid: number | null;
  /** The descriptor that was made or closed, or -1. */
  readonly fd: number;
  /** Flags of calls that can make a pidfd. */
  readonly flags: number | null;
}

/** One run of one scenario. */
export interface StimulusRun {
  /** Its name. */
  readonly scenario: string;
  /** Calls in their order. */
  readonly calls: readonly StimulusCall[];
  /** Whether the machine did what the scenario expects; `undefined` when it could not be run. */
  readonly ok: boolean | undefined;
  /** Why not. */
  readonly why: string | null;
}

const CLONE_PIDFD = 0x1000;

/**
 * Whether a call makes a pidfd, or tries to.
 *
 * @param call the call
 */
export function isBirth(call: StimulusCall): boolean {
  if (call.call === "pidfd_open") return true;
  return (call.call === "clone" || call.call === "clone3") && ((call.flags ?? 0) & CLONE_PIDFD) !== 0;
}

/** Exit status of the stimulus when a scenario cannot run on a machine. */
const CANNOT_RUN = 3;

/**
 * Reads what one run of the stimulus printed.
 *
 * @param scenario its name
 * @param result its exit status and output
 * @returns the run; what cannot be read makes it one that could not be run, with the reason
 *
 * @example
 * ```ts
 * import { readStimulus } from "./matrix_stimulus.ts";
 * import assert from "node:assert/strict";
 *
 * const run = readStimulus("clone", { code: 139, stdout: "", stderr: "" });
 * assert.deepEqual([run.ok, run.why], [undefined, "the stimulus ended with status 139"]);
 * ```
 */
export function readStimulus(
  scenario: string,
  result: { readonly code: number | undefined; readonly stdout: string; readonly stderr: string },
): StimulusRun {
  const words = result.stderr.trim().split("\n").at(-1) ?? "";
  const unread = (why: string): StimulusRun => ({ scenario, calls: [], ok: undefined, why });
  const lines = result.stdout.split("\n").filter((it) => it !== "").map(parsed);
  const last = lines.pop();
  if (last === undefined) return unread(words || `the stimulus ended with status ${result.code}`);
  const calls = lines.flatMap((it): readonly StimulusCall[] => isCall(it) ? [it] : []);
  if (typeof last.ok !== "boolean" || calls.length !== lines.length) {
    return unread("what the stimulus printed cannot be read");
  }
  if (result.code === CANNOT_RUN) return unread(words || "the scenario cannot run there");
  const why = typeof last.why === "string" ? last.why : null;
  return {
    scenario,
    calls,
    ok: last.ok && result.code === 0,
    why: why ?? (result.code === 0 ? null : words),
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isCall(value: unknown): value is StimulusCall {
  const call = value as Partial<Record<keyof StimulusCall, unknown>>;
  const numbers = [call.round, call.tid, call.ret, call.errno, call.fd];
  return typeof call.call === "string" && numbers.every((it) => Number.isSafeInteger(it)) &&
    [call.pid, call.flags].every((it) => it === null || Number.isSafeInteger(it));
}
