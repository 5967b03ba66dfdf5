/**
 * Lab guests as machines of the user's own ssh configuration, under names of their own.
 *
 * @module
 */

import type { Guest } from "../../lab/mod.ts";

/** Guests that the OpenSSH client of this machine knows by name. */
export interface SshGuests extends AsyncDisposable {
  /** A folder with an `ssh` that reads our configuration where it would read the user's. */
  readonly path: string;
}

/**
 * Makes the guests known to ssh.
 *
 * ssh finds the user's configuration by the user's entry in the password file, so a test cannot give another one but by
 * a program of the same name, which names the file.
 *
 * @param guests guests by the names that ssh shall know them by
 * @returns the folder; it is removed when this is disposed
 */
export async function knownToSsh(guests: Readonly<Record<string, Guest>>): Promise<SshGuests> {
  const path = await Deno.makeTempDir({ prefix: "ssh-guests-" });
  const blocks = Object.entries(guests).map(([name, guest]) =>
    [
      `Host ${name}`,
      "  HostName 127.0.0.1",
      `  Port ${guest.port}`,
      "  User root",
      `  IdentityFile ${guest.keyFile}`,
      "  IdentitiesOnly yes",
      `  UserKnownHostsFile ${guest.knownHostsFile}`,
      "  StrictHostKeyChecking yes",
      "",
    ].join("\n")
  );
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "command -v ssh"] }).output();
  const ssh = new TextDecoder().decode(stdout).trim();
  await Deno.writeTextFile(`${path}/config`, blocks.join("\n"), { mode: 0o600 });
  await Deno.writeTextFile(`${path}/ssh`, `#!/bin/sh\nexec ${ssh} -F '${path}/config' "$@"\n`, {
    mode: 0o755,
  });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
