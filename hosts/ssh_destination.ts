/**
 * Where an ssh connection goes to.
 *
 * @module
 */

import { quote } from "./_text.ts";

/** The far end of an ssh connection. */
export interface SshDestination {
  /** User to log in as; the user's ssh configuration decides when it is not given. */
  readonly user?: string | undefined;
  /** Host name, address, or a `Host` of the user's ssh configuration. */
  readonly host: string;
  /** Port, 1 to 65535; the user's ssh configuration decides when it is not given. */
  readonly port?: number | undefined;
}

/** Longest host or user name. */
const NAME_LENGTH_MAX = 255;

/**
 * Refuses a destination that ssh, or a `ProxyCommand` of its configuration, could take for something else.
 *
 * ssh puts the names into shell command lines of its configuration file, so they have no characters of a shell. A host
 * that begins with a dash would be an option.
 *
 * @param destination where to connect to
 * @throws {TypeError} when a name has other characters, or the port is out of its range
 *
 * @example
 * ```ts
 * import { checkDestination } from "./ssh_destination.ts";
 * import assert from "node:assert/strict";
 *
 * checkDestination({ user: "root", host: "fe80::1%eth0", port: 22 });
 * assert.throws(() => checkDestination({ host: "-oProxyCommand=id" }), TypeError);
 * ```
 */
export function checkDestination(destination: SshDestination): void {
  const { user, host, port } = destination;
  const isName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(host);
  const isAddress = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9_.-]+)?$/.test(host);
  if (!(isName || isAddress) || host.length > NAME_LENGTH_MAX) {
    const required = "letters, digits, dots, dashes and underscores (or an IPv6 address)";
    throw new TypeError(
      `Cannot connect: a host of ${required}, no dash in front, is required, was ${quote(host)}`,
    );
  }
  const isUser = user === undefined || /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(user);
  if (!isUser || (user ?? "").length > NAME_LENGTH_MAX) {
    const required = "letters, digits and _.@+-";
    throw new TypeError(`Cannot connect: a user of ${required} is required, was ${quote(user ?? "")}`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new TypeError(`Cannot connect: a port from 1 to 65535 is required, was ${port}`);
  }
}
