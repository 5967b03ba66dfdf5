/** What clone and clone3 say about flags and arguments. */

import type { Fact } from "../rules/facts.ts";
import { descriptorsLeft, pidfd, polled, success } from "./_values.ts";
import { type ProfileRow, RIGHTS_OF_ROOT } from "./profile_row.ts";

/** O_EXCL, by which pidfds of threads are known; include/uapi/linux/pidfd.h. */
const PIDFD_THREAD = 0x80;

function ofThread([fact]: readonly Fact[]): string | undefined {
  if (fact === undefined) return undefined;
  if (fact.fd === null) return "a thread without a pidfd";
  if (fact.flFlags === null || fact.flFlags < 0) return undefined;
  return (fact.flFlags & PIDFD_THREAD) !== 0 ? "a pidfd of the thread" : "a pidfd of a process";
}

/** Whether the integer's value matters: the first pidfds refused any but 0. */
function integerChecked(facts: readonly Fact[]): string | undefined {
  const [zero, other] = facts;
  if (zero === undefined || other === undefined) return undefined;
  return other.errno === 0 ? "no" : other.errno === 22 ? "yes, EINVAL" : undefined;
}

const conflicts = (fact: string, call = "clone"): readonly string[] => [`confirm-conflicts ${fact} ${call}`];
const arguments3 = (fact: string, call = "clone3"): readonly string[] => [`confirm-clone3 ${fact} ${call}`];

/** They come first. */
export const CLONE_ROWS: readonly ProfileRow[] = [
  {
    id: "clone-pidfd",
    says: "What clone gives for CLONE_PIDFD alone",
    how: "clone(CLONE_PIDFD | SIGCHLD)",
    rests: conflicts("pidfd"),
    value: pidfd,
  },
  {
    id: "clone3-pidfd",
    says: "What clone3 gives for CLONE_PIDFD alone",
    how: "clone3(CLONE_PIDFD)",
    rests: conflicts("pidfd", "clone3"),
    value: pidfd,
  },
  {
    id: "clone-detached",
    says: "What clone gives for CLONE_PIDFD with CLONE_DETACHED",
    how: "clone(CLONE_PIDFD | CLONE_DETACHED | SIGCHLD)",
    rests: conflicts("pidfd-detached"),
    value: pidfd,
  },
  {
    id: "clone-detached-alone",
    says: "What clone gives for CLONE_DETACHED alone",
    how: "clone(CLONE_DETACHED | SIGCHLD)",
    rests: conflicts("detached"),
    value: success,
  },
  {
    id: "clone3-detached",
    says: "What clone3 gives for CLONE_DETACHED alone",
    how: "clone3(CLONE_DETACHED)",
    rests: conflicts("detached", "clone3"),
    value: success,
  },
  {
    id: "clone-parent-settid",
    says: "What clone gives for CLONE_PIDFD with CLONE_PARENT_SETTID, which share one pointer",
    how: "clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD)",
    rests: conflicts("pidfd-parent-settid"),
    value: pidfd,
  },
  {
    id: "clone3-parent-settid-two-places",
    says: "What clone3 gives for the same with a pointer for each",
    how: "clone3(CLONE_PIDFD | CLONE_PARENT_SETTID) with pidfd and parent_tid at two places",
    rests: conflicts("pidfd-parent-settid", "clone3"),
    value: pidfd,
  },
  {
    id: "clone3-parent-settid-one-place",
    says: "What clone3 gives for the same with both pointers at one place",
    how: "clone3(CLONE_PIDFD | CLONE_PARENT_SETTID) with pidfd equal to parent_tid",
    rests: conflicts("pidfd-parent-settid-same", "clone3"),
    value: pidfd,
  },
  {
    id: "thread-pidfd",
    says: "What clone gives for CLONE_PIDFD with CLONE_THREAD",
    how: "clone(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM), F_GETFL",
    rests: conflicts("pidfd-thread"),
    value: ofThread,
  },
  {
    id: "clone3-thread-pidfd",
    says: "What clone3 gives for CLONE_PIDFD with CLONE_THREAD",
    how: "clone3(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM), F_GETFL",
    rests: conflicts("pidfd-thread", "clone3"),
    value: ofThread,
  },
  {
    id: "integer-checked",
    says: "Whether clone refuses an integer of the user that does not hold 0",
    how: "clone(CLONE_PIDFD | SIGCHLD) with an integer that holds 0, and one that holds 12345",
    rests: ["confirm-integer holds-0 clone", "confirm-integer holds-12345 clone"],
    readsFailure: true,
    value: integerChecked,
  },
  {
    id: "integer-unreadable",
    says: "What clone gives for an integer in a page without rights",
    how: "clone(CLONE_PIDFD | SIGCHLD) with an integer in a page of PROT_NONE",
    rests: ["confirm-unreadable unreadable clone"],
    value: pidfd,
  },
  {
    id: "integer-read-only",
    says: "What clone gives for an integer that cannot be written",
    how: "clone(CLONE_PIDFD | SIGCHLD) with an integer in a page of PROT_READ",
    rests: ["confirm-page read-only clone"],
    value: pidfd,
  },
  {
    id: "integer-read-only-leaves",
    says: "How many descriptors that call leaves behind",
    how: "the same, and the open descriptors before and after",
    rests: ["confirm-page read-only clone"],
    readsFailure: true,
    value: descriptorsLeft,
  },
  {
    id: "clone-integer-null",
    says: "What clone gives for CLONE_PIDFD without an integer",
    how: "clone(CLONE_PIDFD | SIGCHLD) with a null pointer",
    rests: ["confirm-page null clone"],
    value: success,
  },
  {
    id: "clone3-integer-null",
    says: "What clone3 gives for CLONE_PIDFD without an integer",
    how: "clone3(CLONE_PIDFD) with a null pointer",
    rests: ["confirm-page null clone3"],
    value: success,
  },
  {
    id: "clone3-unknown-flag",
    says: "What clone3 gives for a flag that nobody has defined",
    how: "clone3(bit 52)",
    rests: arguments3("unknown-flag"),
    value: success,
  },
  {
    id: "clone3-signal-in-flags",
    says: "What clone3 gives for an exit signal among the flags",
    how: "clone3 with 17 in flags",
    rests: arguments3("signal-in-flags"),
    value: success,
  },
  {
    id: "clone3-no-such-signal",
    says: "What clone3 gives for an exit signal that there is not",
    how: "clone3 with 65 in exit_signal",
    rests: arguments3("no-such-signal"),
    value: success,
  },
  {
    id: "clone-no-such-signal",
    says: "What clone gives for an exit signal that there is not",
    how: "clone(CLONE_PIDFD | 65)",
    rests: arguments3("no-such-signal", "clone"),
    value: success,
  },
  {
    id: "clone3-parent-and-signal",
    says: "What clone3 gives for CLONE_PARENT with an exit signal of its own",
    how: "clone3(CLONE_PARENT) with SIGCHLD in exit_signal",
    rests: arguments3("parent-and-signal"),
    value: success,
  },
  {
    id: "clone3-size-too-small",
    says: "What clone3 gives for arguments shorter than the first ones were",
    how: "clone3 with a size of 56",
    rests: arguments3("size-below-the-first"),
    value: success,
  },
  {
    id: "clone3-size-too-large",
    says: "What clone3 gives for arguments longer than a page",
    how: "clone3 with a size of two pages",
    rests: arguments3("size-above-a-page"),
    value: success,
  },
  {
    id: "clone3-end-of-zeros",
    says: "What clone3 gives for arguments longer than it knows, whose end is zero",
    how: "clone3 with a size of one page, zeros behind the known fields",
    rests: arguments3("size-of-a-page"),
    value: success,
  },
  {
    id: "clone3-end-not-zero",
    says: "What clone3 gives for arguments longer than it knows, whose end is not zero",
    how: "clone3 with a size of one page, its last byte 1",
    rests: arguments3("end-is-not-zero"),
    value: success,
  },
  {
    id: "autoreap",
    says: "What clone3 gives for CLONE_AUTOREAP, bit 34",
    how: "clone3(CLONE_PIDFD | CLONE_AUTOREAP)",
    rests: arguments3("autoreap"),
    value: pidfd,
  },
  {
    id: "autoreap-and-signal",
    says: "What clone3 gives for CLONE_AUTOREAP with an exit signal",
    how: "clone3(CLONE_PIDFD | CLONE_AUTOREAP) with SIGCHLD in exit_signal",
    rests: arguments3("autoreap-and-signal"),
    value: pidfd,
  },
  {
    id: "no-new-privileges",
    says: "What clone3 gives for CLONE_NNP, bit 35",
    how: "clone3(CLONE_PIDFD | CLONE_NNP)",
    rests: arguments3("no-new-privileges"),
    value: pidfd,
  },
  {
    id: "autokill",
    says: "What clone3 gives for CLONE_PIDFD_AUTOKILL, bit 36, with all that it asks for",
    how: "clone3(CLONE_PIDFD | CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP | CLONE_NNP)",
    rests: arguments3("autokill"),
    value: pidfd,
  },
  {
    id: "autokill-alone",
    says: "What clone3 gives for CLONE_PIDFD_AUTOKILL without CLONE_AUTOREAP",
    how: "clone3(CLONE_PIDFD | CLONE_PIDFD_AUTOKILL)",
    rests: arguments3("autokill-alone"),
    value: pidfd,
  },
  {
    id: "autokill-unprivileged",
    says: "What clone3 gives an ordinary user for CLONE_PIDFD_AUTOKILL without CLONE_NNP",
    how: "clone3(CLONE_PIDFD | CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP) as nobody",
    rests: arguments3("autokill-nobody"),
    value: pidfd,
  },
  {
    id: "autokill-close",
    says: "What poll tells of the child when the pidfd of CLONE_PIDFD_AUTOKILL was closed",
    how: "close of that pidfd, poll of another one",
    rests: [...arguments3("autokill"), ...arguments3("autokill-closed", "poll")],
    value: polled,
  },
  {
    id: "empty-mount-namespace",
    says: "What clone3 gives for CLONE_EMPTY_MNTNS, bit 37",
    how: "clone3(CLONE_PIDFD | CLONE_EMPTY_MNTNS)",
    rests: arguments3("empty-mount-namespace"),
    rights: RIGHTS_OF_ROOT,
    value: pidfd,
  },
];
