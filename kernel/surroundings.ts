/**
 * What surrounds a kernel and decides whether it can be traced from here.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { type Container, readContainer } from "./container.ts";
import { readFdFolder } from "./fd_folder.ts";
import type { Support } from "./feature.ts";
import type { Known } from "./known.ts";
import { type Lockdown, readLockdown } from "./lockdown.ts";
import { type Mounts, readMounts } from "./mounts.ts";
import { type Namespaces, readNamespaces } from "./namespaces.ts";
import { readRights, type Rights } from "./rights.ts";

/** What surrounds a kernel; a missing piece carries the reason why. */
export interface Surroundings {
  /** What a program that we start may do. */
  readonly rights: Rights;
  /** The level of kernel lockdown. */
  readonly lockdown: Known<Lockdown>;
  /** Where the kernel's own file systems are mounted. */
  readonly mounts: Known<Mounts>;
  /** In which namespaces a program that we start lives. */
  readonly namespaces: Namespaces;
  /** Whether it looks like a container. */
  readonly container: Container;
  /** Whether /dev/fd is there. */
  readonly fdFolder: Support;
}

/**
 * Reads all of it, in parallel; no part needs root, and nothing is changed.
 *
 * @param host the machine
 * @returns what was read
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readSurroundings } from "./surroundings.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const { lockdown, fdFolder } = await readSurroundings(fakeHost({}));
 * assert.deepEqual([lockdown.kind, fdFolder.kind], ["unknown", "unsupported"]);
 * ```
 */
export async function readSurroundings(host: Host): Promise<Surroundings> {
  const [rights, lockdown, mounts, namespaces, container, fdFolder] = await Promise.all([
    readRights(host),
    readLockdown(host),
    readMounts(host),
    readNamespaces(host),
    readContainer(host),
    readFdFolder(host),
  ]);
  return { rights, lockdown, mounts, namespaces, container, fdFolder };
}
