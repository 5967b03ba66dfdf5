/**
 * Checks of the bpftrace on a machine.
 *
 * @module
 */

import { BPFTRACE_MINIMUM, bpftraceDialect, compareBpftraceVersions } from "./bpftrace.ts";
import { type CheckRule, judgeSupport } from "./check.ts";

const OLDEST = `${BPFTRACE_MINIMUM.major}.${BPFTRACE_MINIMUM.minor}`;
/** The newest that has run the generated programs; its patches count as the same. */
const NEWEST = { major: 0, minor: 27, patch: Infinity };
/** First that needs /dev/fd. */
const NEEDS_FD_FOLDER = { major: 0, minor: 27, patch: 0 };

const INSTALL = "Install the package bpftrace on the target, or name another with --bpftrace PATH";

/** See kernel/checkup.ts. */
export const BPFTRACE_RULES: readonly CheckRule[] = [
  {
    id: "bpftrace",
    title: "bpftrace",
    looksAt: "`bpftrace --version`",
    why:
      "It compiles and loads the generated program. 0.17 is the oldest that understands it; 0.27 works, and newer " +
      "ones are not tried.",
    needed: true,
    remedy: INSTALL,
    judge: ({ bpftrace }) => {
      if (bpftrace.kind === "unknown") {
        // The reason may end in the same advice; it stands in the remedy.
        const reason = bpftrace.reason.replace(/ \([^()]*--bpftrace PATH\)$/, "");
        return { answer: "no", says: `bpftrace cannot be used: ${reason}` };
      }
      const { version, text } = bpftrace.value;
      if (bpftraceDialect(version).kind !== "supported") {
        return {
          answer: "no",
          says: `bpftrace is too old: ${OLDEST} or later is needed, found ${text}`,
          remedy: `Install bpftrace ${OLDEST} or later on the target, and name it with --bpftrace PATH`,
        };
      }
      const isNew = compareBpftraceVersions(version, NEWEST) > 0;
      return {
        answer: "yes",
        says: isNew ? `${text}, which is newer than all that were tried (up to 0.27)` : text,
      };
    },
  },
  {
    id: "fd-folder",
    title: "/dev/fd",
    looksAt: "the folder `/dev/fd`",
    why: "bpftrace 0.27 and later start no program without it.",
    needed: false,
    remedy: "ln -s /proc/self/fd /dev/fd",
    judge: ({ bpftrace, surroundings: { fdFolder } }) => {
      const needed = bpftrace.kind === "known" &&
        compareBpftraceVersions(bpftrace.value.version, NEEDS_FD_FOLDER) >= 0;
      const found = judgeSupport(fdFolder, {
        yes: "It is there",
        no: (reason) => `${reason}, and bpftrace 0.27 and later need it`,
      });
      return { ...found, needed };
    },
  },
];
