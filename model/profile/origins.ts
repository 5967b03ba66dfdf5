/**
 * Where changes between kernels come from, as far as that is known.
 *
 * A version is that of the mainline kernel: stable kernels have some of the changes earlier. Where two kernels were asked
 * and the change is between them, that is all that is said.
 *
 * @module
 */

/** One change. */
export interface Origin {
  /** The facts that it changes. */
  readonly ids: readonly string[];
  /** Their value before it. */
  readonly before: string;
  /** Their value after it. */
  readonly after: string;
  /** The version that brought it. */
  readonly since: string;
  /** The upstream commits, abbreviated. */
  readonly commits: readonly string[];
  /** Where that is known from. */
  readonly source: string;
}

/** What the commits are called upstream. */
const TITLES: Readonly<Record<string, string>> = {
  "9014143bab2f": "fork: don't check parent_tidptr with CLONE_PIDFD",
  "b53b0b9d9a61": "pidfd: add polling support",
  "3d6d8da48d0b": "pidfd: check pid has attached task in fdinfo",
  "5e2ff6704a27": "scm: add SO_PASSPIDFD and SCM_PIDFD",
  "7b26952a91cf": "net: core: add getsockopt SO_PEERPIDFD",
  "64bef697d33b": "pidfd: implement PIDFD_THREAD flag for pidfd_open()",
  "83b290c9e3b5": "pidfd: clone: allow CLONE_THREAD | CLONE_PIDFD together",
  "43f0df54c96f": "pidfd_poll: report POLLHUP when pid_task() == NULL",
  "cb12fd8e0dab": "pidfd: add pidfs",
  "5b08bd408534": "pidfs: allow retrieval of namespace file descriptors",
  "cdda1f26e74b": "pidfd: add ioctl to retrieve pid info",
  "b3caba8f7a34": "pidfs: implement file handle support",
  "f08d0c3a7111": "pidfd: add PIDFD_SELF* sentinels to refer to own thread/process",
};

const INVALID = "EINVAL";
const A_PIDFD = "a pidfd";

/** A change that one commit brought, by its title. */
function change(
  ids: readonly string[],
  [before, after]: readonly [before: string, after: string],
  { since, commit }: { readonly since: string; readonly commit: string },
): Origin {
  return { ids, before, after, since, commits: [commit], source: `upstream: ${TITLES[commit] ?? commit}` };
}

/** A change of which only the kernels before and after it are known. */
function seen(
  ids: readonly string[],
  [before, after]: readonly [before: string, after: string],
  { since, source }: { readonly since: string; readonly source: string },
): Origin {
  return { ids, before, after, since, commits: [], source };
}

const AUTOREAP = {
  since: "7.1",
  source: "the sources of 7.1.13 and the symbols of 7.0.13, which has no autoreap",
};
const LATER_PIDFS = { since: "after 6.12, by 6.18", source: "seen on 6.12.118 and 6.18.15" };
const NSPID = { since: "5.5", source: "upstream: pidfd: add NSpid entries to fdinfo" };
const POLLING = { since: "5.3", commit: "b53b0b9d9a61" };
/** What poll gives for files without a method of their own. */
const ALWAYS = "POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM";
const THREADS = { since: "6.9", commit: "64bef697d33b" };
const PIDFS = { since: "6.9", commit: "cb12fd8e0dab" };
const SOCKETS = { since: "6.5", commit: "7b26952a91cf" };

/** All that is known, oldest first. */
export const ORIGINS: readonly Origin[] = [
  change(["integer-checked"], ["yes, EINVAL", "no"], { since: "5.2-rc7", commit: "9014143bab2f" }),
  change(["poll-alive", "poll-without-thread", "poll-without-leader"], [ALWAYS, "nothing"], POLLING),
  change(["poll-zombie", "poll-after-reap"], [ALWAYS, "POLLIN | POLLRDNORM"], POLLING),
  seen(["fdinfo-nspid"], ["no such line", "the pid"], NSPID),
  seen(["fdinfo-nspid-after-reap"], ["no such line", "-1"], NSPID),
  seen(["fdinfo-nspid-of-nested"], ["no such line", "the pid 1"], NSPID),
  change(["fdinfo-pid-after-reap"], ["the pid", "-1"], { since: "5.5", commit: "3d6d8da48d0b" }),
  change(["birth-scm-pidfd"], ["ENOPROTOOPT", A_PIDFD], { since: "6.5", commit: "5e2ff6704a27" }),
  change(["birth-so-peerpidfd"], ["ENOPROTOOPT", A_PIDFD], SOCKETS),
  change(["birth-so-peerpidfd-reaped"], ["ENOPROTOOPT", INVALID], SOCKETS),
  change(["thread-pidfd", "clone3-thread-pidfd"], [INVALID, "a pidfd of the thread"], {
    since: "6.9",
    commit: "83b290c9e3b5",
  }),
  change(["open-thread"], [INVALID, "O_RDWR | O_EXCL"], THREADS),
  change(["open-thread-id-as-thread"], [INVALID, A_PIDFD], THREADS),
  change(["poll-thread-ended"], [INVALID, "its end"], THREADS),
  change(["poll-after-reap"], ["POLLIN | POLLRDNORM", "POLLIN | POLLHUP | POLLRDNORM"], {
    since: "6.9",
    commit: "43f0df54c96f",
  }),
  change(["pidfd-inode"], ["one for all pidfds", "one for each process"], PIDFS),
  change(["pidfd-mode"], ["0600", "0700"], PIDFS),
  change(["pidfd-file-system"], ["0x9041934", "0x50494446"], PIDFS),
  change(["birth-reopen"], ["ENXIO", A_PIDFD], PIDFS),
  change(["reopen-reaped"], ["ENXIO", "success"], PIDFS),
  change(["birth-reopen-writable"], ["ENXIO", "EPERM"], PIDFS),
  seen(["signal-flags"], [INVALID, "success"], {
    since: "after 6.1, by 6.12",
    source: "seen on 6.1.0-56 and 6.12.118",
  }),
  change(["uts-namespace"], ["ENOTTY", "uts:[N]"], { since: "6.11", commit: "5b08bd408534" }),
  change(["info", "info-reaped", "info-foreign"], ["ENOTTY", INVALID], {
    since: "6.11",
    commit: "5b08bd408534",
  }),
  change(["info"], [INVALID, "the mask 0x7"], { since: "6.13", commit: "cdda1f26e74b" }),
  change(["birth-handle"], ["EOPNOTSUPP", A_PIDFD], { since: "6.14", commit: "b3caba8f7a34" }),
  change(["handle-reaped"], ["EOPNOTSUPP", "ESTALE"], { since: "6.14", commit: "b3caba8f7a34" }),
  change(["signal-own-process"], ["EBADF", "success"], {
    since: LATER_PIDFS.since,
    commit: "f08d0c3a7111",
  }),
  seen(["handle-of-the-root"], ["EOPNOTSUPP", "success"], {
    since: "6.17",
    source: "the sources of 6.17.8; file handles are older, 6.14",
  }),
  seen(["open-thread-id"], [INVALID, "ENOENT"], {
    since: "after 6.12, by 6.17",
    source: "the sources of 6.12.117 and 6.17.8",
  }),
  seen(["birth-so-peerpidfd-reaped"], [INVALID, A_PIDFD], LATER_PIDFS),
  seen(["info-reaped"], [INVALID, "the exit code 0x700"], LATER_PIDFS),
  seen(["info-foreign"], [INVALID, "EREMOTE"], LATER_PIDFS),
  seen(["birth-reopen-writable"], ["EPERM", A_PIDFD], LATER_PIDFS),
  seen(["info-foreign"], ["ESRCH", "EREMOTE"], {
    since: "6.18",
    source: "the sources of 6.17.8 and 6.18.15",
  }),
  seen(["autoreap", "no-new-privileges", "autokill", "empty-mount-namespace"], [INVALID, A_PIDFD], AUTOREAP),
  seen(["autokill-unprivileged"], [INVALID, "EPERM"], AUTOREAP),
  seen(["autokill-close"], [INVALID, "POLLIN | POLLHUP | POLLRDNORM"], AUTOREAP),
  seen(["clone-no-such-signal"], ["success", INVALID], {
    since: "7.1",
    source: "the sources of 6.19.6 and 7.1.13",
  }),
];

/**
 * Finds the changes that lead from one value to another, in either direction.
 *
 * @param id name of the fact
 * @param values both values
 * @returns the one that does, or the chain of those that do; empty when it is not known
 *
 * @example
 * ```ts
 * import { originsOf } from "./origins.ts";
 * import assert from "node:assert/strict";
 *
 * const [origin] = originsOf("pidfd-mode", ["0700", "0600"]);
 * assert.deepEqual([origin?.since, origin?.commits], ["6.9", ["cb12fd8e0dab"]]);
 * ```
 */
export function originsOf(
  id: string,
  [one, other]: readonly [one: string, other: string],
): readonly Origin[] {
  const known = ORIGINS.filter((it) => it.ids.includes(id));
  const forth = chain(known, one, other);
  return forth.length > 0 ? forth : chain(known, other, one);
}

/** Changes one after the other; the table is oldest first, so no change comes twice. */
function chain(known: readonly Origin[], from: string, to: string): readonly Origin[] {
  for (const [index, origin] of known.entries()) {
    if (origin.before !== from) continue;
    if (origin.after === to) return [origin];
    const rest = chain(known.slice(index + 1), origin.after, to);
    if (rest.length > 0) return [origin, ...rest];
  }
  return [];
}
