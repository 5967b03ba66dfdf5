/**
 * Reading with as few programs as possible.
 *
 * @module
 */

import { type Reading, readingsArgv, splitReadings } from "./_readings.ts";
import { HostError } from "./host.ts";
import type { RunBytesResult } from "./run.ts";

/** Most readings that one program does. */
const READINGS_MAX = 32;
/**
 * How long a program may take at its first and at its second try, in milliseconds. A guest under emulation is slow, and a
 * session that hangs is to be given up before somebody else loses patience.
 */
const TRIES_MS = [30_000, 120_000] as const;
/** How many reading programs run at once. An OpenSSH server allows ten sessions, and others need some. */
const PROGRAMS_MAX = 4;

/** Runs a reading program to its end, or until its time is over. */
export type RunProgram = (
  argv: readonly string[],
  options: { readonly timeoutMs: number },
) => Promise<RunBytesResult>;

/** Does what is asked for at once by one program. */
export class Reader {
  readonly #run: RunProgram;
  /** How many programs run now, and who waits for one of them to end. */
  readonly #programs: { running: number; readonly waiting: (() => void)[] } = { running: 0, waiting: [] };
  /** What was asked for, and is not yet being read. */
  #asked: Asked[] = [];

  /** Reads by programs that are run so. */
  constructor(run: RunProgram) {
    this.#run = run;
  }

  /**
   * Reads one thing, together with what else is asked for in the same turn of the event loop.
   *
   * @param reading what to read
   * @returns what the program said for it, which can be that it failed
   * @throws {HostError} when the host is lost, or the program could not be run to its end
   */
  read(reading: Reading): Promise<RunBytesResult> {
    const { promise, resolve, reject } = Promise.withResolvers<RunBytesResult>();
    this.#asked.push({ reading, resolve, reject });
    if (this.#asked.length === 1) setTimeout(() => this.#readAsked(), 0);
    return promise;
  }

  /** Reads what was asked for by now. */
  #readAsked(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (let at = 0; at < asked.length; at += READINGS_MAX) {
      const some = asked.slice(at, at + READINGS_MAX);
      this.#readTogether(some).catch((error) => some.forEach((it) => it.reject(error)));
    }
  }

  async #readTogether(asked: readonly Asked[]): Promise<void> {
    const mark = crypto.randomUUID();
    const result = await this.#runOrAgain(readingsArgv(asked.map((it) => it.reading), { mark }));
    const parts = splitReadings(result, { mark });
    // What the program did not come to has the program's own end.
    asked.forEach(({ resolve }, at) => resolve(parts[at] ?? { ...result, code: result.code || 1 }));
  }

  /** Runs a program, and once more when the machine could not: a busy ssh server drops sessions. */
  async #runOrAgain(argv: readonly string[]): Promise<RunBytesResult> {
    const [first, second] = TRIES_MS;
    try {
      return await this.#queue(argv, first);
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== "failed") throw error;
      return await this.#queue(argv, second);
    }
  }

  /** Lets only so many programs run at once. */
  async #queue(argv: readonly string[], timeoutMs: number): Promise<RunBytesResult> {
    const programs = this.#programs;
    if (programs.running >= PROGRAMS_MAX) {
      await new Promise<void>((resolve) => programs.waiting.push(resolve));
    } else programs.running++;
    try {
      return await this.#run(argv, { timeoutMs });
    } finally {
      // The place goes straight to the next in the queue.
      const next = programs.waiting.shift();
      if (next === undefined) programs.running--;
      else next();
    }
  }
}

/** A reading that somebody waits for. */
interface Asked extends Omit<PromiseWithResolvers<RunBytesResult>, "promise"> {
  readonly reading: Reading;
}
