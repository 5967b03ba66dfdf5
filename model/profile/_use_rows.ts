/** What can be done with a pidfd, and how it tells of the end. */

import type { Fact } from "../rules/facts.ts";
import { polled, success } from "./_values.ts";
import { type ProfileRow, RIGHTS_OF_ROOT } from "./profile_row.ts";

/** PIDFD_INFO_EXIT; include/uapi/linux/pidfd.h. */
const INFO_EXIT = 1 << 3;

/** include/uapi/asm-generic/poll.h. */
const POLLIN = 1;

/** A call of `confirm-uses`. */
function used(id: string, more: Omit<ProfileRow, "id" | "rests"> & { readonly fact: string }): ProfileRow {
  const { fact, ...rest } = more;
  return { id, rests: ["confirm-uses birth clone", `confirm-uses ${fact}`], ...rest };
}

function poll(
  id: string,
  more: { readonly fact: string; readonly says: string; readonly rests?: readonly string[] },
): ProfileRow {
  const { fact, says, rests = [] } = more;
  return { id, says, how: "poll with no time to wait", rests: [...rests, fact], value: polled };
}

/** The mask that PIDFD_GET_INFO fills. */
function mask(facts: readonly Fact[]): string | undefined {
  const bits = facts.at(-1)?.numbers?.[0];
  return bits === undefined ? undefined : `the mask 0x${(bits >>> 0).toString(16)}`;
}

/** Whether PIDFD_GET_INFO tells how a process ended. */
function exitCode(facts: readonly Fact[]): string | undefined {
  const [bits, , code] = facts.at(-1)?.numbers ?? [];
  if (bits === undefined || code === undefined) return undefined;
  return (bits & INFO_EXIT) === 0 ? "no exit code" : `the exit code 0x${code.toString(16)}`;
}

/** Whom waitid named. */
function named(facts: readonly Fact[]): string | undefined {
  const fact = facts.at(-1);
  if (fact === undefined || fact.siPid === null) return undefined;
  return fact.siPid === fact.targetPid ? "the process" : "somebody else";
}

/** The kind of file that a link names. */
function linked(facts: readonly Fact[]): string | undefined {
  return facts.at(-1)?.link?.replace(/\d+/, "N");
}

/** A thread may be gone for good or not yet when its end is told, so POLLHUP says nothing. */
function threadEnd(facts: readonly Fact[]): string | undefined {
  const revents = facts.at(-1)?.revents ?? null;
  return revents === null ? undefined : (revents & POLLIN) !== 0 ? "its end" : "nothing";
}

const HANDLE = ["confirm-uses birth clone", "confirm-uses handle name_to_handle_at"];
const BIRTH = "confirm-poll birth clone";
const GROUP = "confirm-poll-threads birth clone";
const THREAD = "confirm-poll-threads thread-open pidfd_open";

/** Uses. */
export const USE_ROWS: readonly ProfileRow[] = [
  poll("poll-alive", {
    fact: "confirm-poll alive poll",
    says: "What poll tells of a process that is alive",
    rests: [BIRTH],
  }),
  poll("poll-zombie", {
    fact: "confirm-poll zombie poll",
    says: "What poll tells of a zombie",
    rests: [BIRTH],
  }),
  poll("poll-after-reap", {
    fact: "confirm-poll reaped poll",
    says: "What poll tells of a process that was reaped",
    rests: [BIRTH],
  }),
  {
    id: "poll-thread-ended",
    says: "What poll tells of a thread that ends, by its own pidfd; an error when it can have none",
    how: "pidfd_open of a thread with PIDFD_THREAD, poll while it ends",
    rests: [GROUP, THREAD, "confirm-poll-threads thread-ended poll"],
    value: threadEnd,
  },
  poll("poll-without-thread", {
    fact: "confirm-poll-threads without-thread poll",
    says: "What poll tells of a process one of whose threads has ended",
    rests: [GROUP],
  }),
  poll("poll-without-leader", {
    fact: "confirm-poll-threads without-leader poll",
    says: "What poll tells of a process whose leader has ended, and a thread has not",
    rests: [GROUP],
  }),
  {
    id: "wait",
    says: "Whom waitid names that is asked about a pidfd",
    how: "waitid with P_PIDFD after the exit",
    rests: ["confirm-wait birth clone", "confirm-wait reap waitid"],
    value: named,
  },
  used("wait-reaped", {
    fact: "wait-reaped waitid",
    says: "What waitid gives for the pidfd of a process that was reaped",
    how: "waitid with P_PIDFD after the reap",
    value: success,
  }),
  {
    id: "wait-nonblock",
    says: "What waitid gives for a pidfd of PIDFD_NONBLOCK while the process is alive",
    how: "pidfd_open with PIDFD_NONBLOCK, waitid with P_PIDFD and without WNOHANG",
    rests: ["confirm-uses nonblock pidfd_open", "confirm-uses wait-nonblock waitid"],
    value: success,
  },
  used("signal-zombie", {
    fact: "signal-zombie pidfd_send_signal",
    says: "What pidfd_send_signal gives for a zombie",
    how: "pidfd_send_signal of signal 0 after the exit",
    value: success,
  }),
  used("signal-reaped", {
    fact: "signal-reaped pidfd_send_signal",
    says: "What pidfd_send_signal gives for a process that was reaped",
    how: "pidfd_send_signal of signal 0 after the reap",
    value: success,
  }),
  used("signal-flags", {
    fact: "signal-flags-1 pidfd_send_signal",
    says: "What pidfd_send_signal gives for flags of 1, by which a thread is meant",
    how: "pidfd_send_signal of signal 0 with flags 1",
    value: success,
  }),
  used("signal-own-process", {
    fact: "signal-own-process pidfd_send_signal",
    says: "What pidfd_send_signal gives for the number that stands for the caller's own process",
    how: "pidfd_send_signal of signal 0 to -10001",
    value: success,
  }),
  used("getfd-no-such-number", {
    fact: "getfd-none pidfd_getfd",
    says: "What pidfd_getfd gives for a number that is no descriptor there",
    how: "pidfd_getfd of 1000000",
    value: success,
  }),
  used("getfd-flags", {
    fact: "getfd-flags pidfd_getfd",
    says: "What pidfd_getfd gives for flags that mean nothing",
    how: "pidfd_getfd with flags 1",
    value: success,
  }),
  used("getfd-zombie", {
    fact: "getfd-zombie pidfd_getfd",
    says: "What pidfd_getfd gives for a zombie",
    how: "pidfd_getfd after the exit",
    value: success,
  }),
  used("info", {
    fact: "info-alive ioctl",
    says: "What PIDFD_GET_INFO fills in for a process that is alive",
    how: "ioctl(PIDFD_GET_INFO) that asks for the exit code, its mask afterwards",
    value: mask,
  }),
  used("info-reaped", {
    fact: "info-reaped ioctl",
    says: "What PIDFD_GET_INFO tells of a process that exited with 7 and was reaped",
    how: "ioctl(PIDFD_GET_INFO) that asks for the exit code, after the reap",
    value: exitCode,
  }),
  {
    id: "info-foreign",
    says: "What PIDFD_GET_INFO gives in a pid namespace that does not show the process",
    how: "clone(CLONE_NEWPID | SIGCHLD), the child calls ioctl(PIDFD_GET_INFO)",
    rests: ["confirm-uses birth clone", "confirm-uses inside clone", "confirm-uses info-foreign ioctl"],
    rights: RIGHTS_OF_ROOT,
    value: mask,
  },
  used("uts-namespace", {
    fact: "uts-namespace ioctl",
    says: "What PIDFD_GET_UTS_NAMESPACE gives",
    how: "ioctl(PIDFD_GET_UTS_NAMESPACE), readlink",
    value: linked,
  }),
  {
    id: "handle-reaped",
    says: "What opening the file handle of a process that was reaped gives",
    how: "name_to_handle_at before the exit, open_by_handle_at after the reap",
    rests: [...HANDLE, "confirm-uses handle-reaped open_by_handle_at"],
    rights: RIGHTS_OF_ROOT,
    value: success,
  },
  {
    id: "handle-of-the-root",
    says: "What opening a file handle through FD_PIDFS_ROOT gives",
    how: "name_to_handle_at, open_by_handle_at with -10002",
    rests: [...HANDLE, "confirm-uses handle-of-the-root open_by_handle_at"],
    rights: RIGHTS_OF_ROOT,
    value: success,
  },
  used("reopen-reaped", {
    fact: "reopen-reaped open",
    says: "What opening a pidfd again through /proc gives when the process was reaped",
    how: "open of /proc/self/fd/N after the reap",
    rights: ["EACCES"],
    value: success,
  }),
];
