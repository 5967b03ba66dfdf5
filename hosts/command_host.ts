/**
 * A host that can start programs, and reads its files through them.
 *
 * @module
 */

import { DESCRIBE_SCRIPT, parseDescription } from "./_description.ts";
import { Reader } from "./_reader.ts";
import { lastLine, quote } from "./_text.ts";
import { type Host, type HostDescription, HostError, type HostErrorKind, type HostProcess } from "./host.ts";
import { runBytes, type RunBytesResult } from "./run.ts";

/**
 * The part of a {@linkcode Host} that is the same for every machine: all but {@linkcode CommandHost.spawn}.
 *
 * Files are read by `cat`, `grep` and `find`, whose messages in the C locale tell a missing file from a refused one.
 * No moment lies between a test and the reading, for there is no test. What is asked for in one turn of the event loop is
 * read by one program, since each costs a session over ssh. `spawn` must set that locale.
 *
 * @example
 * ```ts
 * import { LocalHost } from "./local.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * await assert.rejects(host.readText("/proc/no such file"), { name: "HostError", kind: "missing" });
 * ```
 */
export abstract class CommandHost implements Host {
  /** The target as the user wrote it. */
  abstract readonly name: string;
  readonly #reader = new Reader((argv, options) => runBytes(this, argv, options));
  /** What the machine said of itself; a boot does not change it. */
  #description: Promise<HostDescription> | undefined;

  /**
   * Starts a program, with the C locale and /usr/sbin and /sbin at the end of its PATH.
   *
   * @param argv program and arguments; no shell interprets them
   * @returns the process; when there is no such program its status is 127
   * @throws {HostError} of kind `lost` when the host is gone
   */
  abstract spawn(argv: readonly string[]): HostProcess;

  /** Gives back what the host holds. */
  abstract [Symbol.asyncDispose](): Promise<void>;

  /**
   * Asks the machine who it is.
   *
   * @returns its answer
   * @throws {HostError} of kind `failed` when it is not a Linux machine or does not say all of it
   */
  describe(): Promise<HostDescription> {
    return this.#description ??= this.#describe().catch((error) => {
      this.#description = undefined;
      throw error;
    });
  }

  /**
   * Reads a whole text file, as UTF-8 with replacement characters.
   *
   * @param path absolute path
   * @returns the text
   * @throws {HostError} when the file is missing, refused, or the host is lost
   * @throws {TypeError} when the path is not absolute
   */
  async readText(path: string): Promise<string> {
    return decode(await this.readBytes(path));
  }

  /**
   * Reads a whole file as bytes.
   *
   * @param path absolute path
   * @returns the bytes
   * @throws {HostError} when the file is missing, refused, or the host is lost
   * @throws {TypeError} when the path is not absolute
   */
  async readBytes(path: string): Promise<Uint8Array> {
    checkPath(path);
    const result = await this.#reader.read({ kind: "file", path });
    if (result.code !== 0) throw this.#readError(path, result);
    return result.stdout;
  }

  /**
   * Reads those lines of a text file that contain at least one of the words, compared as fixed strings.
   *
   * @param path absolute path
   * @param words what to look for; none finds nothing
   * @returns the lines, in the order of the file
   * @throws {HostError} when the file is missing, refused, or the host is lost
   * @throws {TypeError} when the path is not absolute, or a word is empty or has a line feed in it
   */
  async readLinesWith(path: string, words: readonly string[]): Promise<readonly string[]> {
    checkWords(path, words);
    if (words.length === 0) return [];
    const result = await this.#reader.read({ kind: "lines", path, words });
    // Status 1 says that no line was found.
    if (result.code > 1) throw this.#readError(path, result);
    const lines = decode(result.stdout).split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /**
   * Names in a folder, sorted, without `.` and `..`.
   *
   * @param path absolute path
   * @returns the names, whatever characters they have
   * @throws {HostError} when the folder is missing, refused, or the host is lost
   * @throws {TypeError} when the path is not absolute
   */
  async list(path: string): Promise<readonly string[]> {
    checkPath(path);
    const result = await this.#reader.read({ kind: "folder", path });
    const folder = path.endsWith("/") ? path : `${path}/`;
    const names = decode(result.stdout).split("\0").slice(0, -1).map((found) => found.slice(folder.length));
    // In /proc an entry may go while find looks at it; the folder itself was fine when there are others.
    const isVanished = names.length > 0 &&
      messages(result).every((line) => readErrorKind(line) === "missing");
    if (result.code !== 0 && !isVanished) throw this.#readError(path, result);
    return names.sort();
  }

  async #describe(): Promise<HostDescription> {
    const result = await this.#reader.read({ kind: "script", text: DESCRIBE_SCRIPT });
    return parseDescription(this.name, { ...result, stdout: decode(result.stdout) });
  }

  /** The error for a program that could not read. */
  #readError(path: string, result: RunBytesResult): HostError {
    const detail = lastLine(result.stderr);
    const message = `Cannot read ${quote(path)} on ${quote(this.name)}: ${detail || `status ${result.code}`}`;
    return new HostError(message, { host: this.name, kind: readErrorKind(detail) });
  }
}

/** What a program's message says about a file; the words of the C library stand at its end. */
function readErrorKind(message: string): HostErrorKind {
  if (/: (No such file or directory|Not a directory|No such process)$/.test(message)) return "missing";
  if (/: (Permission denied|Operation not permitted)$/.test(message)) return "denied";
  return "failed";
}

/** The lines of a program's standard error. */
function messages(result: RunBytesResult): readonly string[] {
  return result.stderr.split("\n").filter((line) => line !== "");
}

/** Bytes as UTF-8 with replacement characters. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Refuses a path that means something else on each machine, or that a program takes as an option. */
function checkPath(path: string): void {
  if (path.startsWith("/")) return;
  throw new TypeError(`Cannot read a file: an absolute path is required, was ${quote(path)}`);
}

/** Refuses words that grep takes as something else than one fixed string. */
function checkWords(path: string, words: readonly string[]): void {
  checkPath(path);
  const wrong = words.find((word) => word === "" || word.includes("\n"));
  if (wrong === undefined) return;
  throw new TypeError(
    `Cannot search ${quote(path)}: words without line feeds are required, was ${quote(wrong)}`,
  );
}
