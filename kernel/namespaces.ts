/**
 * In which namespaces a program that we start on a machine lives.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** A namespace. */
export interface Namespace {
  /** As the kernel writes it, such as `pid:[4026531836]`. */
  readonly name: string;
  /** Whether it is the one that the machine booted with. */
  readonly initial: boolean;
}

/** The namespaces that matter to tracing. */
export interface Namespaces {
  /** Of process ids; the numbers that a kernel program sees are those of the initial one. */
  readonly pid: Known<Namespace>;
  /** Of users; root of another one is not root. */
  readonly user: Known<Namespace>;
}

/** The inode numbers that the kernel gives to the namespaces of its first process. */
const INITIAL = { pid: "4026531836", user: "4026531837" } as const;

/**
 * Reads in which namespaces a program that we start lives.
 *
 * @param host the machine
 * @returns the namespaces; unknown with its reason where they are not shown
 * @throws {HostError} when the host is lost
 *
 * @example A container
 * ```ts
 * import { readNamespaces } from "./namespaces.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const stdout = "pid:[4026532281]\nuser:[4026531837]\n";
 * const commands = { "readlink /proc/self/ns/pid /proc/self/ns/user": { stdout } };
 * const { pid, user } = await readNamespaces(fakeHost({ commands }));
 * assert.deepEqual([pid.kind === "known" && pid.value.initial, user.kind === "known" && user.value.initial], [
 *   false,
 *   true,
 * ]);
 * ```
 */
export async function readNamespaces(host: Host): Promise<Namespaces> {
  // One program for both, for each costs a session over ssh.
  const said = await attempt(() => run(host, ["readlink", "/proc/self/ns/pid", "/proc/self/ns/user"]));
  const find = (kind: keyof typeof INITIAL): Known<Namespace> => {
    if (said.kind === "unknown") return said;
    const inode = new RegExp(`^${kind}:\\[(\\d{1,20})\\]$`, "m").exec(said.value.stdout)?.[1];
    return inode === undefined
      ? notKnown(`Cannot read the link "/proc/self/ns/${kind}"`)
      : known({ name: `${kind}:[${inode}]`, initial: inode === INITIAL[kind] });
  };
  return { pid: find("pid"), user: find("user") };
}
