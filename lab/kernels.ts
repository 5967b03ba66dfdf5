/**
 * The kernels that a lab guest can boot, and the root file systems that it can have.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";

/** A kernel that the lab knows how to fetch and boot. */
export interface LabKernel {
  /** What follows `lab:` in a target: the series, and a plus sign with the root when it is not the usual one. */
  readonly name: string;
  /** Mainline series, such as `6.12`; the suite decides which version of it. */
  readonly series: string;
  /** Debian suite that has the kernel. */
  readonly suite: string;
  /** Debian suite of the guest's root file system, and so of its bpftrace. */
  readonly rootSuite: string;
  /** Why this kernel is worth a guest. */
  readonly why: string;
}

/** A root file system that a guest can have. */
export interface LabRoot {
  /** Debian suite, such as `trixie`. */
  readonly suite: string;
  /** Which bpftrace it brings, for people. */
  readonly bpftrace: string;
}

/** The root file systems of the lab, newest first. */
export const LAB_ROOTS: readonly LabRoot[] = [
  { suite: "sid", bpftrace: "0.27" },
  { suite: "trixie", bpftrace: "0.23" },
  { suite: "bookworm", bpftrace: "0.17" },
];

/** The root of a guest when nothing is said. */
export const DEFAULT_ROOT = "trixie";

/** The kernel of commands that name none, and of examples. */
export const DEFAULT_KERNEL = "6.12";

/** Makes a row of the list. */
function row(series: string, suite: string, why: string): LabKernel {
  return { name: series, series, suite, rootSuite: DEFAULT_ROOT, why };
}

/** The kernels of the lab, newest first. */
export const LAB_KERNELS: readonly LabKernel[] = [
  row("7.2", "sid", "newest: the end of each pidfd's file is pidfs_file_release"),
  row("6.18", "trixie-backports", "a struct pid's end is pidfs_free_pid; put_pid() is in two copies"),
  row("6.12", "trixie", "long-term kernel with pidfs: a pidfd's reference is held by its pidfs inode"),
  row("6.1", "bookworm", "long-term kernel before pidfs: each pidfd's file holds a reference of its own"),
  row("5.10", "bullseye", "oldest long-term one: pidfd_open is pidfd_create and anon_inode_getfd"),
];

/**
 * Finds a kernel of the lab by its name, with another root file system where the name asks for one.
 *
 * @param name mainline series, such as `6.12`, or series and root, such as `6.1+bookworm`
 * @returns its row; its name is the one that was given
 * @throws {HostError} of kind `missing` when the lab has no such kernel or root; the hint names those it has
 *
 * @example
 * ```ts
 * import { findKernel } from "./kernels.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(findKernel("6.12").suite, "trixie");
 * const older = findKernel("6.1+bookworm");
 * assert.deepEqual([older.series, older.rootSuite, older.name], ["6.1", "bookworm", "6.1+bookworm"]);
 * ```
 */
export function findKernel(name: string): LabKernel {
  const [, series = "", rootSuite] = /^([^+]*)(?:\+(.*))?$/s.exec(name) ?? [];
  const kernel = LAB_KERNELS.find((row) => row.series === series);
  if (kernel === undefined) throw unknown(name, "kernel", series, LAB_KERNELS.map((row) => row.series));
  if (rootSuite === undefined) return kernel;
  const root = LAB_ROOTS.find((row) => row.suite === rootSuite);
  if (root === undefined) {
    throw unknown(name, "root file system", rootSuite, LAB_ROOTS.map((row) => row.suite));
  }
  return { ...kernel, name, rootSuite: root.suite };
}

/** The error for a name that is not in a list. */
function unknown(name: string, what: string, text: string, known: readonly string[]): HostError {
  const message = `Cannot find the lab ${what} ${JSON.stringify(text)}: one of ${
    known.join(", ")
  } is required`;
  return new HostError(message, {
    host: `lab:${name}`,
    kind: "missing",
    hint:
      `Use a kernel of "trace-clone lab list", alone or with a root, such as ${DEFAULT_KERNEL} or 6.1+bookworm`,
  });
}
