/**
 * A machine with Debian's Linux 6.1, reduced to what a plan asks about.
 *
 * @module
 */

import { COMMON_FUNCTIONS, COMMON_SYMBOLS } from "./kernel_machine.ts";
import type { PlannedMachine } from "./kernel_machine.ts";

const BITS = 8;

/** The sizes and places of the kernel on amd64; all members have a type of 16 bytes. */
export const MACHINE_6_1: PlannedMachine = {
  release: "6.1.0-56-cloud-amd64",
  symbols: {
    ...COMMON_SYMBOLS,
    copy_process: "t",
    __fput: "t",
    anon_inode_getfd: "T",
    anon_inode_getfile: "T",
    __anon_inode_getfile: "t",
    __pidfd_prepare: "t",
    pidfd_create: "T",
    pidfd_release: "t",
    pidfd_fops: "D",
  },
  functions: {
    ...COMMON_FUNCTIONS,
    anon_inode_getfile: "name",
    __anon_inode_getfile: "name",
    pidfd_release: "inode",
  },
  structs: [
    { kind: "struct", name: "hlist_node", size: 16, members: [] },
    { kind: "struct", name: "pid", size: 96, members: [{ name: "rcu", type: 1, bits: 80 * BITS }] },
    {
      kind: "struct",
      name: "task_struct",
      size: 4096,
      members: [
        { name: "pid_links", type: 1, bits: 2528 * BITS },
        { name: "comm", type: 1, bits: 2976 * BITS },
      ],
    },
  ],
};
