/**
 * What the probes of slots and uses told of a stimulus that moved and used a pidfd.
 *
 * @module
 */

import { doorsOf, trial } from "./_trial.ts";
import type { Rehearsal, Trial } from "./_trial.ts";
import type { Rung } from "../tracers/mod.ts";

/** What is asked of the records of the stimulus. */
interface Asked {
  /** The kind of record. */
  readonly kind: "slot" | "replace" | "empty" | "flush" | "copy" | "heir" | "left" | "mark" | "range" | "use";
  /** The functions whose doors tell of it. */
  readonly functions: readonly string[];
  /** How many there are at least. */
  readonly many: number;
  /** What they are, for people. */
  readonly things: string;
}

/** The uses by the number that their records have. */
const HOW: readonly string[] = ["uses by pidfd_pid", "uses by pidfd_poll", "uses by pidfd_ioctl"];

/**
 * Compares.
 *
 * @param rehearsal what was done, and what came
 * @param rung how one part of it is seen
 * @returns one trial for each kind of record
 */
export function moves(rehearsal: Rehearsal, rung: Rung): Trial[] {
  const { report, events } = rehearsal;
  const isMoved = report.moved;
  const files = new Set(
    events.flatMap((it) => it.kind === "slot" && it.pid === report.pid ? [it.file] : []),
  );
  return asked(rung, report.births.length, isMoved).map(({ kind, functions, many, things }) => {
    const came = events.filter((it) => {
      if (it.kind !== kind) return false;
      // The child of the stimulus exits, not the stimulus.
      if (it.kind === "flush") return files.has(it.file);
      if (it.kind === "left") return true;
      if (it.kind === "use" && HOW[it.how] !== rung.what) return false;
      return "pid" in it && it.pid === report.pid;
    }).length;
    return trial(rung, doorsOf(rung, functions), { done: many, came: Math.min(came, many), things });
  });
}

function asked(rung: Rung, births: number, isMoved: boolean): readonly Asked[] {
  const once = isMoved ? 1 : 0;
  switch (rung.what) {
    case "slots filled":
      return [
        { kind: "slot", functions: ["fd_install"], many: births + once, things: "slots that were filled" },
        { kind: "replace", functions: ["do_dup2"], many: once, things: "slots that were filled by dup2" },
      ];
    case "slots emptied":
      return [
        {
          kind: "empty",
          functions: rung.functions.filter((it) => it !== "filp_close"),
          many: births + once,
          things: "slots that were emptied",
        },
        { kind: "flush", functions: ["filp_close"], many: 2 * once, things: "slots that an exit emptied" },
      ];
    case "fd tables":
      return [
        { kind: "copy", functions: ["dup_fd"], many: once, things: "fd tables that were copied" },
        { kind: "heir", functions: ["copy_process"], many: once, things: "fd tables of children" },
        { kind: "left", functions: ["exit_files"], many: once, things: "fd tables that were let go of" },
      ];
    case "close-on-exec":
      return [
        { kind: "mark", functions: ["set_close_on_exec"], many: once, things: "changes of close-on-exec" },
        ...(rung.functions.length > 1
          ? [
            {
              kind: "range",
              functions: rung.functions.slice(1),
              many: once,
              things: "calls of close_range",
            } as const,
          ]
          : []),
      ];
    default:
      return [{ kind: "use", functions: rung.functions, many: once, things: rung.what }];
  }
}
