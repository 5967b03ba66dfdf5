/**
 * Runs a program that ends by itself, such as one of an iterator, and returns all that it said.
 *
 * @module
 */

import { HostError } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";
import { programError } from "./diagnostic.ts";
import { Guarded } from "./guarded.ts";
import { readMessage } from "./message.ts";
import { uptimeNs } from "./uptime.ts";

/** Longest time in milliseconds that such a program may take: most of it goes into compiling it. */
export const ONCE_LIMIT_MS = 60_000;
/** Most lines that it may print. */
export const ONCE_LINES_MAX = 1_000_000;
/** Characters of bpftrace's standard error that are kept. */
const LOG_LENGTH_MAX = 65_536;

/** Options of {@linkcode runOnce}. */
export interface RunOnceOptions {
  /** Text of the program. */
  readonly source: string;
  /** Settings that this bpftrace takes from its environment only. @default {none} */
  readonly environment?: Readonly<Record<string, string>>;
  /** bpftrace on the host. @default {"bpftrace"} */
  readonly bpftrace?: string;
  /** Whether the guard, and bpftrace with it, runs as root by `sudo -n`. @default {false} */
  readonly sudo?: boolean;
  /** Longest time in milliseconds. @default {ONCE_LIMIT_MS} */
  readonly limitMs?: number;
  /** Most lines that are taken; a program that prints more is ended. @default {ONCE_LINES_MAX} */
  readonly linesMax?: number;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
}

/** What such a program said. */
export interface OnceResult {
  /** Its lines, in their order: what an iterator prints, and the text of every `printf` besides. */
  readonly lines: readonly string[];
  /** Its maps of numbers, by name: what they held at the end. */
  readonly totals: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** CLOCK_BOOTTIME of the host in ns before it was started, rounded up to a hundredth of a second. */
  readonly beganNs: bigint;
  /** The same after it had ended. */
  readonly endedNs: bigint;
}

/**
 * Runs a program on a host to its end, under the guard: it ends when we are gone, and at its time limit.
 *
 * What an iterator prints comes as plain lines also where JSON is asked for (seen with bpftrace 0.17, 0.23 and 0.27),
 * between the JSON of everything else. The program's words travel as data; no shell reads them.
 *
 * @param host the machine
 * @param options the program and its limits
 * @returns all that it said, when it came to its end
 * @throws {ProgramError} when bpftrace refuses the program, fails, or says that a probe failed
 * @throws {HostError} when the host is lost or has no bpftrace, or the program does not keep to its limits
 * @throws the signal's reason when it was aborted
 */
export async function runOnce(host: Host, options: RunOnceOptions): Promise<OnceResult> {
  const { source, bpftrace = "bpftrace", sudo = false, signal, limitMs = ONCE_LIMIT_MS } = options;
  signal?.throwIfAborted();
  const beganNs = await uptimeNs(host);
  const settings = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const set = settings.length === 0 ? [] : ["env", ...settings];
  const argv = [...set, bpftrace, "-f", "json", "-e", source];
  const guarded = new Guarded(host, { mode: "trace", argv, sudo });
  let overrun: string | undefined;
  const quit = () => guarded.quit();
  const limit = setTimeout(() => {
    overrun ??= `it did not end within ${limitMs / 1000} s`;
    quit();
  }, limitMs);
  signal?.addEventListener("abort", quit, { once: true });
  try {
    const log = tail(guarded.stderr);
    const lines: string[] = [];
    const linesMax = options.linesMax ?? ONCE_LINES_MAX;
    for await (const some of guarded.lines()) {
      if (lines.length + some.length <= linesMax) lines.push(...some);
      else if (overrun === undefined) {
        overrun = `it printed more than ${linesMax} lines`;
        quit();
      }
    }
    signal?.throwIfAborted();
    if (overrun !== undefined) throw failed(host, overrun);
    if (guarded.lost !== undefined) throw guarded.lost;
    const { status } = guarded.state;
    const said = { lines, log: await log, status };
    const result = resultOf(host, source, said);
    return { ...result, beganNs, endedNs: await uptimeNs(host) };
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener("abort", quit);
    await guarded[Symbol.asyncDispose]();
  }
}

function resultOf(
  host: Host,
  source: string,
  said: { readonly lines: readonly string[]; readonly log: string; readonly status: number | undefined },
): Pick<OnceResult, "lines" | "totals"> {
  const { log, status } = said;
  if (status === undefined) {
    const words = log.trim().split("\n").at(-1)?.slice(0, 400) ?? "";
    throw failed(host, words === "" ? "it did not tell how it ended" : `it says ${JSON.stringify(words)}`);
  }
  if (status === 126 || status === 127) {
    const why = status === 126 ? "the target may not execute it" : "no such program on the target";
    throw new HostError(`Cannot run bpftrace: ${why}`, {
      host: host.name,
      kind: status === 126 ? "denied" : "missing",
      hint: "Install it there (Debian: apt-get install bpftrace), or name it with --bpftrace PATH",
    });
  }
  if (status !== 0) throw programError(source, { log, status });
  const lines: string[] = [];
  const totals = new Map<string, ReadonlyMap<number, number>>();
  for (const line of said.lines) {
    const message = readMessage(line);
    if (message.kind === "record") lines.push(message.text);
    else if (message.kind === "unreadable") lines.push(line);
    else if (message.kind === "totals") totals.set(message.map, message.byCpu);
    else if (message.kind === "probe-error") throw programError(source, { log: message.detail, status });
    else if (message.kind === "dropped") throw failed(host, "some of what it printed was lost");
  }
  return { lines, totals };
}

function failed(host: Host, why: string): HostError {
  return new HostError(`Cannot run a program of bpftrace to its end: ${why}`, {
    host: host.name,
    kind: "failed",
  });
}

/** The begin of a stream as text, read to its end. */
async function tail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(0, LOG_LENGTH_MAX);
    }
  } catch {
    // The way to it is gone; what was said until then is what there is.
  }
  return text;
}
