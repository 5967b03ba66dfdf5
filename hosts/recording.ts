/**
 * A folder of what a host said: files, lists of folders, outputs of commands.
 *
 * ```text
 * host.json       who the host was; folders, files with only some lines, and what it refused
 * commands.json   [{argv, code, stdout, stderr}]
 * files/proc/…    the files, by their paths
 * ```
 *
 * @module
 */

import { dirname } from "node:path";
import { quote } from "./_text.ts";
import { type Host, type HostDescription, HostError, type HostErrorKind, type RunResult } from "./host.ts";
import { run } from "./run.ts";

/** What a command of a recording said. */
export interface RecordedCommand extends RunResult {
  /** Program and arguments. */
  readonly argv: readonly string[];
}

/** Something that a recorded host did not give. */
export interface RecordedRefusal {
  /** The path that was asked for. */
  readonly path: string;
  /** What kind of failure it was. */
  readonly kind: HostErrorKind;
  /** The error's message. */
  readonly message: string;
}

/** The content of `host.json`. */
export interface RecordingIndex {
  /** Who the host was. */
  readonly description: HostDescription;
  /** Names in folders, by path. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** For files of which only some lines were kept: the words that these were selected by. */
  readonly lines: Readonly<Record<string, readonly string[]>>;
  /** What the host did not give. */
  readonly refusals: readonly RecordedRefusal[];
}

/** What {@linkcode recordHost} captures. */
export interface RecordHostOptions {
  /** Whole files, as absolute paths. @default {[]} */
  readonly files?: readonly string[];
  /** Files of which only the lines with one of the words are kept, by path. @default {{}} */
  readonly lines?: Readonly<Record<string, readonly string[]>>;
  /** Folders whose names are kept. @default {[]} */
  readonly folders?: readonly string[];
  /** Commands to run; they run one after the other. @default {[]} */
  readonly commands?: readonly (readonly string[])[];
}

/**
 * Captures from any host what a `RecordedHost` can give again.
 *
 * Files that are missing or refused are captured as such; a host that goes away ends the capture.
 *
 * @param host the host to ask
 * @param folder where to write to; it is made when it is not there
 * @param options what to capture
 * @throws {HostError} when the host is lost, or a file cannot be read for another reason than being missing or refused
 *
 * @example
 * ```ts
 * import { LocalHost, RecordedHost, recordHost } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await using host = new LocalHost();
 * await recordHost(host, folder, { files: ["/proc/version"], commands: [["uname", "-s"]] });
 *
 * await using replayed = await RecordedHost.open(folder);
 * assert.match(await replayed.readText("/proc/version"), /^Linux/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function recordHost(
  host: Host,
  folder: string,
  options: RecordHostOptions,
): Promise<void> {
  const { files = [], lines = {}, commands = [] } = options;
  const refusals: RecordedRefusal[] = [];
  /** Keeps what a host refuses. */
  const attempt = async <T>(path: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HostError) || (error.kind !== "missing" && error.kind !== "denied")) throw error;
      refusals.push({ path, kind: error.kind, message: error.message });
      return undefined;
    }
  };
  for (const path of files) {
    const bytes = await attempt(path, () => host.readBytes(path));
    if (bytes !== undefined) await write(recordedPath(folder, path), bytes);
  }
  for (const [path, words] of Object.entries(lines)) {
    const found = await attempt(path, () => host.readLinesWith(path, words));
    if (found !== undefined) {
      await write(
        recordedPath(folder, path),
        found.map((line) => `${line}\n`).join(""),
      );
    }
  }
  const folders: Record<string, readonly string[]> = {};
  for (const path of options.folders ?? []) {
    const names = await attempt(path, () => host.list(path));
    if (names !== undefined) folders[path] = names;
  }
  const recorded: RecordedCommand[] = [];
  for (const argv of commands) recorded.push({ argv, ...await run(host, argv) });
  const index: RecordingIndex = { description: await host.describe(), folders, lines, refusals };
  await write(`${folder}/host.json`, `${JSON.stringify(index, null, 2)}\n`);
  await write(`${folder}/commands.json`, `${JSON.stringify(recorded, null, 2)}\n`);
}

/**
 * Where a recording keeps a file.
 *
 * @param folder the recording
 * @param path absolute path on the recorded host
 * @returns path of this machine
 * @throws {TypeError} when the path is not absolute, or has a `..` in it
 *
 * @example
 * ```ts
 * import { recordedPath } from "./recording.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(recordedPath("here", "/proc/version"), "here/files/proc/version");
 * ```
 */
export function recordedPath(folder: string, path: string): string {
  const isPlain = path.startsWith("/") && !path.includes("\0") && !path.split("/").includes("..");
  if (isPlain) return `${folder}/files${path}`;
  throw new TypeError(`Cannot read a file: an absolute path without ".." is required, was ${quote(path)}`);
}

/** Writes a file, and the folders above it. */
async function write(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(path, bytes);
}
