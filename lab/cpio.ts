/**
 * The archive format that a kernel unpacks its first root file system from: cpio, variant `newc`.
 *
 * Described in the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
 *
 * @module
 */

/** A file or folder of an archive; it belongs to root. */
export interface CpioEntry {
  /** Path without a slash at the beginning. */
  readonly path: string;
  /** Content of a file; `undefined` for a folder. */
  readonly content: Uint8Array | undefined;
}

const FOLDER_MODE = 0o040755;
const FILE_MODE = 0o100755;

/**
 * Makes an archive. Everything in it is executable, for that is all a guest's initrd needs.
 *
 * @param entries files and folders, each folder before what is in it
 * @returns the archive, not compressed; the kernel takes it as it is
 *
 * @example
 * ```ts
 * import { cpioArchive } from "./cpio.ts";
 * import assert from "node:assert/strict";
 *
 * const archive = cpioArchive([{ path: "init", content: new TextEncoder().encode("#!/bin/sh\n") }]);
 * assert.equal(new TextDecoder().decode(archive.slice(0, 6)), "070701");
 * ```
 */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  entries.forEach((entry, index) => {
    const mode = entry.content === undefined ? FOLDER_MODE : FILE_MODE;
    pieces.push(header(entry.path, { inode: index + 1, mode, size: entry.content?.length ?? 0 }));
    if (entry.content !== undefined) pieces.push(entry.content, padding(entry.content.length));
  });
  pieces.push(header("TRAILER!!!", { inode: 0, mode: 0, size: 0 }));
  const archive = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    archive.set(piece, offset);
    offset += piece.length;
  }
  return archive;
}

/** Header and name of an entry, padded to four bytes. */
function header(
  path: string,
  { inode, mode, size }: { readonly inode: number; readonly mode: number; readonly size: number },
): Uint8Array {
  const name = new TextEncoder().encode(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device ×2, device file ×2, length of the name, check
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
  const digits = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  const text = new TextEncoder().encode(`070701${digits}`);
  return new Uint8Array([...text, ...name, ...padding(text.length + name.length)]);
}

/** Zeros up to the next multiple of four. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - length % 4) % 4);
}
