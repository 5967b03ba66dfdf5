/**
 * The words that the OpenSSH client is started with.
 *
 * @module
 */

import { REMOTE_COMMAND } from "./argv_frame.ts";
import { checkDestination, type SshDestination } from "./ssh_destination.ts";

/** How often a silent server is asked whether it lives, in seconds, and how often in vain. */
const ALIVE_INTERVAL_SECONDS = 2;
const ALIVE_COUNT_MAX = 3;

/** Options of {@linkcode sshArguments}. */
export interface SshArgumentsOptions {
  /**
   * `master` makes the connection and holds it; `session` starts one program over it, and can do nothing else: it reads
   * no configuration and cannot connect by itself.
   */
  readonly role: "master" | "session";
  /** Path of the control socket. */
  readonly socket: string;
  /** How long connecting may take, in seconds; for the master. @default {10} */
  readonly connectTimeoutSeconds?: number;
  /** More words of ours for the master, such as `-F`, `/dev/null`. @default {[]} */
  readonly options?: readonly string[];
}

/**
 * The command line of the OpenSSH client.
 *
 * What the user's configuration says about reaching and trusting the host holds; what it says about sessions (commands,
 * terminals, forwarding, sharing) does not. The first value that ssh meets counts, so ours come first.
 *
 * @param destination where to connect to
 * @param options which of the two roles, and its socket
 * @returns the words, beginning with `ssh`; what follows `--` can never be an option
 * @throws {TypeError} when {@linkcode checkDestination} refuses the destination
 *
 * @example
 * ```ts
 * import { sshArguments } from "./_ssh_arguments.ts";
 * import assert from "node:assert/strict";
 *
 * const words = sshArguments({ host: "lab1", port: 2222 }, { role: "session", socket: "/tmp/x/s" });
 * assert.deepEqual(words.slice(-5, -1), ["-p", "2222", "--", "lab1"]);
 * ```
 */
export function sshArguments(destination: SshDestination, options: SshArgumentsOptions): readonly string[] {
  checkDestination(destination);
  const { user, host, port } = destination;
  const target = [
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "--",
    host,
  ];
  if (options.role === "session") {
    // Without its master a session would make a connection of its own; `false` lets that fail.
    const words = ["ssh", "-F", "/dev/null", "-S", options.socket, "-T"];
    return [...words, ...settings(["ControlMaster=no", "ProxyCommand=false"]), ...target, REMOTE_COMMAND];
  }
  const master = settings([
    "ControlMaster=yes",
    "ControlPersist=no",
    "BatchMode=yes",
    `ConnectTimeout=${options.connectTimeoutSeconds ?? 10}`,
    `ServerAliveInterval=${ALIVE_INTERVAL_SECONDS}`,
    `ServerAliveCountMax=${ALIVE_COUNT_MAX}`,
    "RemoteCommand=none",
    "RequestTTY=no",
    "PermitLocalCommand=no",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "LogLevel=INFO",
  ]);
  return ["ssh", "-N", "-S", options.socket, ...master, ...options.options ?? [], ...target];
}

/** Words for `-o`. */
function settings(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => ["-o", value]);
}
