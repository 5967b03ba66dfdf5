/**
 * A program that runs under the guard on a host: we are heard once a second, or it ends.
 *
 * @module
 */

import { HostError } from "../hosts/mod.ts";
import type { Host, HostProcess } from "../hosts/mod.ts";
import { guardArgv } from "./guard.ts";
import type { GuardMode } from "./guard.ts";
import { lineChunks } from "./lines.ts";

/** Milliseconds between two lines to the guard. */
export const HEARTBEAT_MS = 1000;

/** What the guard has told about what it runs. */
export interface GuardedState {
  /** Process id of the guard on the host. */
  readonly guardPid?: number;
  /** Process id of the program on the host. */
  readonly childPid?: number;
  /** The folder that a command runs in. */
  readonly folder?: string;
  /** Exit status of the program, 128 + n for signal n. */
  readonly status?: number;
}

/** What {@linkcode Guarded} runs. */
export interface GuardedOptions {
  /** The tracer, or the user's command. */
  readonly mode: GuardMode;
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /** Whether guard and program run as root, by sudo. @default {false} */
  readonly sudo?: boolean;
}

/**
 * A guarded program; closing it ends the program, its guard and their temporary files.
 */
export class Guarded implements AsyncDisposable {
  readonly #process: HostProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  readonly #encoder = new TextEncoder();
  #state: GuardedState = {};
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  #over = false;
  /** Whether somebody reads the lines: then it is over when those end. */
  #isRead = false;
  #lost: HostError | undefined;

  /** Starts the program; see {@linkcode guardArgv} for the modes. */
  constructor(host: Host, options: GuardedOptions) {
    this.#process = host.spawn(guardArgv(options.mode, options.argv, options));
    this.#input = this.#process.stdin.getWriter();
    this.#heartbeat = setInterval(() => this.#send("h"), HEARTBEAT_MS);
    const onEnd = () => {
      clearInterval(this.#heartbeat);
      // Its last words can still be on their way to who reads them.
      if (!this.#isRead) this.#finish();
    };
    this.#process.status.then(onEnd, onEnd);
  }

  /** What is known by now. */
  get state(): GuardedState {
    return this.#state;
  }

  /** The program's standard error (for a command: all its output). */
  get stderr(): ReadableStream<Uint8Array> {
    return this.#process.stderr;
  }

  /** Resolves with the guard's exit status, when its streams are closed. */
  get ended(): Promise<number> {
    return this.#process.status.then((it) => it.code);
  }

  /** Why the way to the program is gone, when it is. */
  get lost(): HostError | undefined {
    return this.#lost;
  }

  /**
   * Yields what the program prints; the guard's own lines are taken out and kept in {@linkcode state}.
   *
   * They end also when the way to the program is lost; then there is no exit status.
   */
  lines(): AsyncGenerator<readonly string[]> {
    this.#isRead = true;
    return this.#lines();
  }

  async *#lines(): AsyncGenerator<readonly string[]> {
    try {
      for await (const chunk of lineChunks(this.#process.stdout)) {
        const rest = chunk.filter((line) => !this.#takeOwn(line));
        if (rest.length > 0) yield rest;
      }
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== "lost") throw error;
      this.#lost = error;
    } finally {
      this.#finish();
    }
  }

  /** Waits until the guard has told something; resolves to `undefined` when it ended without telling. */
  async until<K extends keyof GuardedState>(key: K): Promise<GuardedState[K] | undefined> {
    while (this.#state[key] === undefined && !this.#over) await this.#changed.promise;
    return this.#state[key];
  }

  /** Lets a held command begin. */
  go(): void {
    this.#send("g");
  }

  /** Asks the guard to end the program; it uses force after three seconds. */
  quit(): void {
    this.#send("q");
  }

  /** Ends the program and our side of the connection to it, at the latest after five seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.quit();
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, 5000);
    await Promise.race([this.#process.status.catch(() => undefined), promise]);
    clearTimeout(limit);
    clearInterval(this.#heartbeat);
    await this.#input.close().catch(() => undefined);
    this.#process.kill();
    // What nobody reads is closed; a stream that somebody reads is his, and ends with the program.
    const { stdout, stderr } = this.#process;
    await Promise.allSettled([stdout, stderr].map((it) => it.cancel()));
  }

  #send(word: "h" | "g" | "q"): void {
    if (this.#over) return;
    // The guard can have ended with its last words still to be read: it is their end that says that it is over.
    this.#input.write(this.#encoder.encode(`${word}\n`)).catch(() => clearInterval(this.#heartbeat));
  }

  #takeOwn(line: string): boolean {
    const match = /^\{"type": "(guard|child|exit)", "(?:pid|status)": (\d+)(?:, "folder": "([^"\\]*)")?\}$/
      .exec(line);
    if (match === null) return false;
    const [, type, number, folder] = match;
    const value = Number(number);
    if (type === "guard") this.#state = { ...this.#state, guardPid: value };
    else if (type === "exit") this.#state = { ...this.#state, status: value };
    else this.#state = { ...this.#state, childPid: value, ...(folder === undefined ? {} : { folder }) };
    this.#wake();
    return true;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#heartbeat);
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
