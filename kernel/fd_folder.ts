/**
 * The link /dev/fd, through which some programs open what they have open already.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { presence } from "./_presence.ts";
import type { Support } from "./feature.ts";

/** Where the link is; it leads to /proc/self/fd. */
const FD_FOLDER = "/dev/fd";

/**
 * Whether a machine has /dev/fd. bpftrace 0.27 starts no program without it.
 *
 * @param host the machine
 * @returns the answer
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readFdFolder } from "./fd_folder.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal((await readFdFolder(fakeHost({}))).kind, "unsupported");
 * ```
 */
export async function readFdFolder(host: Host): Promise<Support> {
  return await presence(FD_FOLDER, () => host.list(FD_FOLDER));
}
