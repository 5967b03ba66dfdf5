/**
 * What the number of a system call says about what happens in it.
 *
 * The numbers are those of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl), the only machine whose programs read them.
 *
 * @module
 */

import type { EventBody } from "../schema/mod.ts";

/** The calls that fill, empty or copy slots, or make pidfds, by number. */
const CALLS: ReadonlyMap<number, string> = new Map([
  [0, "read"],
  [2, "open"],
  [3, "close"],
  [7, "poll"],
  [17, "pread64"],
  [19, "readv"],
  [23, "select"],
  [32, "dup"],
  [33, "dup2"],
  [46, "sendmsg"],
  [47, "recvmsg"],
  [55, "getsockopt"],
  [56, "clone"],
  [57, "fork"],
  [58, "vfork"],
  [59, "execve"],
  [72, "fcntl"],
  [232, "epoll_wait"],
  [233, "epoll_ctl"],
  [247, "waitid"],
  [257, "openat"],
  [270, "pselect6"],
  [271, "ppoll"],
  [272, "unshare"],
  [281, "epoll_pwait"],
  [292, "dup3"],
  [299, "recvmmsg"],
  [304, "open_by_handle_at"],
  [307, "sendmmsg"],
  [308, "setns"],
  [322, "execveat"],
  [424, "pidfd_send_signal"],
  [425, "io_uring_setup"],
  [426, "io_uring_enter"],
  [427, "io_uring_register"],
  [434, "pidfd_open"],
  [435, "clone3"],
  [436, "close_range"],
  [437, "openat2"],
  [438, "pidfd_getfd"],
  [440, "process_madvise"],
  [441, "epoll_pwait2"],
  [448, "process_mrelease"],
]);

/** The name of a call; `null` when it is none that does anything to slots. */
export function callOf(number: number): string | null {
  return CALLS.get(number) ?? null;
}

/** What a pidfd is used for. */
export type Use = EventBody<"pidfd.use">["use"];

const USES: Readonly<Record<string, Use>> = {
  waitid: "waitid",
  pidfd_send_signal: "send_signal",
  setns: "setns",
  pidfd_getfd: "getfd",
  process_madvise: "process_madvise",
  process_mrelease: "process_mrelease",
};

/**
 * What a pidfd is used for.
 *
 * @param how how it was asked, as in the `use` record
 * @param call the call that its task is in
 * @returns the use; `undefined` when somebody reads what /proc shows of it
 */
export function useOf(how: number, call: number): Use | undefined {
  if (how === 1) return "poll";
  if (how === 2) return "ioctl";
  const name = callOf(call) ?? "";
  return name === "read" || name === "pread64" ? undefined : USES[name] ?? "other";
}

/** The origin of a pidfd's file. */
export type Origin = EventBody<"pidfd.create">["origin"];

const ORIGINS: Readonly<Record<string, Origin>> = {
  getsockopt: "so_peerpidfd",
  recvmsg: "scm_pidfd",
  recvmmsg: "scm_pidfd",
  read: "fanotify",
  readv: "fanotify",
  pread64: "fanotify",
  open: "reopen",
  openat: "reopen",
  openat2: "reopen",
  open_by_handle_at: "handle",
  // These have records of their own, but for what is made while the probes are attached one after the other.
  pidfd_open: "pidfd_open",
  clone: "clone",
  clone3: "clone3",
};

/**
 * What made a pidfd's file, from the call that its task was in.
 *
 * @param number the call
 * @param hasUserSpace whether the task has an address space: the kernel makes that of a coredump in a helper without
 * @returns its origin, `other` where the call does not tell
 */
export function originOf(number: number, hasUserSpace: boolean): Origin {
  if (!hasUserSpace) return "coredump";
  return ORIGINS[callOf(number) ?? ""] ?? "other";
}
