/**
 * Starts bpftrace on a host and hands on what it says.
 *
 * @module
 */

import { HostError } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";
import { programError, readDiagnostics } from "./diagnostic.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Guarded } from "./guarded.ts";
import { readMessage } from "./message.ts";
import type { CaptureMessage } from "./message.ts";
import { uptimeNs } from "./uptime.ts";

/** Longest time in milliseconds that bpftrace may take until everything is attached. */
export const READY_LIMIT_MS = 120_000;

/** Characters of bpftrace's standard error that are kept, and how long to wait for the last of them. */
const LOG_LENGTH_MAX = 65_536;
const LOG_LIMIT_MS = 5000;

/** Hears every line that bpftrace prints, as it was printed. */
export interface LineTap {
  /** Takes the next lines, before anybody else, and returns what the others get instead of them. */
  take(lines: readonly string[]): readonly string[];
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
}

/** Options of {@linkcode launch}. */
export interface LaunchOptions {
  /** Text of the program. */
  readonly source: string;
  /** Settings that this bpftrace takes from its environment only. @default {none} */
  readonly environment?: Readonly<Record<string, string>>;
  /** bpftrace on the host. @default {"bpftrace"} */
  readonly bpftrace?: string;
  /** Whether the guard, and bpftrace with it, runs as root by `sudo -n`; nothing else does. @default {false} */
  readonly sudo?: boolean;
  /** Process id on the host whose tree is followed, 0 for none; the program's first parameter. */
  readonly commandPid: number;
  /** Longest time in milliseconds until everything is attached. @default {READY_LIMIT_MS} */
  readonly readyLimitMs?: number;
  /** Hears what is printed, from the first line on, when the messages are read. */
  readonly tap?: LineTap | undefined;
  /** Ends the launch. */
  readonly signal?: AbortSignal;
}

/** The moment from which on everything is seen. */
export interface Attachment {
  /** Process id of bpftrace on the host. */
  readonly bpftracePid: number;
  /** CLOCK_BOOTTIME in ns before which some probes were not attached yet. */
  readonly attachedNs: bigint;
  /** UTC in ns since 1970 minus CLOCK_BOOTTIME. */
  readonly utcOffsetNs: bigint;
}

/** Why a capture ended. */
export type CaptureEnd =
  /** We asked for it. */
  | "stopped"
  /** The program ended by itself: its deadline, its budget, or its guard had gone. */
  | "by-itself"
  /** bpftrace was killed or failed. */
  | "killed"
  /** The guard or the way to it has gone without a word. */
  | "lost";

/** A running program; closing it detaches everything. */
export interface Capture extends AsyncDisposable {
  /** When everything was attached, and the clock's place in UTC. */
  readonly attachment: Attachment;
  /** What bpftrace says, in the order of its arrival; ends with the capture. */
  messages(): AsyncGenerator<readonly CaptureMessage[]>;
  /** Detaches: bpftrace gets SIGINT, prints what it still has, and ends. */
  stop(): void;
  /** Resolves when the capture has ended and why. */
  readonly ended: Promise<CaptureEnd>;
  /** What bpftrace complained about so far. */
  diagnostics(): readonly Diagnostic[];
}

/**
 * Starts a program on a host and waits until all of its probes are attached.
 *
 * @param host the machine to trace
 * @param options the program and its parameters
 * @returns the running capture
 * @throws {ProgramError} when bpftrace refuses the program
 * @throws {HostError} when the host is lost or has no bpftrace, or the program is not ready in time
 * @throws the signal's reason when it was aborted
 */
export async function launch(host: Host, options: LaunchOptions): Promise<Capture> {
  const { source, bpftrace = "bpftrace", sudo = false, commandPid, signal } = options;
  const { readyLimitMs = READY_LIMIT_MS } = options;
  signal?.throwIfAborted();
  // BPFTRACE_BTF is not set: with it bpftrace 0.23 refuses every fentry probe ("not available for your kernel version").
  const settings = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const set = settings.length === 0 ? [] : ["env", ...settings];
  const argv = [...set, bpftrace, "-f", "json", "-e", source, `${commandPid}`];
  const guarded = new Guarded(host, { mode: "trace", argv, sudo });
  const log = collectLog(guarded.stderr);
  const abort = () => guarded.quit();
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    guarded.quit();
  }, readyLimitMs);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const lines = guarded.lines();
    const early: string[] = [];
    const ready = await untilReady(lines, early);
    if (ready === undefined) {
      signal?.throwIfAborted();
      if (late) throw tooLate(host, readyLimitMs);
      await within(Promise.allSettled([guarded.ended, log.complete]), LOG_LIMIT_MS);
      if (guarded.lost !== undefined) throw guarded.lost;
      if (sudo && guarded.state.guardPid === undefined) throw noSudo(host, log.text());
      throw notReady(host, source, { status: guarded.state.status, log: log.text() });
    }
    const attachment = { ...ready, attachedNs: await uptimeNs(host) };
    return new RunningCapture(guarded, { attachment, early, lines, log, tap: options.tap });
  } catch (error) {
    await guarded[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener("abort", abort);
  }
}

function tooLate(host: Host, limitMs: number): HostError {
  const seconds = limitMs / 1000;
  return new HostError(`Cannot start bpftrace: not every probe was attached within ${seconds} s`, {
    host: host.name,
    kind: "failed",
    hint: "Look at the load of the target, or at bpftrace there: bpftrace -e 'BEGIN { exit() }'",
  });
}

/** The guard never began: it is sudo that has ended. */
function noSudo(host: Host, log: string): HostError {
  const words = log.trim().split("\n").find((line) => line.startsWith("sudo"))?.slice(0, 400) ?? "";
  const missing = /not found|No such file/.test(log);
  const why = missing ? "there is no sudo" : `sudo refuses${words === "" ? "" : `, it says "${words}"`}`;
  return new HostError(`Cannot run bpftrace as root on "${host.name}": ${why}`, {
    host: host.name,
    kind: missing ? "missing" : "denied",
    hint: "Allow this user sudo without a password there (NOPASSWD), or log in as root: ssh:root@HOST",
  });
}

function notReady(
  host: Host,
  source: string,
  end: { readonly status: number | undefined; readonly log: string },
): Error {
  if (end.status === undefined) {
    const words = end.log.trim().split("\n").at(-1)?.slice(0, 400) ?? "";
    const why = words === "" ? "the target ended the connection" : words;
    return new HostError(`Cannot start bpftrace: ${why}`, { host: host.name, kind: "lost" });
  }
  if (end.status === 126) {
    return new HostError("Cannot start bpftrace: the target may not execute it", {
      host: host.name,
      kind: "denied",
      hint: "Look at its mode, or name another with --bpftrace PATH",
    });
  }
  if (end.status === 127) {
    const hint = "Install it there (Debian: apt-get install bpftrace), or name it with --bpftrace PATH";
    return new HostError("Cannot start bpftrace: no such program on the target", {
      host: host.name,
      kind: "missing",
      hint,
    });
  }
  return programError(source, { log: end.log, status: end.status });
}

async function untilReady(
  lines: AsyncGenerator<readonly string[]>,
  early: string[],
): Promise<Omit<Attachment, "attachedNs"> | undefined> {
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    early.push(...next.value);
    for (const message of next.value.map(readMessage)) {
      if (message.kind !== "record") continue;
      const match = /^ready (\d+) (\d+) (\d+)\.(\d{6})$/.exec(message.text);
      if (match === null) continue;
      const [, pid, ktimeNs = "", seconds = "", microseconds = ""] = match;
      const utcNs = (BigInt(seconds) * 1_000_000n + BigInt(microseconds)) * 1000n;
      return { bpftracePid: Number(pid), utcOffsetNs: utcNs - BigInt(ktimeNs) };
    }
  }
  return undefined;
}

interface Log {
  /** What has arrived by now. */
  readonly text: () => string;
  /** Resolves at the end of the stream. */
  readonly complete: Promise<void>;
}

function collectLog(stream: ReadableStream<Uint8Array>): Log {
  let log = "";
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      log = (log + decoder.decode(chunk, { stream: true })).slice(0, LOG_LENGTH_MAX);
    }
  };
  return { text: () => log, complete: read().catch(() => undefined) };
}

/** Resolves with the promise, or when the time is over. */
async function within(promise: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([promise, timeUp]).finally(() => clearTimeout(timer));
}

interface RunningParts {
  readonly attachment: Attachment;
  readonly early: readonly string[];
  readonly lines: AsyncGenerator<readonly string[]>;
  readonly log: Log;
  readonly tap: LineTap | undefined;
}

class RunningCapture implements Capture {
  readonly attachment: Attachment;
  readonly ended: Promise<CaptureEnd>;
  readonly #guarded: Guarded;
  readonly #parts: RunningParts;
  readonly #over: PromiseWithResolvers<CaptureEnd> = Promise.withResolvers();
  #stopping = false;

  constructor(guarded: Guarded, parts: RunningParts) {
    this.#guarded = guarded;
    this.#parts = parts;
    this.attachment = parts.attachment;
    this.ended = this.#over.promise;
  }

  async *messages(): AsyncGenerator<readonly CaptureMessage[]> {
    const { early, lines, tap } = this.#parts;
    yield (tap?.take(early) ?? early).map(readMessage);
    for await (const some of lines) {
      yield (tap?.take(some) ?? some).map(readMessage);
      await tap?.ready();
    }
    await this.#guarded.ended.catch(() => undefined);
    this.#over.resolve(this.#why());
  }

  stop(): void {
    this.#stopping = true;
    this.#guarded.quit();
  }

  diagnostics(): readonly Diagnostic[] {
    return readDiagnostics(this.#parts.log.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#guarded[Symbol.asyncDispose]();
    this.#over.resolve("stopped");
  }

  #why(): CaptureEnd {
    const { status } = this.#guarded.state;
    if (status === undefined) return "lost";
    if (this.#stopping) return "stopped";
    return status === 0 ? "by-itself" : "killed";
  }
}
