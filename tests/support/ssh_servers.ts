/**
 * Servers on this machine that an ssh client does not get along with.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Where Debian puts it; it is no command of a user's. */
const SSHD = "/usr/sbin/sshd";

/** A server that accepts connections and never says a word. */
export class SilentServer implements AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  readonly #listener: Deno.Listener;
  readonly #held: Deno.Conn[] = [];
  readonly #accepting: Promise<void>;

  /** Begins to listen. */
  constructor() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = listener.addr.port;
    this.#listener = listener;
    this.#accepting = this.#accept();
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#held.push(connection);
  }

  /** Closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#held) connection.close();
  }
}

/** Returns a port of 127.0.0.1 on which nobody listens. */
export function deafPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** An OpenSSH server with a key of its own, which lets nobody in. */
export class LockedSshd implements AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** A file that makes its key known. */
  readonly knownHosts: string;
  readonly #child: Deno.ChildProcess;

  private constructor(options: Pick<LockedSshd, "port" | "knownHosts">, child: Deno.ChildProcess) {
    this.port = options.port;
    this.knownHosts = options.knownHosts;
    this.#child = child;
  }

  /**
   * Starts the server, and waits until it listens.
   *
   * @param folder where its files go; the caller removes it
   */
  static async start(folder: string): Promise<LockedSshd> {
    const key = `${folder}/host_key`;
    const made = await new Deno.Command("ssh-keygen", { args: ["-q", "-t", "ed25519", "-N", "", "-f", key] })
      .output();
    assert.ok(made.success, new TextDecoder().decode(made.stderr));
    // Where root starts it, it wants this empty folder, which otherwise a service makes.
    await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 }).catch((error) => {
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    });
    const port = deafPort();
    const config = [
      `HostKey ${key}`,
      `ListenAddress 127.0.0.1:${port}`,
      "AuthorizedKeysFile none",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      "PidFile none",
    ];
    await Deno.writeTextFile(`${folder}/sshd_config`, `${config.join("\n")}\n`);
    const [, type, data] = /^(\S+) (\S+)/.exec(await Deno.readTextFile(`${key}.pub`)) ?? [];
    const knownHosts = `${folder}/known_hosts`;
    await Deno.writeTextFile(knownHosts, `[127.0.0.1]:${port} ${type} ${data}\n`);
    const child = new Deno.Command(SSHD, {
      args: ["-D", "-e", "-f", `${folder}/sshd_config`],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await reader.read();
    assert.match(value, /Server listening/);
    reader.releaseLock();
    return new LockedSshd({ port, knownHosts }, child);
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}

/**
 * Returns the folder of a program `ssh` that is OpenSSH's own, but knows only the hosts of one file and no key of the
 * user's: what stands first on its command line counts.
 *
 * @param folder where the folder is made
 * @param options `name` of the folder; `knownHosts`: the file
 */
export async function sshKnowing(
  folder: string,
  options: { readonly name: string; readonly knownHosts: string },
): Promise<string> {
  const path = `${folder}/${options.name}`;
  await Deno.mkdir(path);
  const words =
    `-o UserKnownHostsFile=${options.knownHosts} -o GlobalKnownHostsFile=/dev/null -o IdentityAgent=none`;
  await Deno.writeTextFile(
    `${path}/ssh`,
    `#!/bin/sh\nexec /usr/bin/ssh ${words} -o IdentityFile=none "$@"\n`,
    {
      mode: 0o755,
    },
  );
  return path;
}
