/**
 * A machine with Debian's Linux 6.12, reduced to what a plan asks about.
 *
 * @module
 */

import { COMMON_FUNCTIONS, COMMON_SYMBOLS } from "./kernel_machine.ts";
import type { PlannedMachine } from "./kernel_machine.ts";

const BITS = 8;

/** The sizes and places of the kernel on amd64; all members have a type of 16 bytes. */
export const MACHINE_6_12: PlannedMachine = {
  release: "6.12.117+deb13-cloud-amd64",
  symbols: {
    ...COMMON_SYMBOLS,
    pidfs_alloc_file: "T",
    __fput: "t",
    pidfs_evict_inode: "t",
    pidfs_file_operations: "d",
    // They make other files than pidfds there.
    anon_inode_getfd: "T",
    anon_inode_getfile: "T",
  },
  functions: {
    ...COMMON_FUNCTIONS,
    pidfs_alloc_file: "pid",
    __fput: "file",
    pidfs_evict_inode: "inode",
    anon_inode_getfile: "name",
  },
  structs: [
    { kind: "struct", name: "hlist_node", size: 16, members: [] },
    {
      kind: "struct",
      name: "pid",
      size: 112,
      members: [
        { name: "stashed", type: 1, bits: 16 * BITS },
        { name: "rcu", type: 1, bits: 96 * BITS },
      ],
    },
    {
      kind: "struct",
      name: "task_struct",
      size: 4096,
      members: [
        { name: "pid_links", type: 1, bits: 1568 * BITS },
        { name: "comm", type: 1, bits: 2976 * BITS },
      ],
    },
  ],
};
