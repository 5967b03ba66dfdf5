/**
 * The smallest bpftrace script that could do the job: what ours is compared with.
 *
 * @module
 */

import type { RefcountLaw } from "../model/mod.ts";

/** Where the generations differ: the probe at the release, and the `struct pid` there. */
const RELEASE: Readonly<Record<RefcountLaw, readonly [probe: string, pid: string]>> = {
  "per-inode": ["fentry:pidfs_evict_inode", "args.inode->i_private"],
  "per-file": ["fentry:pidfd_release", "args.file->private_data"],
};

/**
 * Writes the script: process id and count at every birth by clone and at every release.
 *
 * Its buffer has the size of ours, for a small one is read by other code.
 *
 * @param law what holds a reference on the kernel at hand
 * @param bufferPages ring buffer of each CPU, in pages
 * @returns the text; its first line of output is `ready`
 *
 * @example
 * ```ts
 * import { smallestScript } from "./smallest_script.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(smallestScript("per-file", 4096), /fentry:pidfd_release/);
 * ```
 */
export function smallestScript(law: RefcountLaw, bufferPages: number): string {
  const [probe, pid] = RELEASE[law];
  return `config = { perf_rb_pages = ${bufferPages}; }
BEGIN { printf("ready\\n"); }
fexit:copy_process /args.args->flags & 0x1000/ {
  printf("clone %d %d\\n", retval->pid, retval->thread_pid->count.refs.counter);
}
${probe} {
  $pid = (struct pid *)${pid};
  printf("release %d %d\\n", $pid->numbers[0].nr, $pid->count.refs.counter);
}
`;
}
