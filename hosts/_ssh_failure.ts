/**
 * Why ssh did not connect, from its own messages.
 *
 * @module
 */

import { lastLine, quote } from "./_text.ts";
import { HostError, type HostErrorKind } from "./host.ts";

/** One way to fail: how ssh says it, what it means, what to do. */
interface Failure {
  readonly pattern: RegExp;
  readonly kind: HostErrorKind;
  readonly meaning: string;
  readonly hint: string;
}

/** The ways to fail; the first that fits counts. */
const FAILURES: readonly Failure[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    kind: "denied",
    meaning: "its host key is another one than known_hosts has",
    hint: "Find out why the key changed before you remove the old one with ssh-keygen -R",
  },
  {
    pattern: /Host key verification failed|host key is known|host key for .* revoked/,
    kind: "denied",
    meaning: "its host key is not known here",
    hint: "Connect once by hand with ssh, and compare the key that it shows",
  },
  {
    pattern: /Permission denied|Too many authentication failures|No supported authentication methods/,
    kind: "denied",
    meaning: "it refuses every key that it was offered",
    hint: 'Make "ssh -o BatchMode=yes HOST true" work first: no password can be asked for here',
  },
  {
    pattern: /Could not resolve hostname/,
    kind: "lost",
    meaning: "no such host is known",
    hint: "Check the name, and the Host lines of ~/.ssh/config",
  },
  {
    pattern: /Connection refused/,
    kind: "lost",
    meaning: "it does not answer: the connection was refused",
    hint: "Check the port, and that an ssh server runs there",
  },
  {
    pattern:
      /timed out|timeout|No route to host|Network is unreachable|Connection (closed|reset)|Broken pipe/i,
    kind: "lost",
    meaning: "it does not answer",
    hint: "Check that the machine runs and that the network leads to it",
  },
  {
    pattern: /ssh: (not found|No such file or directory)/,
    kind: "missing",
    meaning: "this machine has no ssh client",
    hint: "Install the OpenSSH client (Debian: openssh-client)",
  },
];

/**
 * The error for a connection that was not made.
 *
 * @param host the host's name
 * @param stderr everything that ssh said
 * @returns an error of kind `lost` when nobody answered, `denied` when somebody refused, `missing` without ssh,
 *   `failed` for anything else
 *
 * @example
 * ```ts
 * import { sshFailure } from "./_ssh_failure.ts";
 * import assert from "node:assert/strict";
 *
 * const said = "ssh: connect to host lab1 port 22: Connection refused\r\n";
 * assert.equal(sshFailure("ssh:lab1", said).kind, "lost");
 * ```
 */
export function sshFailure(host: string, stderr: string): HostError {
  const said = lastLine(stderr);
  const failure = FAILURES.find(({ pattern }) => pattern.test(stderr));
  const kind = failure?.kind ?? "failed";
  const detail = [failure?.meaning, said && `ssh says ${quote(said)}`].filter(Boolean).join("; ");
  const message = `Cannot connect to ${quote(host)}: ${detail || "ssh ended without a word"}`;
  return new HostError(message, { host, kind, ...(failure && { hint: failure.hint }) });
}
