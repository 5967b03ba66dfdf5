/** What a pidfd is, and what fdinfo says of it. */

import type { Fact } from "../rules/facts.ts";
import { descriptorFlags, fdinfoValue, fileFlags } from "./_values.ts";
import { type ProfileRow, RIGHTS_OF_ROOT } from "./profile_row.ts";

const BIRTH = "confirm-flags clone clone";

/** Whether pidfds share an inode: two of one process, and one of another. */
function inodes(facts: readonly Fact[]): string | undefined {
  const [one, again, other] = facts.map((it) => it.ino);
  if (one === undefined || again === undefined || other === undefined) return undefined;
  if (one === null || again === null || other === null) return undefined;
  if (one !== again) return "one for each pidfd";
  return one === other ? "one for all pidfds" : "one for each process";
}

function mode([fact]: readonly Fact[]): string | undefined {
  return fact?.mode === null || fact === undefined
    ? undefined
    : (fact.mode & 0o777).toString(8).padStart(4, "0");
}

function fileSystem(facts: readonly Fact[]): string | undefined {
  const kind = facts.at(-1)?.numbers?.[0];
  return kind === undefined ? undefined : `0x${(kind >>> 0).toString(16)}`;
}

/** A line of fdinfo, told by the pid of the process. */
function line(name: string): ProfileRow["value"] {
  return (facts) => {
    const fact = facts.at(-1);
    return fdinfoValue(fact, name, fact?.targetPid ?? null);
  };
}

const FDINFO = "clone(CLONE_PIDFD | SIGCHLD), /proc/self/fdinfo";
const NESTED: readonly string[] = ["confirm-nested inner clone", "confirm-nested inner-mount mount"];

/** Of a process in a pid namespace below the reader's: its number here, and its number there. */
function nested(facts: readonly Fact[]): string | undefined {
  const pid = facts[0]?.targetPid ?? null;
  return fdinfoValue(facts.at(-1), "NSpid", pid);
}

/** Files. */
export const FILE_ROWS: readonly ProfileRow[] = [
  {
    id: "pidfd-descriptor-flags",
    says: "The flags of the descriptor that clone makes",
    how: "clone(CLONE_PIDFD | SIGCHLD), F_GETFD",
    rests: [BIRTH],
    value: descriptorFlags,
  },
  {
    id: "pidfd-file-flags",
    says: "The flags of the file that clone makes",
    how: "clone(CLONE_PIDFD | SIGCHLD), F_GETFL",
    rests: [BIRTH],
    value: fileFlags,
  },
  {
    id: "pidfd-mode",
    says: "The permission bits of a pidfd",
    how: "clone(CLONE_PIDFD | SIGCHLD), fstat",
    rests: [BIRTH],
    value: mode,
  },
  {
    id: "pidfd-inode",
    says: "How many inodes pidfds have",
    how: "clone(CLONE_PIDFD | SIGCHLD), pidfd_open of the same process, clone3 of another one, fstat",
    rests: [BIRTH, "confirm-flags pidfd_open pidfd_open", "confirm-flags clone3 clone3"],
    value: inodes,
  },
  {
    id: "pidfd-file-system",
    says: "The type of the file system that pidfds are on",
    how: "clone(CLONE_PIDFD | SIGCHLD), fstatfs",
    rests: ["confirm-uses birth clone", "confirm-uses file-system fstatfs"],
    value: fileSystem,
  },
  {
    id: "link-text",
    says: "Where the link of a pidfd in /proc/self/fd points",
    how: "clone(CLONE_PIDFD | SIGCHLD), readlink",
    rests: [BIRTH],
    value: ([fact]) => fact?.link ?? undefined,
  },
  {
    id: "fdinfo-pid",
    says: "What fdinfo says in Pid of a process that is alive",
    how: FDINFO,
    rests: ["confirm-fdinfo clone clone", "confirm-fdinfo alive fdinfo"],
    value: line("Pid"),
  },
  {
    id: "fdinfo-nspid",
    says: "What fdinfo says in NSpid of a process that is alive",
    how: FDINFO,
    rests: ["confirm-fdinfo clone clone", "confirm-fdinfo alive fdinfo"],
    value: line("NSpid"),
  },
  {
    id: "fdinfo-pid-of-zombie",
    says: "What fdinfo says in Pid of a zombie",
    how: `${FDINFO} after the exit`,
    rests: ["confirm-fdinfo clone clone", "confirm-fdinfo zombie fdinfo"],
    value: line("Pid"),
  },
  {
    id: "fdinfo-pid-after-reap",
    says: "What fdinfo says in Pid of a process that was reaped",
    how: `${FDINFO} after the reap`,
    rests: ["confirm-fdinfo clone clone", "confirm-fdinfo reaped fdinfo"],
    value: line("Pid"),
  },
  {
    id: "fdinfo-nspid-after-reap",
    says: "What fdinfo says in NSpid of a process that was reaped",
    how: `${FDINFO} after the reap`,
    rests: ["confirm-fdinfo clone clone", "confirm-fdinfo reaped fdinfo"],
    value: line("NSpid"),
  },
  {
    id: "fdinfo-nspid-of-nested",
    says: "What fdinfo says in NSpid of the first process of a pid namespace below the reader's",
    how: "clone(CLONE_PIDFD | CLONE_NEWPID | SIGCHLD), /proc/self/fdinfo",
    rests: [...NESTED, "confirm-nested host-inner fdinfo"],
    rights: RIGHTS_OF_ROOT,
    value: nested,
  },
  {
    id: "fdinfo-pid-of-foreign",
    says: "What fdinfo says in Pid of a process that the reader's procfs does not show",
    how: "/proc/self/fdinfo of the procfs of a pid namespace below that of the process",
    rests: [...NESTED, "confirm-nested inner-outside fdinfo"],
    rights: RIGHTS_OF_ROOT,
    value: line("Pid"),
  },
];
