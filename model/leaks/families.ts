/**
 * Families of leaks: which programming interface a pidfd came from, and what its users have to change.
 *
 * Each is a leak that was reported in public, often in several programs; a family is told by what the tracer sees of a
 * slot, and never by the name of a program.
 *
 * @module
 */

import { frameMatch } from "./frame_match.ts";
import { isCredential } from "./holdings.ts";
import type { Holding } from "./holdings.ts";

/** A family. */
export interface LeakFamily {
  /** Its id. */
  readonly id: string;
  /** What the program did, one sentence. */
  readonly says: string;
  /** What to change, one sentence. */
  readonly advice: string;
  /** Reports in public, as `owner/repository#number`. */
  readonly reports: readonly string[];
}

/** A family that is told by a slot that is held. */
export interface HeldFamily extends LeakFamily {
  /** Whether a slot is of it. */
  readonly matches: (holding: Holding) => boolean;
}

/** Frames of the Go runtime that find a process by its number. */
const goFinds = frameMatch(/\bos\.(?:pidfdFind|findProcess|FindProcess)\b/);

/** Who closes a number twice. */
export const TWO_OWNERS: LeakFamily = {
  id: "two-owners",
  says: "A number has two owners, and both close it: the second close hits what has the number by then",
  advice:
    "Let one owner close it, and forget the number there; Go: never close the fd that an os.Process has",
  reports: ["golang/go#68984"],
};

const isSpawn = ({ origin }: Holding) => origin === "clone" || origin === "clone3";

/** The families; of several that match the first is told. */
export const LEAK_FAMILIES: readonly HeldFamily[] = [
  {
    id: "inherited",
    says: "A child has it from its parent, and has no use for it",
    advice: "Open it with close-on-exec, and close it in children that do not exec",
    reports: ["flatpak/xdg-desktop-portal#1675"],
    matches: ({ way }) => way === "inherited",
  },
  {
    id: "received-copy",
    says: "It came over a socket, was duplicated, and a copy is left",
    advice: "Let one owner close it: do not duplicate what was received, and set close-on-exec",
    reports: ["flatpak/xdg-desktop-portal#1680", "linuxdeepin/dtkcore#449"],
    matches: ({ way, received }) => way === "dup" && received,
  },
  {
    id: "received",
    says: "It came over a socket (SCM_RIGHTS), and nobody closed it",
    advice: "Close every descriptor of a message on every path, also where the message is refused",
    reports: ["containerd/go-runc#115", "linuxdeepin/dtkcore#449"],
    matches: ({ way }) => way === "received",
  },
  {
    id: "peer-credential",
    says: "It is a peer's credential (SO_PEERPIDFD or SCM_PIDFD), kept after its connection",
    advice: "Close the credential's pidfd together with the connection",
    reports: ["systemd/systemd#32923", "trycua/cua#2349", "flatpak/xdg-desktop-portal-gtk#553"],
    matches: isCredential,
  },
  {
    id: "taken-copy",
    says: "A copy was made and closed, and the original is left",
    advice:
      "Close the original where the interface makes a copy of its own: giving it away is not enough there",
    reports: ["systemd/systemd#40248"],
    matches: ({ origin, way, siblingsClosed }) =>
      origin === "pidfd_open" && way === "opened" && siblingsClosed > 0,
  },
  {
    id: "watcher",
    says: "An event loop watched it, and it was not closed when the process had ended",
    advice: "Close it where the watch ends, on every path: in a finally block, also where the wait fails",
    reports: ["python/cpython#151179", "python/cpython#83163", "celonis/homcc#71"],
    matches: ({ origin, uses, target }) =>
      origin === "pidfd_open" && uses.has("poll") && target.endedNs !== null,
  },
  {
    id: "spawned-child",
    says: "A child was made with it (CLONE_PIDFD) and waited for, and the pidfd stayed",
    advice: "Close the pidfd after the wait, on every path; Go: the one that SysProcAttr.PidFD gives",
    reports: ["containerd/containerd#12166", "swiftlang/swift-subprocess#303", "golang/go#69284"],
    matches: (it) => isSpawn(it) && it.target.reaped,
  },
  {
    id: "unwaited-child",
    says: "A child was made with it (CLONE_PIDFD), and it has ended unwaited for",
    advice: "Wait for the child, and close the pidfd after the wait, on every path",
    reports: [],
    matches: (it) => isSpawn(it) && it.target.endedNs !== null,
  },
  {
    id: "go-find-process",
    says: "Go's os.FindProcess opened it, and neither Release() nor Wait() was called",
    advice: "Call Release() or Wait() on what os.FindProcess gives: until then its pidfd stays open",
    reports: ["shirou/gopsutil#1709", "DataDog/datadog-agent#31957", "hashicorp/go-plugin#378"],
    matches: ({ frames }) => goFinds(frames),
  },
  {
    id: "opened-process",
    says: "A process was opened by its number (pidfd_open), and never waited for",
    advice: "Close it after use; Go: call Release() or Wait() on what os.FindProcess gives",
    reports: ["shirou/gopsutil#1709", "DataDog/datadog-agent#31957", "hashicorp/go-plugin#378"],
    matches: ({ origin, uses }) => origin === "pidfd_open" && !uses.has("waitid"),
  },
];

/**
 * Returns the family of a slot.
 *
 * @param holding the slot
 * @returns the first that matches; `undefined` when none is known
 *
 * @example
 * ```ts
 * import { familyOf } from "./families.ts";
 * import assert from "node:assert/strict";
 *
 * const target = { id: "p1", pid: null, endedNs: 5n, reaped: true };
 * const slot = { table: "t1", fd: 4, file: "f1", holder: null, comm: "bus", tid: null, sinceNs: 1n, seq: 2 };
 * const more = { by: "getsockopt", closeOnExec: true, doubtful: false, followed: true, uses: new Map(), ownUses: 0 };
 * const from = { frames: null, container: null, cgroup: null };
 * const rest = { ...from, usedBy: new Set<string>(), siblingsClosed: 0, received: false, sent: false, target };
 * const family = familyOf({ ...slot, ...more, ...rest, way: "opened", origin: "so_peerpidfd" });
 * assert.equal(family?.id, "peer-credential");
 * ```
 */
export function familyOf(holding: Holding): HeldFamily | undefined {
  return LEAK_FAMILIES.find((it) => it.matches(holding));
}
