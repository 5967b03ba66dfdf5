/**
 * A host that notes what was asked of another one, and what it answered.
 *
 * @module
 */

import { HostError } from "../../hosts/mod.ts";
import type { Host, HostDescription, HostErrorKind, HostProcess } from "../../hosts/mod.ts";

/** Asks a host, and keeps its answers by path. */
export class NotingHost implements Host {
  /** The host's name. */
  readonly name: string;
  /** Whole text files that were read. */
  readonly texts = new Map<string, string>();
  /** Folders that were listed. */
  readonly folders = new Map<string, readonly string[]>();
  /** What was refused, or was not there. */
  readonly failures = new Map<string, HostErrorKind>();
  /** Programs that were started, with their arguments. */
  readonly started: (readonly string[])[] = [];
  readonly #host: Host;

  /** Wraps a host; it stays the caller's to close. */
  constructor(host: Host) {
    this.name = host.name;
    this.#host = host;
  }

  /** Says who the host is. */
  describe(): Promise<HostDescription> {
    return this.#host.describe();
  }

  /** Reads a text file, and keeps it. */
  readText(path: string): Promise<string> {
    return this.#note(path, async () => {
      const text = await this.#host.readText(path);
      this.texts.set(path, text);
      return text;
    });
  }

  /** Reads a file; its bytes are not kept. */
  readBytes(path: string): Promise<Uint8Array> {
    return this.#note(path, () => this.#host.readBytes(path));
  }

  /** Reads lines; they are not kept. */
  readLinesWith(path: string, words: readonly string[]): Promise<readonly string[]> {
    return this.#note(path, () => this.#host.readLinesWith(path, words));
  }

  /** Lists a folder, and keeps the names. */
  list(path: string): Promise<readonly string[]> {
    return this.#note(path, async () => {
      const names = await this.#host.list(path);
      this.folders.set(path, names);
      return names;
    });
  }

  /** Starts a program, and keeps its arguments. */
  spawn(argv: readonly string[]): HostProcess {
    this.started.push(argv);
    return this.#host.spawn(argv);
  }

  /** There is nothing of its own to close. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #note<T>(path: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof HostError) this.failures.set(path, error.kind);
      throw error;
    }
  }
}
