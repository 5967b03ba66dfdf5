/**
 * What the probes told of a stimulus of known behaviour: whether each of them fired, and with the right values.
 *
 * A verdict must not rest on a probe that was never seen to fire. So before a run the tool makes some pidfds itself,
 * and this compares what came with what was done.
 *
 * @module
 */

import type { StimulusReport } from "../capture/mod.ts";
import type { WireEvent } from "../schema/mod.ts";
import type { Rung } from "../tracers/mod.ts";
import { doorsOf, NO_STIMULUS, trial } from "./_trial.ts";
import type { Rehearsal, Trial } from "./_trial.ts";
import { moves } from "./_rehearsed_moves.ts";

type Of<T extends WireEvent["kind"]> = Extract<WireEvent, { kind: T }>;

/** The count at the birth of a process's first pidfd: one for the pid hash, one for the pidfd. */
const COUNT_AT_BIRTH = 2;

/**
 * Compares.
 *
 * @param rehearsal what was done, and what came
 * @returns one trial for each thing that the plan sees
 */
export function judgeRehearsal(rehearsal: Rehearsal): readonly Trial[] {
  return rehearsal.ladder.filter((it) => it.step !== "none").flatMap((rung): Trial[] => {
    switch (rung.what) {
      case "births by clone and clone3":
        return clones(rehearsal, rung);
      case "births by pidfd_open":
        return [opens(rehearsal, rung)];
      case "pidfd files being made":
        return [files(rehearsal, rung)];
      case "births":
        return [forcedBirths(rehearsal, rung)];
      case "releases":
        return releases(rehearsal, rung);
      case "reaps":
        return [seen(rehearsal, rung, { kind: "reap", functions: ["release_task"] })];
      case "frees":
        return [seen(rehearsal, rung, { kind: "put", functions: ["delayed_put_pid"] })];
      case "slots filled":
      case "slots emptied":
      case "fd tables":
      case "close-on-exec":
      case "uses by pidfd_pid":
      case "uses by pidfd_poll":
      case "uses by pidfd_ioctl":
        return moves(rehearsal, rung);
      default:
        return [{ what: rung.what, verdict: "untried", doors: rung.doors, says: NO_STIMULUS }];
    }
  });
}

/** Records of one kind that the stimulus itself caused. */
function own<T extends "clone" | "open" | "failed" | "made" | "release" | "evict" | "drop">(
  { events, report }: Rehearsal,
  kind: T,
): readonly Of<T>[] {
  const isOwn = (it: WireEvent): it is Of<T> => it.kind === kind && "pid" in it && it.pid === report.pid;
  return events.filter(isOwn);
}

function born({ report }: Rehearsal, ...calls: readonly string[]): StimulusReport["births"] {
  return report.births.filter((it) => calls.includes(it.call));
}

function clones(rehearsal: Rehearsal, rung: Rung): Trial[] {
  const births = born(rehearsal, "clone", "clone3");
  const told = own(rehearsal, "clone");
  const pairs = births.flatMap((birth) => {
    const record = told.find((it) => it.child === birth.target);
    return record === undefined ? [] : [{ birth, record }];
  });
  const wrong = pairs.map(({ birth, record }) => {
    if (record.fd !== birth.fd) return `fd ${record.fd} instead of ${birth.fd}`;
    if (record.count !== COUNT_AT_BIRTH) return `count ${record.count} instead of ${COUNT_AT_BIRTH}`;
    // 2 is said where the one cannot be told from the other.
    if (record.clone3 < 2 && (record.clone3 === 1) !== (birth.call === "clone3")) {
      return `another call than ${birth.call}`;
    }
    return undefined;
  }).find((it) => it !== undefined);
  const outcome = { done: births.length, came: pairs.length, wrong, things: "births by clone and clone3" };
  const birth = trial(rung, doorsOf(rung, ["copy_process"]), outcome);
  if (rung.step === "tracepoint") return [birth];
  const failed = trial(rung, doorsOf(rung, ["kernel_clone"]), {
    done: rehearsal.report.failed ? 1 : 0,
    came: own(rehearsal, "failed").length,
    things: "calls of clone that fail",
  });
  return [birth, failed];
}

function opens(rehearsal: Rehearsal, rung: Rung): Trial {
  const births = born(rehearsal, "pidfd_open");
  const told = own(rehearsal, "open");
  const pairs = births.flatMap((birth) => {
    const record = told.find((it) => it.result === birth.fd);
    return record === undefined ? [] : [{ birth, record }];
  });
  const wrong = pairs.map(({ birth, record }) => {
    if (record.slotFile === "0") return "no file in the slot";
    // 0 is said where the number cannot be read.
    return record.nr === 0 || record.nr === birth.target
      ? undefined
      : `process ${record.nr} instead of ${birth.target}`;
  }).find((it) => it !== undefined);
  return trial(rung, rung.doors, {
    done: births.length,
    came: pairs.length,
    wrong,
    things: "births by pidfd_open",
  });
}

function files(rehearsal: Rehearsal, rung: Rung): Trial {
  const records = [...own(rehearsal, "clone"), ...own(rehearsal, "open").filter((it) => it.result >= 0)];
  const known = records.filter((it) => it.file !== "0");
  // Without a probe where the file is made, what stands in the slot is taken; then both are the same by definition.
  const other = known.find((it) => it.file !== it.slotFile);
  const wrong = other === undefined ? undefined : "another file than the one in the slot";
  return trial(rung, rung.doors, {
    done: records.length,
    came: known.length,
    wrong,
    things: "files of its pidfds",
  });
}

function forcedBirths(rehearsal: Rehearsal, rung: Rung): Trial {
  const done = rehearsal.report.births.length;
  return trial(rung, rung.doors, { done, came: own(rehearsal, "made").length, things: "births" });
}

function releases(rehearsal: Rehearsal, rung: Rung): Trial[] {
  const done = rehearsal.report.births.length;
  const [first, ...others] = rung.functions;
  const released = trial(rung, doorsOf(rung, [first ?? ""]), {
    done,
    came: own(rehearsal, "release").length,
    things: "releases",
  });
  const dropped = trial(rung, doorsOf(rung, others.length === 0 ? [first ?? ""] : others), {
    done,
    came: own(rehearsal, "evict").length + own(rehearsal, "drop").length,
    things: "references that were dropped",
  });
  return [released, dropped];
}

/** Records about the targets of the stimulus, whoever runs when they are made. */
function seen(
  rehearsal: Rehearsal,
  rung: Rung,
  asked: { readonly kind: "reap" | "put"; readonly functions: readonly string[] },
): Trial {
  const births = [...own(rehearsal, "clone"), ...own(rehearsal, "open").filter((it) => it.result >= 0)];
  const addresses = new Set(births.map((it) => it.pidAddress));
  const about = rehearsal.events.filter((it) => it.kind === asked.kind && addresses.has(it.pidAddress));
  const came = new Set(about.map((it) => "pidAddress" in it ? it.pidAddress : "")).size;
  return trial(rung, doorsOf(rung, asked.functions), {
    done: addresses.size,
    came,
    things: asked.kind === "reap" ? "reaps" : "ends of a grace period",
  });
}
