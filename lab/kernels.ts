/**
 * The kernels that a lab guest can boot.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";

/** A kernel that the lab knows how to fetch and boot. */
export interface LabKernel {
  /** Mainline series, such as `6.12`; the target `lab:6.12` means this row. */
  readonly name: string;
  /** Debian suite that has the kernel. */
  readonly suite: string;
  /** Debian package of the kernel; it never names an exact version, so the suite decides. */
  readonly kernelPackage: string;
  /** Debian suite of the guest's root file system, and so of its bpftrace. */
  readonly rootSuite: string;
  /** Why this kernel is worth a guest. */
  readonly why: string;
}

/** The kernels of the lab, newest first. */
export const LAB_KERNELS: readonly LabKernel[] = [
  {
    name: "6.12",
    suite: "trixie",
    kernelPackage: "linux-image-cloud-amd64",
    rootSuite: "trixie",
    why: "long-term kernel with pidfs: a pidfd's reference is held by its pidfs inode",
  },
  {
    name: "6.1",
    suite: "bookworm",
    kernelPackage: "linux-image-cloud-amd64",
    rootSuite: "trixie",
    why: "long-term kernel before pidfs: each pidfd's file holds a reference of its own",
  },
];

/**
 * Finds a kernel of the lab by its name.
 *
 * @param name mainline series, such as `6.12`
 * @returns its row
 * @throws {HostError} of kind `missing` when the lab has no such kernel; the hint names those it has
 *
 * @example
 * ```ts
 * import { findKernel } from "./kernels.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(findKernel("6.12").suite, "trixie");
 * ```
 */
export function findKernel(name: string): LabKernel {
  const kernel = LAB_KERNELS.find((row) => row.name === name);
  if (kernel !== undefined) return kernel;
  const known = LAB_KERNELS.map((row) => row.name).join(", ");
  throw new HostError(`Cannot find the lab kernel "${name}": one of ${known} is required`, {
    host: `lab:${name}`,
    kind: "missing",
    hint: `Use one of the kernels of "trace-clone lab list": ${known}`,
  });
}
