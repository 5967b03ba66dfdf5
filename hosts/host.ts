/**
 * A machine we can read files from and start processes on.
 *
 * @module
 */

/** What a {@linkcode HostError} says about the machine. */
export type HostErrorKind =
  /** The file or program is not there. */
  | "missing"
  /** The machine answered, and refused. */
  | "denied"
  /** The machine does not answer any more, or never did. */
  | "lost"
  /** The machine answered with something else than what was asked. */
  | "failed";

/** Options of {@linkcode HostError}. */
export interface HostErrorOptions {
  /** The host's name, as the user wrote its target. */
  readonly host: string;
  /** What kind of failure it is. */
  readonly kind: HostErrorKind;
  /** What the user can do next. */
  readonly hint?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * The machine to be traced could not do what was asked, or went away.
 *
 * It is about the machine, never about its pidfds: a lost guest is a `HostError`, not a finding.
 *
 * @example A missing file
 * ```ts
 * import { HostError } from "./host.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new HostError('Cannot read "/sys/kernel/btf/vmlinux": no such file', {
 *   host: "lab:6.12",
 *   kind: "missing",
 * });
 * assert.equal(error.kind, "missing");
 * ```
 */
export class HostError extends Error {
  /** The host's name, as the user wrote its target. */
  readonly host: string;
  /** What kind of failure it is. */
  readonly kind: HostErrorKind;
  /** What the user can do next, if anything is known. */
  readonly hint: string | undefined;

  /** Creates the error; see {@linkcode HostErrorOptions}. */
  constructor(message: string, options: HostErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HostError";
    this.host = options.host;
    this.kind = options.kind;
    this.hint = options.hint;
  }
}

/** How a process on a host ended. */
export interface HostProcessStatus {
  /** Exit status, 0 to 255; 128 + n when signal n ended it. */
  readonly code: number;
}

/**
 * A process that runs on a host, with its three streams as pipes.
 *
 * Closing `stdin` is how the far side learns that we are gone: nothing else reaches it when a link drops.
 */
export interface HostProcess {
  /** Bytes for the process; it sees the end of file when this is closed. */
  readonly stdin: WritableStream<Uint8Array>;
  /** What the process writes to its standard output. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** What the process writes to its standard error. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** Resolves when the process has ended; never rejects for an exit status other than 0. */
  readonly status: Promise<HostProcessStatus>;
  /** Ends our side of the process at once (the ssh channel, or the local process itself). */
  kill(): void;
}

/** Who a host is, for the `start` event and for messages. */
export interface HostDescription {
  /** The target as the user wrote it, such as `local` or `lab:6.12`. */
  readonly name: string;
  /** `uname -r`. */
  readonly release: string;
  /** `uname -m`. */
  readonly machine: string;
  /** /proc/sys/kernel/random/boot_id: another value means another boot. */
  readonly bootId: string;
  /** Number of CPUs that are online. */
  readonly cpus: number;
  /** Effective user id of what we start there. */
  readonly uid: number;
}

/**
 * A machine we can read files from and start processes on.
 *
 * Words given to it (paths, arguments) are data: no shell on either side ever interprets them.
 */
export interface Host extends AsyncDisposable {
  /** The target as the user wrote it. */
  readonly name: string;

  /** Asks the machine who it is. */
  describe(): Promise<HostDescription>;

  /**
   * Reads a whole text file, as UTF-8 with replacement characters.
   *
   * @throws {HostError} when the file is missing, refused, or the host is lost
   */
  readText(path: string): Promise<string>;

  /**
   * Reads a whole file as bytes.
   *
   * @throws {HostError} when the file is missing, refused, or the host is lost
   */
  readBytes(path: string): Promise<Uint8Array>;

  /**
   * Reads those lines of a text file that contain at least one of the words, compared as fixed strings.
   *
   * /proc/kallsyms has some 150 thousand lines; this keeps the filter on the far side.
   *
   * @throws {HostError} when the file is missing, refused, or the host is lost
   */
  readLinesWith(path: string, words: readonly string[]): Promise<readonly string[]>;

  /**
   * Names in a folder, sorted, without `.` and `..`.
   *
   * @throws {HostError} when the folder is missing, refused, or the host is lost
   */
  list(path: string): Promise<readonly string[]>;

  /**
   * Starts a program, found by the machine's PATH, with exactly these arguments.
   *
   * @throws {HostError} when the host is lost; a program that is not there ends with status 127
   */
  spawn(argv: readonly string[]): HostProcess;
}

/** What a finished program said. */
export interface RunResult {
  /** Exit status, 0 to 255. */
  readonly code: number;
  /** Its standard output, as UTF-8 with replacement characters. */
  readonly stdout: string;
  /** Its standard error, likewise. */
  readonly stderr: string;
}
