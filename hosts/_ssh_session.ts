/**
 * A program on the far side of an ssh connection.
 *
 * @module
 */

import { signalChild } from "./_launch.ts";
import { lastLine, quote } from "./_text.ts";
import { within } from "./_within.ts";
import { READY_LINE } from "./argv_frame.ts";
import { HostError, type HostProcess, type HostProcessStatus } from "./host.ts";

/** Exit status of the ssh client when the connection failed; a program may end with it too. */
const SSH_FAILED = 255;
/** How long the end of the connection may take to show after one of its clients has failed, in milliseconds. */
const GRACE_MS = 500;
/** Most that a login shell may say before our program starts, in bytes. */
const NOISE_BYTES_MAX = 65_536;
/** Most that is kept of the messages of a program that did not start, in characters. */
const MESSAGES_LENGTH_MAX = 4096;

/** What a session has to know about its connection. */
export interface SshSessionOptions {
  /** The host's name in errors. */
  readonly host: string;
  /** The words of the program, in the form of `encodeArgv`. */
  readonly frame: Uint8Array<ArrayBuffer>;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<unknown>;
  /** Resolves with the error for what was cut off by that; perhaps later than `ended`, for it knows why. */
  readonly over: Promise<HostError>;
}

/**
 * Makes a host's process of an ssh client that has just been started.
 *
 * @param child the client, with nothing written to it or read from it yet
 * @param options the program's words, and news of the connection
 * @returns the process; its streams fail, and its status rejects, with a {@linkcode HostError} when the link goes
 */
export function sshSession(child: Deno.ChildProcess, options: SshSessionOptions): HostProcess {
  const { host, frame, ended, over } = options;
  const writer = child.stdin.getWriter();
  writer.write(frame).catch(() => undefined);
  writer.releaseLock();

  const errors = child.stderr.getReader();
  const output = child.stdout.getReader();
  const ready = skipToReadyLine(output);
  let isKilled = false;
  let said = "";
  const allSaid = Promise.withResolvers<void>();

  const finish = async (): Promise<HostProcessStatus> => {
    const { code, signal } = await child.status;
    if (isKilled) return { code };
    // A program may end with that status too; then the connection stands.
    if (signal !== null || code === SSH_FAILED) {
      const isOver = await within(Promise.race([ended, over]).then(() => true), GRACE_MS);
      if (isOver) throw await over;
    }
    if (signal !== null) throw clientKilled(host, signal);
    const { found, noise } = await ready;
    if (found) return { code };
    await within(allSaid.promise, GRACE_MS);
    throw notStarted(host, { code, said: said.trim() === "" ? noise : said });
  };
  const status = finish();
  // Whoever reads a stream or awaits the status gets the error; nobody has to.
  status.catch(() => undefined);
  return {
    stdin: child.stdin,
    stdout: guarded(output, status, ready.then(({ rest }) => rest)),
    stderr: guarded(errors, status, Promise.resolve(undefined), (bytes) => {
      if (bytes === undefined) allSaid.resolve();
      else if (said.length < MESSAGES_LENGTH_MAX) said += new TextDecoder().decode(bytes);
    }),
    status,
    kill() {
      isKilled = true;
      signalChild(child, "SIGKILL");
      // The master holds the other ends of these pipes, and may not let go.
      for (const reader of [output, errors]) reader.cancel().catch(() => undefined);
    },
  };
}

/** Reads up to the line that the program's own output follows. */
async function skipToReadyLine(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<{ readonly found: boolean; readonly rest?: Uint8Array; readonly noise: string }> {
  const wanted = new TextEncoder().encode(READY_LINE);
  let bytes = new Uint8Array();
  while (bytes.length < NOISE_BYTES_MAX) {
    const { value, done } = await reader.read();
    if (done) break;
    const joined = new Uint8Array(bytes.length + value.length);
    joined.set(bytes);
    joined.set(value, bytes.length);
    bytes = joined;
    const start = indexOf(bytes, wanted);
    if (start !== -1) return { found: true, rest: bytes.subarray(start + wanted.length), noise: "" };
  }
  await reader.cancel();
  return { found: false, noise: new TextDecoder().decode(bytes) };
}

/** Where some bytes begin in others, or -1. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (
    let start = bytes.indexOf(wanted[0] ?? 0);
    start !== -1;
    start = bytes.indexOf(wanted[0] ?? 0, start + 1)
  ) {
    if (wanted.every((byte, index) => bytes[start + index] === byte)) return start;
  }
  return -1;
}

/** A stream that begins with some bytes, goes on with a reader's, and ends as the process does. */
function guarded(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  status: Promise<HostProcessStatus>,
  first: Promise<Uint8Array | undefined>,
  onBytes?: (bytes: Uint8Array | undefined) => void,
): ReadableStream<Uint8Array> {
  let head: Promise<Uint8Array | undefined> | undefined = first;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const bytes = await head;
      head = undefined;
      if (bytes !== undefined && bytes.length > 0) return controller.enqueue(bytes);
      const { value, done } = await reader.read();
      onBytes?.(value);
      if (!done) return controller.enqueue(value);
      // What was cut off by a lost link must not look like a whole output.
      await status;
      controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** The error for a program that we cannot follow to its end. */
function clientKilled(host: string, signal: string): HostError {
  const message = `Connection to a program on ${quote(host)} is gone: its ssh client was ended by ${signal}`;
  return new HostError(message, { host, kind: "lost" });
}

/** The error for a session in which our program was never reached. */
function notStarted(
  host: string,
  { code, said }: { readonly code: number; readonly said: string },
): HostError {
  const detail = lastLine(said);
  if (/refused|administratively prohibited/.test(said)) {
    return new HostError(`Cannot start a program on ${quote(host)}: the server refuses another session`, {
      host,
      kind: "denied",
      hint: 'Raise "MaxSessions" in its sshd_config, or use fewer programs at once',
    });
  }
  const end = `its login shell ended with status ${code}${detail === "" ? "" : ` and says ${quote(detail)}`}`;
  return new HostError(`Cannot start a program on ${quote(host)}: ${end}`, {
    host,
    kind: "failed",
    hint: "A login shell that runs commands, and a POSIX sh, are required there",
  });
}
