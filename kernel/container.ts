/**
 * Whether a machine looks like a container.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { presence } from "./_presence.ts";
import { attempt } from "./known.ts";

/** What the marks of containers say; a hint, for anybody can leave such a mark. */
export type Container =
  /** There is a mark. */
  | { readonly kind: "marked"; readonly mark: string }
  /** Every place was looked at, and there is no mark. */
  | { readonly kind: "unmarked" }
  /** There is no mark in those places that could be looked at. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Files that only container engines make. */
const FILES: readonly string[] = ["/.dockerenv", "/run/.containerenv"];
const CGROUP_PATH = "/proc/1/cgroup";
const ENVIRONMENT_PATH = "/proc/1/environ";
const CGROUP = /\b(docker|kubepods|containerd|libpod|lxc|crio|machine\.slice)\b/;

/**
 * Looks for the marks that container engines leave.
 *
 * @param host the machine
 * @returns the first mark; unknown when there is none and a place could not be looked at
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readContainer } from "./container.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const found = await readContainer(fakeHost({ files: { "/.dockerenv": "" } }));
 * assert.deepEqual(found, { kind: "marked", mark: 'the file "/.dockerenv"' });
 * ```
 */
export async function readContainer(host: Host): Promise<Container> {
  const [cgroup, environment, ...files] = await Promise.all([
    attempt(() => host.readText(CGROUP_PATH)),
    attempt(() => host.readText(ENVIRONMENT_PATH)),
    ...FILES.map((path) => presence(path, () => host.readBytes(path))),
  ]);
  const file = FILES.find((_, at) => files[at]?.kind === "supported");
  if (file !== undefined) return { kind: "marked", mark: `the file "${file}"` };
  const word = cgroup.kind === "known" ? CGROUP.exec(cgroup.value)?.[1] : undefined;
  if (word !== undefined) return { kind: "marked", mark: `the word ${word} in "${CGROUP_PATH}"` };
  const variables = environment.kind === "known" ? environment.value.split("\0") : [];
  if (variables.some((it) => it.startsWith("container="))) {
    return { kind: "marked", mark: `the variable container in "${ENVIRONMENT_PATH}"` };
  }
  const unread = [cgroup, environment, ...files].find((it) => it.kind === "unknown");
  return unread === undefined ? { kind: "unmarked" } : { kind: "unknown", reason: unread.reason };
}
