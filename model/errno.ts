/**
 * Names of the errors that the calls under observation return.
 *
 * @module
 */

/** include/uapi/asm-generic/errno-base.h and errno.h, and the restart code that user space never sees. */
const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  3: "ESRCH",
  4: "EINTR",
  5: "EIO",
  6: "ENXIO",
  7: "E2BIG",
  9: "EBADF",
  10: "ECHILD",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  16: "EBUSY",
  17: "EEXIST",
  19: "ENODEV",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  25: "ENOTTY",
  28: "ENOSPC",
  38: "ENOSYS",
  61: "ENODATA",
  66: "EREMOTE",
  87: "EUSERS",
  92: "ENOPROTOOPT",
  95: "EOPNOTSUPP",
  116: "ESTALE",
  513: "ERESTARTNOINTR",
};

/**
 * Returns the name of an error.
 *
 * @param result a negative return value
 * @returns its name, or the number as text when it has no name here
 * @example
 * ```ts
 * import { errnoName } from "./errno.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(errnoName(-24), "EMFILE");
 * ```
 */
export function errnoName(result: number): string {
  return NAMES[-result] ?? `${-result}`;
}
