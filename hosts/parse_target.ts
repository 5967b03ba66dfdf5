/**
 * What the user writes after `--target`.
 *
 * @module
 */

import { quote } from "./_text.ts";
import { checkDestination, type SshDestination } from "./ssh_destination.ts";

/** Where to trace, or what to read instead. `name` is the text as the user wrote it. */
export type Target =
  /** This machine. */
  | { readonly kind: "local"; readonly name: string }
  /** Another machine. */
  | { readonly kind: "ssh"; readonly name: string; readonly destination: SshDestination }
  /** A kernel of the lab's own list. */
  | { readonly kind: "lab"; readonly name: string; readonly kernel: string }
  /** A lab guest with a kernel image of the user's. */
  | {
    readonly kind: "image";
    readonly name: string;
    readonly path: string;
    /** Folder of its modules, when they are not built in; the text itself never names it. */
    readonly modules?: string;
  }
  /** A recording. */
  | { readonly kind: "replay"; readonly name: string; readonly path: string };

/** The forms of a target, for messages and help. */
export const TARGET_FORMS: readonly string[] = [
  "local",
  "ssh:[USER@]HOST[:PORT]",
  "lab:KERNEL",
  "lab:PATH",
  "replay:FILE",
];

/**
 * Reads a target.
 *
 * An IPv6 address stands in brackets: `ssh:root@[fe80::1%eth0]:22`. What follows `lab:` is a path when it has a slash.
 *
 * @param text what the user wrote
 * @returns the target
 * @throws {TypeError} when it is none of {@linkcode TARGET_FORMS}
 *
 * @example
 * ```ts
 * import { parseTarget } from "./parse_target.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseTarget("lab:6.12"), { kind: "lab", name: "lab:6.12", kernel: "6.12" });
 * assert.deepEqual(parseTarget("ssh:root@[::1]:22"), {
 *   kind: "ssh",
 *   name: "ssh:root@[::1]:22",
 *   destination: { user: "root", host: "::1", port: 22 },
 * });
 * ```
 */
export function parseTarget(text: string): Target {
  if (text === "local") return { kind: "local", name: text };
  const [, scheme, rest] = /^(ssh|lab|replay):(.+)$/s.exec(text) ?? [];
  if (rest === undefined || text.includes("\0")) throw refusal(text);
  if (scheme === "ssh") return { kind: "ssh", name: text, destination: parseDestination(text, rest) };
  if (scheme === "replay") return { kind: "replay", name: text, path: rest };
  if (rest.includes("/")) return { kind: "image", name: text, path: rest };
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(rest)) {
    throw refusal(text, "a kernel such as 6.12, or a path with a slash in it");
  }
  return { kind: "lab", name: text, kernel: rest };
}

/** Reads what follows `ssh:`. */
function parseDestination(text: string, rest: string): SshDestination {
  const parts = /^(?:([^@].*)@)?(?:\[([^\[\]]*)\]|([^@:\[\]]+))(?::(\d{1,5}))?$/s.exec(rest);
  if (parts === null) throw refusal(text, "ssh:[USER@]HOST[:PORT] with an IPv6 address in brackets");
  const [, user, address, name, port] = parts;
  if (address !== undefined && !address.includes(":")) {
    throw refusal(text, "an IPv6 address between the brackets");
  }
  const destination = {
    ...(user !== undefined && { user }),
    host: address ?? name ?? "",
    ...(port !== undefined && { port: Number(port) }),
  };
  checkDestination(destination);
  return destination;
}

/** The error for a text that is no target. */
function refusal(text: string, required = `one of ${TARGET_FORMS.join(", ")}`): TypeError {
  return new TypeError(`Cannot use the target ${quote(text)}: ${required} is required`);
}
