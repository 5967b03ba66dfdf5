/**
 * What a guest says on its serial console.
 *
 * @module
 */

import { printable } from "./printable.ts";

/** How much of a console is read, in bytes; the lines that matter come first. */
const READ_BYTES_MAX = 1_000_000;

/** The facts in a console's text. */
export interface SerialFacts {
  /** `uname -r`, once the guest is ready for ssh. */
  readonly release: string | undefined;
  /** The guest's public ed25519 key in base64. */
  readonly hostKey: string | undefined;
  /** Why the guest gave up, in its own words or in the kernel's. */
  readonly failure: string | undefined;
}

/**
 * Finds the facts in the text of a guest's console.
 *
 * @param text what the console has shown so far; its last line may be incomplete, and is not used
 * @returns what is known
 *
 * @example
 * ```ts
 * import { parseSerial } from "./serial.ts";
 * import assert from "node:assert/strict";
 *
 * const facts = parseSerial("lab-guest: hostkey AAAA\r\nlab-guest: ready 6.12.1\r\n");
 * assert.deepEqual(facts, { release: "6.12.1", hostKey: "AAAA", failure: undefined });
 * ```
 */
export function parseSerial(text: string): SerialFacts {
  const complete = printable(text.slice(0, text.lastIndexOf("\n") + 1));
  return {
    release: /^lab-guest: ready ([\w.+~-]+)$/m.exec(complete)?.[1],
    hostKey: /^lab-guest: hostkey ([\w+/=]+)$/m.exec(complete)?.[1],
    failure: /^lab-guest: failed: (.+)$/m.exec(complete)?.[1] ?? /Kernel panic - .+/.exec(complete)?.[0],
  };
}

/**
 * Reads the text of a guest's console.
 *
 * @param path file that QEMU writes the console to
 * @returns its first megabyte; empty when QEMU has not made the file yet
 *
 * @example
 * ```ts
 * import { readSerial } from "./serial.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await readSerial("/tmp/there-is-no-such-file"), "");
 * ```
 */
export async function readSerial(path: string): Promise<string> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
  using _file = file;
  const bytes = new Uint8Array(Math.min((await file.stat()).size, READ_BYTES_MAX));
  let length = 0;
  while (length < bytes.length) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}
