/**
 * Another machine, through the OpenSSH client.
 *
 * @module
 */

import { sshSession } from "./_ssh_session.ts";
import { quote } from "./_text.ts";
import { encodeArgv } from "./argv_frame.ts";
import { CommandHost } from "./command_host.ts";
import { HostError, type HostProcess } from "./host.ts";
import { run } from "./run.ts";
import { SshConnection, type SshConnectionOptions } from "./ssh_connection.ts";

/**
 * Another machine, through one connection of the OpenSSH client.
 *
 * The user's ssh configuration, agent and known hosts decide how it is reached; nothing is ever asked for. When the
 * link goes, everything that runs over it fails with a {@linkcode HostError} of kind `lost`, and so does every later
 * call. When we die, the connection ends too, and programs over there see the end of their standard input.
 *
 * @example
 * ```ts ignore
 * import { SshHost } from "./ssh.ts";
 *
 * await using host = await SshHost.connect({ name: "ssh:lab1", destination: { host: "lab1" } });
 * console.log(await host.describe());
 * ```
 */
export class SshHost extends CommandHost {
  /** The target as the user wrote it. */
  readonly name: string;
  /** Resolves with the error when the connection ends without being closed; otherwise never. */
  readonly lost: Promise<HostError>;
  readonly #connection: SshConnection;

  /** Wraps a connection; use {@linkcode SshHost.connect}. */
  private constructor(connection: SshConnection) {
    super();
    this.name = connection.name;
    this.lost = connection.lost;
    this.#connection = connection;
  }

  /**
   * Connects, and starts a first program to see that it can be done.
   *
   * @param options where to, and how long it may take
   * @returns the host
   * @throws {HostError} of kind `lost` when nobody answers, `denied` when somebody refuses, `missing` without ssh,
   *   `failed` when no program can be started there
   * @throws {TypeError} when the destination has characters that names do not have
   * @throws the signal's reason when it was aborted
   */
  static async connect(options: SshConnectionOptions): Promise<SshHost> {
    const connection = await SshConnection.open(options);
    const host = new SshHost(connection);
    try {
      const { code, stderr } = await run(host, ["true"], options);
      if (code === 0) return host;
      const message = `Cannot use ${quote(host.name)}: "true" ended with status ${code}, said ${
        quote(stderr)
      }`;
      throw new HostError(message, { host: host.name, kind: "failed" });
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Starts a program on the machine.
   *
   * @param argv program and arguments; they travel as data, and no shell interprets them
   * @returns the process; when there is no such program its status is 127
   * @throws {HostError} of kind `lost` when the connection is gone
   */
  spawn(argv: readonly string[]): HostProcess {
    const frame = encodeArgv(argv);
    const { ended, over } = this.#connection;
    return sshSession(this.#connection.session(), { host: this.name, frame, ended, over });
  }

  /** Closes the connection, and ends our side of everything that runs over it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}
