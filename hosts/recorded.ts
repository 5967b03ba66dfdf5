/**
 * A host that was captured earlier.
 *
 * @module
 */

import { quote } from "./_text.ts";
import { type Host, type HostDescription, HostError, type HostProcess } from "./host.ts";
import { type RecordedCommand, recordedPath, type RecordingIndex } from "./recording.ts";

/**
 * A host that gives again what `recordHost` captured, so that what asks hosts can be tested without one.
 *
 * What was not captured is unknown, not absent: asking for it is a {@linkcode HostError} of kind `missing` that says so.
 *
 * @example
 * ```ts ignore
 * import { RecordedHost } from "./recorded.ts";
 *
 * await using host = await RecordedHost.open("kernel/testdata/debian-6.12");
 * console.log(await host.readLinesWith("/proc/kallsyms", ["pidfd_poll"]));
 * ```
 */
export class RecordedHost implements Host {
  /** The target that was captured, as the user wrote it then. */
  readonly name: string;
  readonly #folder: string;
  readonly #index: RecordingIndex;
  readonly #commands: readonly RecordedCommand[];

  /** Wraps a recording; use {@linkcode RecordedHost.open}. */
  private constructor(folder: string, index: RecordingIndex, commands: readonly RecordedCommand[]) {
    this.name = index.description.name;
    this.#folder = folder;
    this.#index = index;
    this.#commands = commands;
  }

  /**
   * Opens a recording.
   *
   * @param folder the folder that `recordHost` has written
   * @returns the host
   * @throws {HostError} of kind `missing` when the folder is no recording
   */
  static async open(folder: string): Promise<RecordedHost> {
    const [index, commands] = await Promise.all(["host.json", "commands.json"].map(async (file) => {
      try {
        return JSON.parse(await Deno.readTextFile(`${folder}/${file}`));
      } catch (cause) {
        const message = `Cannot open the recorded host ${quote(folder)}: it has no readable ${quote(file)}`;
        throw new HostError(message, { host: folder, kind: "missing", cause });
      }
    }));
    return new RecordedHost(folder, index, commands);
  }

  /** Says who the host was. */
  describe(): Promise<HostDescription> {
    return Promise.resolve(this.#index.description);
  }

  /** Gives a captured text file. */
  async readText(path: string): Promise<string> {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await this.readBytes(path));
  }

  /** Gives a captured file. */
  async readBytes(path: string): Promise<Uint8Array> {
    this.#checkRefusal(path);
    if (path in this.#index.lines) throw this.#unknown(`all of ${quote(path)}`);
    return await this.#readFile(path);
  }

  /** Gives those lines of a captured file that contain at least one of the words. */
  async readLinesWith(path: string, words: readonly string[]): Promise<readonly string[]> {
    this.#checkRefusal(path);
    const captured = this.#index.lines[path];
    const other = captured && words.find((word) => !captured.some((known) => word.includes(known)));
    if (other !== undefined) throw this.#unknown(`the lines of ${quote(path)} with ${quote(other)}`);
    const lines = new TextDecoder().decode(await this.#readFile(path)).split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.filter((line) => words.some((word) => line.includes(word)));
  }

  /** Gives the names in a captured folder. */
  async list(path: string): Promise<readonly string[]> {
    await Promise.resolve();
    this.#checkRefusal(path);
    const names = this.#index.folders[path];
    if (names === undefined) throw this.#unknown(`the folder ${quote(path)}`);
    return names;
  }

  /**
   * Gives what a captured command said; its input is ignored.
   *
   * @throws {HostError} of kind `missing` when exactly this command was not captured
   */
  spawn(argv: readonly string[]): HostProcess {
    const wanted = JSON.stringify(argv);
    const command = this.#commands.find((row) => JSON.stringify(row.argv) === wanted);
    if (command === undefined) throw this.#unknown(`the command ${quote(argv.join(" "))}`);
    return {
      stdin: new WritableStream<Uint8Array>(),
      stdout: streamOf(command.stdout),
      stderr: streamOf(command.stderr),
      status: Promise.resolve({ code: command.code }),
      kill: () => {},
    };
  }

  /** There is nothing to give back. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Reads a file of the recording. */
  async #readFile(path: string): Promise<Uint8Array> {
    try {
      return await Deno.readFile(recordedPath(this.#folder, path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw this.#unknown(`the file ${quote(path)}`);
      throw error;
    }
  }

  /** Fails as the host did. */
  #checkRefusal(path: string): void {
    const refusal = this.#index.refusals.find((row) => row.path === path);
    if (refusal !== undefined) throw new HostError(refusal.message, { host: this.name, kind: refusal.kind });
  }

  /** The error for what was not captured. */
  #unknown(what: string): HostError {
    return new HostError(`Cannot give ${what}: it was not captured from ${quote(this.name)}`, {
      host: this.name,
      kind: "missing",
    });
  }
}

/** A stream with one text. */
function streamOf(text: string): ReadableStream<Uint8Array> {
  return ReadableStream.from(text === "" ? [] : [new TextEncoder().encode(text)]);
}
