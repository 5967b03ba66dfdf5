/** Failures on the way to a pidfd, and what they leave behind. */

import type { Fact } from "../rules/facts.ts";
import { descriptorsLeft, integerAfter, outcome, pidfd, success } from "./_values.ts";
import { type ProfileRow, RIGHTS_OF_ROOT } from "./profile_row.ts";

const EBADF = 9;

/** Whether a number that was written is a descriptor: it was told by F_GETFD. */
function isFree(facts: readonly Fact[]): string | undefined {
  const errno = facts.at(-1)?.errno;
  return errno === EBADF ? "no" : errno === 0 ? "yes" : undefined;
}

const PIDS_MAX = "confirm-pids-max pids-max clone";
const DEAD: readonly string[] = [
  "confirm-dead-namespace unshare unshare",
  "confirm-dead-namespace dead-namespace clone",
];

function setTid(id: string, more: { readonly fact: string; readonly what: string }): ProfileRow {
  const { fact, what } = more;
  return {
    id,
    says: `What clone3 gives when it is asked for ${what}`,
    how: `clone3(CLONE_PIDFD) with set_tid: ${what}`,
    rests: [`confirm-set-tid ${fact} clone3`],
    rights: RIGHTS_OF_ROOT,
    value: success,
  };
}

/** Failures. */
export const FAILURE_ROWS: readonly ProfileRow[] = [
  {
    id: "no-number-left",
    says: "What clone gives when no descriptor is free",
    how: "clone(CLONE_PIDFD | SIGCHLD) with RLIMIT_NOFILE at the lowest free number",
    rests: ["confirm-emfile emfile clone"],
    value: pidfd,
  },
  {
    id: "one-number-left",
    says: "What clone gives when exactly one descriptor is free",
    how: "clone(CLONE_PIDFD | SIGCHLD) with RLIMIT_NOFILE one above the lowest free number",
    rests: ["confirm-emfile one-number-left clone"],
    value: pidfd,
  },
  {
    id: "open-no-number-left",
    says: "What pidfd_open gives when no descriptor is free",
    how: "pidfd_open with RLIMIT_NOFILE at the lowest free number",
    rests: ["confirm-emfile emfile-open pidfd_open"],
    value: success,
  },
  {
    id: "integer-after-no-number",
    says: "What the integer holds when no descriptor was free",
    how: "clone(CLONE_PIDFD | SIGCHLD) that gives EMFILE, the integer before and after",
    rests: ["confirm-emfile emfile clone"],
    readsFailure: true,
    value: integerAfter,
  },
  {
    id: "pids-max",
    says: "What clone gives when a pids cgroup is full",
    how: "clone(CLONE_PIDFD | SIGCHLD) in a cgroup with pids.max=1",
    rests: [PIDS_MAX],
    rights: RIGHTS_OF_ROOT,
    value: pidfd,
  },
  {
    id: "integer-after-pids-max",
    says: "What the integer holds when a pids cgroup was full",
    how: "the same, the integer before and after",
    rests: [PIDS_MAX],
    readsFailure: true,
    rights: RIGHTS_OF_ROOT,
    value: integerAfter,
  },
  {
    id: "descriptor-after-pids-max",
    says: "Whether the number that the integer holds then is a descriptor",
    how: "fcntl(F_GETFD) of that number",
    rests: ["confirm-pids-max pids-max-stale fcntl"],
    readsFailure: true,
    rights: RIGHTS_OF_ROOT,
    value: isFree,
  },
  {
    id: "pids-max-leaves",
    says: "How many descriptors that call leaves behind",
    how: "the same call, the open descriptors before and after",
    rests: [PIDS_MAX],
    readsFailure: true,
    rights: RIGHTS_OF_ROOT,
    value: descriptorsLeft,
  },
  {
    id: "process-limit",
    says: "What clone gives an ordinary user who may have no more processes",
    how: "clone(CLONE_PIDFD | SIGCHLD) as nobody with RLIMIT_NPROC=0",
    rests: ["confirm-nproc nproc clone"],
    value: pidfd,
  },
  {
    id: "dead-namespace",
    says: "What clone gives in a pid namespace whose first process has ended",
    how: "unshare(CLONE_NEWPID), a child that ends, clone(CLONE_PIDFD | SIGCHLD)",
    rests: DEAD,
    rights: RIGHTS_OF_ROOT,
    value: pidfd,
  },
  {
    id: "integer-after-dead-namespace",
    says: "What the integer holds then",
    how: "the same, the integer before and after",
    rests: DEAD,
    readsFailure: true,
    rights: RIGHTS_OF_ROOT,
    value: integerAfter,
  },
  setTid("set-tid-free", { fact: "set-tid-free", what: "a pid that is free" }),
  setTid("set-tid-used", { fact: "set-tid-used", what: "a pid that is in use" }),
  setTid("set-tid-zero", { fact: "set-tid-0", what: "the pid 0" }),
  setTid("set-tid-negative", { fact: "set-tid--1", what: "the pid -1" }),
  setTid("set-tid-too-many", {
    fact: "set-tid-33-times",
    what: "33 pids, more than namespaces can be nested",
  }),
  {
    id: "set-tid-unprivileged",
    says: "What clone3 gives an ordinary user who asks for a pid",
    how: "clone3(CLONE_PIDFD) with set_tid as nobody",
    rests: ["confirm-set-tid set-tid-nobody clone3"],
    readsFailure: true,
    value: outcome,
  },
];
