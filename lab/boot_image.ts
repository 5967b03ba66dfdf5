/**
 * A kernel image that the user gives: whether it is one, and the configuration that may be in it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { zstdDecompressSync } from "node:zlib";
import { HostError } from "../hosts/host.ts";
import { unxz } from "./unxz.ts";

/** The part of a bzImage that has its header in it; see Documentation/arch/x86/boot.rst of Linux. */
const HEADER_BYTES = 0x260;

/** What is known of an image. */
export interface BootImage {
  /** Its `.config`, or `undefined` when it was built without CONFIG_IKCONFIG or is packed in a way we cannot read. */
  readonly config: string | undefined;
}

/**
 * Makes sure that a file is a kernel that QEMU can boot, and reads what can be read of it.
 *
 * @param path the file
 * @param options the target as the user wrote it, for errors, and a folder for temporary files
 * @returns what is known of it
 * @throws {HostError} of kind `missing` when it is not there, `denied` when it may not be read, `failed` when it is
 *   something else
 *
 * @example
 * ```ts
 * import { readBootImage } from "./boot_image.ts";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readBootImage("/etc", { name: "lab:/etc", scratch: "/tmp" }), /a file is required, found a folder/);
 * ```
 */
export async function readBootImage(
  path: string,
  options: { readonly name: string; readonly scratch: string; readonly signal?: AbortSignal | undefined },
): Promise<BootImage> {
  const { name } = options;
  const refuse = (kind: "missing" | "denied" | "failed", found: string) =>
    new HostError(`Cannot boot the kernel ${JSON.stringify(path)}: ${found}`, {
      host: name,
      kind,
      hint:
        "Give a bzImage, such as arch/x86/boot/bzImage of a kernel's build folder or /boot/vmlinuz-RELEASE",
    });
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    // Reading something else than a file, such as a pipe, might never end.
    const info = await Deno.stat(path);
    if (!info.isFile) {
      throw refuse("failed", `a file is required, found ${info.isDirectory ? "a folder" : "a device"}`);
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw refuse("missing", "no such file");
    if (error instanceof Deno.errors.PermissionDenied) throw refuse("denied", "it may not be read");
    throw error;
  }
  const problem = bootHeaderProblem(bytes);
  if (problem !== undefined) throw refuse("failed", problem);
  return { config: await embeddedConfig(await unpackPayload(bytes, options)) };
}

/**
 * What is wrong with the beginning of a file that should be a bzImage.
 *
 * @param bytes the file, or its beginning
 * @returns what is required and what was found; `undefined` when it is a bzImage
 *
 * @example
 * ```ts
 * import { bootHeaderProblem } from "./boot_image.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(bootHeaderProblem(new TextEncoder().encode("\x7fELF")) ?? "", /found an ELF file/);
 * ```
 */
export function bootHeaderProblem(bytes: Uint8Array): string | undefined {
  const required = "a bzImage for x86-64 is required";
  if (bytes[0] === 0x7f && latin1(bytes.subarray(1, 4)) === "ELF") {
    return `${required}, found an ELF file such as vmlinux`;
  }
  if (bytes.length < HEADER_BYTES) return `${required}, found a file of ${bytes.length} bytes`;
  if (latin1(bytes.subarray(0x202, 0x206)) !== "HdrS" || bytes[0x1fe] !== 0x55 || bytes[0x1ff] !== 0xaa) {
    return `${required}, found a file without its header`;
  }
  return undefined;
}

/**
 * Finds the configuration in an unpacked kernel.
 *
 * @param kernel the kernel, not packed
 * @returns the text of its `.config`; `undefined` when it was built without CONFIG_IKCONFIG
 *
 * @example
 * ```ts
 * import { embeddedConfig } from "./boot_image.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await embeddedConfig(new Uint8Array(16)), undefined);
 * ```
 */
export async function embeddedConfig(
  kernel: Uint8Array<ArrayBuffer> | undefined,
): Promise<string | undefined> {
  if (kernel === undefined) return undefined;
  const bytes = Buffer.from(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const begin = bytes.indexOf("IKCFG_ST");
  const end = bytes.indexOf("IKCFG_ED", begin);
  if (begin < 0 || end < 0) return undefined;
  const packed = kernel.slice(begin + 8, end);
  try {
    return await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")))
      .text();
  } catch (error) {
    // These bytes stood there by chance.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The kernel in a bzImage, unpacked; `undefined` when it is packed in a way that we cannot read. */
async function unpackPayload(
  bytes: Uint8Array<ArrayBuffer>,
  options: { readonly scratch: string; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  // In front of the packed kernel are the sectors of the set-up code, of which 0 means 4.
  const setup = ((header.getUint8(0x1f1) || 4) + 1) * 512;
  const begin = setup + header.getUint32(0x248, true);
  const payload = bytes.slice(begin, begin + header.getUint32(0x24c, true));
  const magic = payload.subarray(0, 6).toHex();
  try {
    // Behind the packed kernel stands its length, which is no part of it.
    if (magic.startsWith("1f8b")) return await gunzip(payload);
    if (magic.startsWith("28b52ffd")) return new Uint8Array(zstdDecompressSync(payload.slice(0, -4)));
    if (magic.startsWith("fd377a585a")) return await unpackXz(payload.slice(0, -4), options);
  } catch (error) {
    // Not being able to look inside is no reason not to boot it.
    if (error instanceof HostError && error.kind === "missing") throw error;
    options.signal?.throwIfAborted();
  }
  return undefined;
}

/** Unpacks gzip up to where it ends. */
async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes.slice(0, -4)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Unpacks xz. */
async function unpackXz(
  bytes: Uint8Array,
  options: { readonly scratch: string; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  const path = `${options.scratch}/kernel.xz`;
  await Deno.writeFile(path, bytes);
  return await unxz(path, options);
}

/** Bytes as characters. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
