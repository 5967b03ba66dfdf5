/**
 * Files packed by xz.
 *
 * @module
 */

import { runProgram } from "./program.ts";

/**
 * Unpacks a file. The file itself stays as it is.
 *
 * @param path the file
 * @param options a folder for a temporary file
 * @returns what is in it
 * @throws {HostError} of kind `missing` without the program xz, `failed` when the file is not packed by it
 *
 * @example
 * ```ts
 * import { unxz } from "./unxz.ts";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(unxz("/etc/passwd", { scratch: "/tmp" }), /Cannot unpack "\/etc\/passwd"/);
 * ```
 */
export async function unxz(
  path: string,
  options: { readonly scratch: string; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  const unpacked = await Deno.makeTempFile({ dir: options.scratch, prefix: "unpacked-" });
  try {
    await runProgram(["sh", "-c", 'xz --decompress --stdout -- "$1" >"$2"', "unpack", path, unpacked], {
      purpose: `unpack "${path}"`,
      signal: options.signal,
    });
    return await Deno.readFile(unpacked);
  } finally {
    await Deno.remove(unpacked);
  }
}
