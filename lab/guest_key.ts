/**
 * The keys between us and one guest: ours to get in, the guest's to know that it is the guest.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { runProgram } from "./program.ts";

/** The key that may log in to one guest. */
export interface GuestKey {
  /** File with the private key, mode 0600. */
  readonly keyFile: string;
  /** The public key in base64, without its type and comment. */
  readonly publicKey: string;
}

/**
 * Makes the key that may log in to one guest.
 *
 * @param folder the guest's own folder, which nobody else may enter
 * @param options host name for errors, and how to cancel
 * @returns the key
 * @throws {HostError} of kind `missing` without ssh-keygen, of kind `failed` when it fails
 *
 * @example
 * ```ts
 * import { makeGuestKey } from "./guest_key.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * assert.match((await makeGuestKey(folder)).publicKey, /^AAAAC3NzaC1lZDI1NTE5/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function makeGuestKey(
  folder: string,
  options: { readonly host?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<GuestKey> {
  const host = options.host ?? "lab";
  const keyFile = `${folder}/key`;
  const words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", keyFile];
  await runProgram(words, { purpose: "make the key of a guest", host, signal: options.signal });
  const publicKey = (await Deno.readTextFile(`${keyFile}.pub`)).split(" ")[1];
  if (publicKey === undefined) {
    const message = `Cannot make the key of a guest: "${keyFile}.pub" has no public key in it`;
    throw new HostError(message, { host, kind: "failed" });
  }
  return { keyFile, publicKey };
}

/**
 * The line of a known_hosts file that pins a guest's own key.
 *
 * @param port the guest's ssh port on 127.0.0.1
 * @param hostKey the guest's public ed25519 key in base64
 * @returns the line, with its line feed
 *
 * @example
 * ```ts
 * import { knownHostsLine } from "./guest_key.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(knownHostsLine(2222, "AAAA"), "[127.0.0.1]:2222 ssh-ed25519 AAAA\n");
 * ```
 */
export function knownHostsLine(port: number, hostKey: string): string {
  return `[127.0.0.1]:${port} ssh-ed25519 ${hostKey}\n`;
}
