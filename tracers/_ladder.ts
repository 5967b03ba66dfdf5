/**
 * What is to be seen, the ways to see it, and which of them the kernel at hand has.
 *
 * A way that is not the best one says what it loses; that there is no way at all is a loss too, and never silence.
 *
 * @module
 */

import type { Probe } from "../program/mod.ts";
import type { Door, Doors } from "./_doors.ts";
import type { Rung } from "./tracer.ts";

/** One way to see something. */
export interface Way {
  /** Functions that it watches; all of them are needed. */
  readonly functions: readonly string[];
  /** Other things that it needs, each with the reason why it is not there. */
  readonly missing?: readonly (string | undefined)[];
  /** Tracepoints that it uses instead; all of them are needed. */
  readonly tracepoints?: readonly string[];
  /** What it does not see that the best way sees, one sentence each. */
  readonly loses?: readonly string[];
  /** Its probes, written for fentry and fexit. */
  readonly probes: () => readonly Probe[];
}

/** Something to see. */
export interface Sight {
  /** Its name, such as `births by clone and clone3`. */
  readonly what: string;
  /** The ways, the best one first; a way is looked at only when no better one is there. */
  readonly ways: readonly (() => Way)[];
  /** What is lost without any of them. */
  readonly without: readonly string[];
}

/** How something is seen on the kernel at hand. */
export interface Seen {
  /** For people and programs. */
  readonly rung: Rung;
  /** The probes, not yet written for the doors of the kernel: those of one place are one probe before. */
  readonly probes: readonly Probe[];
}

/** What every kretprobe loses; fexit does not (measured: 40 sleeping callers, 10 returns). */
const MISSED_RETURNS = "a return can be missed when many callers are in the function at once (kretprobe)";

/**
 * Takes the first way that the kernel has.
 *
 * @param sight what is to be seen
 * @param doors the kernel's doors
 * @returns how it is seen, or that it is not
 */
export function climb(sight: Sight, doors: Doors): Seen {
  const passedOver: string[] = [];
  for (const look of sight.ways) {
    const way = look();
    const reasons = obstaclesOf(way, doors);
    if (reasons.length > 0) {
      passedOver.push(...reasons);
      continue;
    }
    const used = way.functions.map((it) => doors.door(it));
    const tracepoints = way.tracepoints ?? [];
    const functional = used.includes("kprobe") ? "kprobe" : "fentry";
    const instead = way.functions.flatMap((it) => doors.door(it) === "kprobe" ? doors.reasons(it) : []);
    const probes = way.probes();
    const returns = doors.through(probes).some((it) => it.attach.kind === "kretprobe")
      ? [MISSED_RETURNS]
      : [];
    return {
      rung: {
        what: sight.what,
        step: tracepoints.length > 0 ? "tracepoint" : functional,
        functions: way.functions,
        doors: [
          ...way.functions.map((it) => `${doors.door(it)}:${it}`),
          ...tracepoints.map((it) => `tracepoint:${it}`),
        ],
        loses: [...way.loses ?? [], ...returns],
        instead: [...new Set([...passedOver, ...instead])],
      },
      probes,
    };
  }
  const instead = [...new Set(passedOver)];
  return {
    rung: { what: sight.what, step: "none", functions: [], doors: [], loses: sight.without, instead },
    probes: [],
  };
}

function obstaclesOf(way: Way, doors: Doors): readonly string[] {
  const closed = (["fentry", "kprobe"] as const satisfies readonly Door[]).map((it) => doors.closed(it));
  const [fentry, kprobe] = closed;
  const functions = fentry !== undefined && kprobe !== undefined && way.functions.length > 0
    ? [fentry, kprobe]
    : way.functions.flatMap((it) => doors.door(it) === undefined ? doors.reasons(it) : []);
  const tracepoints = (way.tracepoints ?? []).map((it) => doors.tracepoint(it));
  return [...functions, ...[...tracepoints, ...way.missing ?? []].filter((it) => it !== undefined)];
}
