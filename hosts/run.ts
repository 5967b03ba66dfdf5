/**
 * Running a program on a host to its end.
 *
 * @module
 */

import { quote } from "./_text.ts";
import { within } from "./_within.ts";
import { type Host, HostError, type HostProcess, type RunResult } from "./host.ts";

/** How long a program may run when nothing else is said, in milliseconds. */
const TIMEOUT_MS = 60_000;
/** Most that is kept of each output, in bytes; the largest file we read is a kernel's BTF, of some 10 MB. */
const OUTPUT_BYTES_MAX = 128 * 1024 * 1024;
/** How long to wait for the end of a process that we have killed, in milliseconds. */
const GRACE_MS = 1000;

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** What the program reads on its standard input. @default {""} */
  readonly input?: string | Uint8Array | undefined;
  /** The program is killed after this many milliseconds. @default {60000} */
  readonly timeoutMs?: number | undefined;
  /** Kills the program. */
  readonly signal?: AbortSignal | undefined;
}

/** What a finished program said, with its output as bytes. */
export interface RunBytesResult extends Omit<RunResult, "stdout"> {
  /** Its standard output. */
  readonly stdout: Uint8Array;
}

/**
 * Runs a program on a host to its end.
 *
 * @param host where to run it
 * @param argv program and arguments; no shell interprets them
 * @param options input and limits
 * @returns what it said; any exit status is a result, 127 says that there is no such program
 * @throws {HostError} of kind `lost` when the host goes, of kind `failed` when the time is up or the output too long
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts
 * import { LocalHost, run } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const result = await run(host, ["cat"], { input: "hello" });
 * assert.deepEqual(result, { code: 0, stdout: "hello", stderr: "" });
 * ```
 */
export async function run(
  host: Pick<Host, "name" | "spawn">,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { code, stdout, stderr } = await runBytes(host, argv, options);
  return { code, stdout: new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout), stderr };
}

/**
 * Runs a program on a host to its end, and keeps its output as bytes.
 *
 * @param host where to run it
 * @param argv program and arguments; no shell interprets them
 * @param options input and limits
 * @returns what it said; any exit status is a result, 127 says that there is no such program
 * @throws as {@linkcode run} does
 *
 * @example
 * ```ts
 * import { LocalHost, runBytes } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const { stdout } = await runBytes(host, ["printf", "\\377"]);
 * assert.deepEqual([...stdout], [255]);
 * ```
 */
export async function runBytes(
  host: Pick<Host, "name" | "spawn">,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunBytesResult> {
  const { input = "", timeoutMs = TIMEOUT_MS, signal } = options;
  signal?.throwIfAborted();
  const fail = (detail: string) =>
    new HostError(`Cannot run ${quote(argv[0] ?? "")} on ${quote(host.name)}: ${detail}`, {
      host: host.name,
      kind: "failed",
    });
  const process = host.spawn(argv);
  const readers = [process.stdout.getReader(), process.stderr.getReader()] as const;
  const stopped = Promise.withResolvers<never>();
  const timer = setTimeout(() => stopped.reject(fail(`it did not end within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = () => stopped.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  feed(process, input);
  try {
    const finished = Promise.all([process.status, collect(readers[0], fail), collect(readers[1], fail)]);
    const [{ code }, stdout, stderr] = await Promise.race([finished, stopped.promise]);
    return { code, stdout, stderr: new TextDecoder().decode(stderr) };
  } catch (error) {
    process.kill();
    const ends = [process.status, ...readers.map((reader) => reader.cancel(error))];
    await within(Promise.allSettled(ends), GRACE_MS);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Writes a program's whole input. A program that does not read it to the end is none of our business. */
function feed(process: HostProcess, input: string | Uint8Array): void {
  const writer = process.stdin.getWriter();
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  if (bytes.length > 0) writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined);
}

/** Reads a stream to its end. */
async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  fail: (detail: string) => HostError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > OUTPUT_BYTES_MAX) throw fail(`it wrote more than ${OUTPUT_BYTES_MAX} bytes`);
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
