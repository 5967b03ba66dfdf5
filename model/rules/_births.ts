/** The births of `confirm-flags`, and what the model says of them. */

import type { Update } from "../update.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";

/** Facts of births that always give close-on-exec and O_RDWR: not those by a path, a handle or another process. */
const BIRTHS: readonly string[] = [
  "clone",
  "clone3",
  "pidfd_open",
  "pidfd_open-nonblock",
  "pidfd_open-thread",
  "so_peerpidfd",
  "scm_pidfd",
  "fanotify",
];

/** Births that gave a pidfd; those that the kernel at hand does not have are left out. */
export function birthsOf(evidence: Evidence): readonly Fact[] {
  return evidence.facts("confirm-flags", ...BIRTHS).filter((it) => it.ret !== null && it.ret >= 0);
}

/** What the model said of the thread of a fact meanwhile. */
export function eventsOf(evidence: Evidence, { fromNs, toNs, tid }: Fact): readonly Update[] {
  return evidence.updates.filter((it) => {
    if (it.ktimeNs === null || fromNs === null || toNs === null) return false;
    if (it.ktimeNs < fromNs || it.ktimeNs > toNs) return false;
    return "process" in it.body && it.body.process?.tid === tid;
  });
}
