/**
 * One ssh connection, which many programs share.
 *
 * @module
 */

import { launch, signalChild } from "./_launch.ts";
import { sshArguments } from "./_ssh_arguments.ts";
import { sshFailure } from "./_ssh_failure.ts";
import { lastLine, quote } from "./_text.ts";
import { within } from "./_within.ts";
import { HostError } from "./host.ts";
import type { SshDestination } from "./ssh_destination.ts";

/** How often to look for the control socket while connecting, in milliseconds. */
const POLL_MS = 20;
/** How long to wait for somebody who knows why the machine went, or for ssh to end, in milliseconds. */
const GRACE_MS = 2000;
/** Most that is kept of ssh's messages, in characters. */
const MESSAGES_LENGTH_MAX = 16_384;

/**
 * Constant shell text that becomes ssh, and ends it when we die in any way.
 *
 * Our death closes the pipe on its standard input: a helper waits for that, ends ssh and removes the folder of the
 * control socket, which is the first word. A line on that pipe says that we have done both ourselves. The helper alone
 * has our standard output, whose end tells us that the helper has gone.
 */
const GUARD_SCRIPT = "LC_ALL=C; export LC_ALL; folder=$1; shift; exec 3<&0 </dev/null; " +
  '(read -r line <&3 || { kill $$; sleep 1; rm -f -- "$folder/s"; rmdir -- "$folder"; }) 2>/dev/null & ' +
  'exec 3<&- >/dev/null; exec "$@"';

/** Options of {@linkcode SshConnection.open}. */
export interface SshConnectionOptions {
  /** The host's name in errors, as the user wrote its target. */
  readonly name: string;
  /** Where to connect to. */
  readonly destination: SshDestination;
  /** More words for ssh; they are ours, never the user's text. @default {[]} */
  readonly options?: readonly string[];
  /** Ends the connecting; a connection that stands is not touched. */
  readonly signal?: AbortSignal | undefined;
  /** How long connecting may take, in milliseconds. @default {15000} */
  readonly timeoutMs?: number | undefined;
  /** Resolves with the reason when the machine is known to have gone, and ends the connection. */
  readonly gone?: Promise<string> | undefined;
}

/** A connection of the OpenSSH client in its own session, so that Ctrl-C on our terminal does not end it. */
export class SshConnection implements AsyncDisposable {
  /** The host's name in errors. */
  readonly name: string;
  /** Resolves with the error when the connection ends without being closed; otherwise never. */
  readonly lost: Promise<HostError>;
  /** Resolves when ssh has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** Resolves with the error for what was cut off, when the connection is lost or closed. */
  readonly over: Promise<HostError>;
  readonly #options: SshConnectionOptions;
  readonly #folder: string;
  readonly #master: Deno.ChildProcess;
  readonly #sessions = new Set<Deno.ChildProcess>();
  readonly #lost = Promise.withResolvers<HostError>();
  readonly #allSaid: Promise<void>;
  readonly #helperEnded: Promise<void>;
  #messages = "";
  #stopped: Promise<void> | undefined;
  readonly #over = Promise.withResolvers<HostError>();
  /** Why the connection cannot be used any more. */
  #error: HostError | undefined;

  /** Starts ssh; use {@linkcode SshConnection.open}. */
  private constructor(options: SshConnectionOptions, folder: string) {
    this.name = options.name;
    this.lost = this.#lost.promise;
    this.#options = options;
    this.#folder = folder;
    const timeoutSeconds = Math.ceil((options.timeoutMs ?? 15_000) / 1000);
    const words = sshArguments(options.destination, {
      role: "master",
      socket: `${folder}/s`,
      connectTimeoutSeconds: timeoutSeconds,
      options: options.options ?? [],
    });
    this.#master = launch([folder, ...words], { host: options.name, script: GUARD_SCRIPT, detached: true });
    this.over = this.#over.promise;
    this.ended = this.#master.status;
    this.#allSaid = this.#collectMessages();
    this.#helperEnded = this.#master.stdout.pipeTo(new WritableStream()).catch(() => undefined);
  }

  /**
   * Connects.
   *
   * @param options where to, and how long it may take
   * @returns the connection
   * @throws {HostError} of kind `lost` when nobody answers, `denied` when somebody refuses, `missing` without ssh
   * @throws {TypeError} when the destination has characters that names do not have
   * @throws the signal's reason when it was aborted
   */
  static async open(options: SshConnectionOptions): Promise<SshConnection> {
    options.signal?.throwIfAborted();
    // Only we can enter it (mkdtemp makes it so); the path of a socket must be short.
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "trace-clone-" });
    let connection: SshConnection | undefined;
    try {
      connection = new SshConnection(options, folder);
      await connection.#waitForSocket();
      connection.#watch();
      return connection;
    } catch (error) {
      await (connection?.[Symbol.asyncDispose]() ?? Deno.remove(folder));
      throw error;
    }
  }

  /**
   * Starts the ssh client of one program.
   *
   * @returns its process; its input begins with the words of the program
   * @throws {HostError} of kind `lost` when the connection is gone
   */
  session(): Deno.ChildProcess {
    if (this.#error !== undefined) throw this.#error;
    const words = sshArguments(this.#options.destination, { role: "session", socket: `${this.#folder}/s` });
    const child = launch(words, { host: this.name, detached: true });
    this.#sessions.add(child);
    child.status.finally(() => this.#sessions.delete(child));
    return child;
  }

  /** Closes the connection, and ends everything that runs over it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop(this.#goneError("we have closed it"));
  }

  /** Waits until ssh listens for sessions, which it does as soon as it has logged in. */
  async #waitForSocket(): Promise<void> {
    const { signal, timeoutMs = 15_000, gone } = this.#options;
    const deadline = performance.now() + timeoutMs;
    let reason: string | undefined;
    gone?.then((text) => reason = text, () => undefined);
    while (!await exists(`${this.#folder}/s`)) {
      signal?.throwIfAborted();
      if (reason !== undefined) throw this.#goneError(reason);
      if (await within(this.#master.status, POLL_MS) !== undefined) {
        await within(this.#allSaid, GRACE_MS);
        throw sshFailure(this.name, this.#messages);
      }
      if (performance.now() > deadline) {
        throw noAnswer(this.name, timeoutMs);
      }
    }
  }

  /** Notices the end of the connection. */
  #watch(): void {
    const { gone } = this.#options;
    // Warnings and banners of a connection that was made say nothing about its end.
    this.#messages = "";
    this.ended.then(async () => {
      const reason = gone && await within(gone.catch(() => undefined), GRACE_MS);
      await within(this.#allSaid, GRACE_MS);
      await this.#lose(reason ?? lastLine(this.#messages));
    });
    // Without its helper ssh would outlive us.
    this.#helperEnded.then(() => this.#lose("the helper of its ssh client has ended"));
    gone?.then((reason) => this.#lose(reason), () => undefined);
  }

  /** Declares the connection lost. */
  async #lose(reason: string): Promise<void> {
    if (this.#error === undefined) this.#lost.resolve(this.#goneError(reason));
    await this.#stop(this.#goneError(reason));
  }

  /** Ends everything; the first error is the one that counts. */
  async #stop(error: HostError): Promise<void> {
    this.#error ??= error;
    this.#over.resolve(this.#error);
    await (this.#stopped ??= this.#end());
  }

  /** The error for a connection that is gone. */
  #goneError(reason: string): HostError {
    const detail = reason === "" ? "" : `: ${reason}`;
    return new HostError(`Connection to ${quote(this.name)} is gone${detail}`, {
      host: this.name,
      kind: "lost",
    });
  }

  /** Ends all processes and removes the folder of the socket. */
  async #end(): Promise<void> {
    for (const child of this.#sessions) signalChild(child, "SIGKILL");
    signalChild(this.#master, "SIGTERM");
    if (await within(this.#master.status, GRACE_MS) === undefined) signalChild(this.#master, "SIGKILL");
    await this.#master.status;
    await Promise.all([...this.#sessions].map((child) => child.status));
    const writer = this.#master.stdin.getWriter();
    // The helper of the guard script need not do what we have done.
    writer.write(new TextEncoder().encode("closed\n")).catch(() => undefined);
    await writer.close().catch(() => undefined);
    await Deno.remove(this.#folder, { recursive: true }).catch(ignoreMissing);
  }

  /** Keeps the end of what ssh says. */
  async #collectMessages(): Promise<void> {
    for await (const text of this.#master.stderr.pipeThrough(new TextDecoderStream())) {
      this.#messages = (this.#messages + text).slice(-MESSAGES_LENGTH_MAX);
    }
  }
}

/** The error for a machine that takes too long. */
function noAnswer(host: string, timeoutMs: number): HostError {
  return new HostError(`Cannot connect to ${quote(host)}: it does not answer within ${timeoutMs} ms`, {
    host,
    kind: "lost",
    hint: "Check that the machine runs and that the network leads to it",
  });
}

/** Whether a path is there. */
async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, ignoreMissing) ?? false;
}

/** Lets pass that a path is not there. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
