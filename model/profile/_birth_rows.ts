/** The ways to a pidfd other than clone, and who has it then. */

import type { Fact } from "../rules/facts.ts";
import { fileFlags } from "./_values.ts";
import { type ProfileRow, RIGHTS_OF_ROOT } from "./profile_row.ts";

const CHILD = "confirm-flags clone clone";

/** A pidfd that another call than clone made. */
function aPidfd(): string {
  return "a pidfd";
}

/** A birth of `confirm-flags`. */
function birth(
  id: string,
  more: Pick<ProfileRow, "says" | "how"> & { readonly fact: string } & Partial<ProfileRow>,
): ProfileRow {
  const { fact, ...rest } = more;
  return { id, rests: [CHILD, `confirm-flags ${fact}`], value: aPidfd, ...rest };
}

/** What pidfd_open gives in a case of `confirm-open`. */
function opened(id: string, more: { readonly fact: string; readonly what: string }): ProfileRow {
  const { fact, what } = more;
  return {
    id,
    says: `What pidfd_open gives for ${what}`,
    how: `pidfd_open of ${what}`,
    rests: [`confirm-open ${fact} pidfd_open`],
    value: aPidfd,
  };
}

/** Whether a child finds the pidfd in its own table. */
function inChild(facts: readonly Fact[]): string | undefined {
  const found = facts.at(-1)?.numbers;
  return found === null || found === undefined ? undefined : found.length === 0 ? "no" : "yes";
}

/** The flags of the last one. */
function flags(facts: readonly Fact[]): string | undefined {
  return fileFlags(facts.slice(-1));
}

/** Births. */
export const BIRTH_ROWS: readonly ProfileRow[] = [
  {
    id: "child-has-pidfd",
    says: "Whether a child with a table of its own finds its pidfd there",
    how: "clone(CLONE_PIDFD | SIGCHLD), the child walks /proc/self/fd",
    rests: ["confirm-child apart clone", "confirm-child apart-walk walk"],
    value: inChild,
  },
  {
    id: "sharing-child-has-pidfd",
    says: "Whether a child that shares its parent's table finds its pidfd there",
    how: "clone(CLONE_PIDFD | CLONE_FILES | SIGCHLD), the child walks /proc/self/fd",
    rests: ["confirm-child shared clone", "confirm-child shared-walk walk"],
    value: inChild,
  },
  opened("open", { fact: "alive", what: "a process that is alive" }),
  opened("open-zombie", { fact: "zombie", what: "a zombie" }),
  opened("open-reaped", { fact: "reaped", what: "a process that was reaped" }),
  opened("open-thread-id", { fact: "no-leader", what: "a thread that leads no process" }),
  opened("open-thread-id-as-thread", {
    fact: "no-leader-thread",
    what: "such a thread, with PIDFD_THREAD",
  }),
  opened("open-flags", { fact: "flags-1", what: "flags that mean nothing" }),
  opened("open-pid-zero", { fact: "pid-0", what: "the pid 0" }),
  opened("open-pid-negative", { fact: "pid--1", what: "the pid -1" }),
  birth("open-nonblock", {
    fact: "pidfd_open-nonblock pidfd_open",
    says: "The flags of the file that pidfd_open makes for PIDFD_NONBLOCK",
    how: "pidfd_open with PIDFD_NONBLOCK, F_GETFL",
    value: flags,
  }),
  birth("open-thread", {
    fact: "pidfd_open-thread pidfd_open",
    says: "The flags of the file that pidfd_open makes for PIDFD_THREAD",
    how: "pidfd_open of a leader with PIDFD_THREAD, F_GETFL",
    value: flags,
  }),
  birth("birth-reopen", {
    fact: "reopen open",
    says: "What opening a pidfd again through /proc gives",
    how: "open of /proc/self/fd/N with O_RDONLY",
    rights: ["EACCES"],
  }),
  birth("birth-reopen-writable", {
    fact: "reopen-rdwr open",
    says: "What opening a pidfd again through /proc for writing gives",
    how: "open of /proc/self/fd/N with O_RDWR",
    rights: ["EACCES"],
  }),
  birth("birth-handle", {
    fact: "handle open_by_handle_at",
    says: "What opening the file handle of a pidfd gives",
    how: "name_to_handle_at of a pidfd, open_by_handle_at",
    rights: RIGHTS_OF_ROOT,
  }),
  birth("birth-getfd", {
    fact: "getfd pidfd_getfd",
    says: "What fetching a pidfd from a process gives",
    how: "pidfd_getfd of a pidfd from one's own process",
  }),
  {
    id: "birth-so-peerpidfd",
    says: "What asking a socket for the pidfd of its peer gives",
    how: "socketpair, getsockopt with SO_PEERPIDFD",
    rests: ["confirm-flags so_peerpidfd getsockopt"],
    value: aPidfd,
  },
  {
    id: "birth-so-peerpidfd-reaped",
    says: "What asking for the pidfd of a peer that was reaped gives",
    how: "socketpair of a child, its reap, getsockopt with SO_PEERPIDFD",
    rests: ["confirm-peer peer-reaped getsockopt"],
    value: aPidfd,
  },
  {
    id: "birth-scm-pidfd",
    says: "What asking for the pidfd of a sender gives",
    how: "setsockopt with SO_PASSPIDFD, recvmsg with SCM_PIDFD",
    rests: ["confirm-flags scm_pidfd recvmsg"],
    value: aPidfd,
  },
  {
    id: "birth-fanotify",
    says: "What asking fanotify for the pidfd of an actor gives",
    how: "fanotify_init with FAN_REPORT_PIDFD, read of an event",
    rests: ["confirm-flags fanotify read"],
    rights: RIGHTS_OF_ROOT,
    value: aPidfd,
  },
];
