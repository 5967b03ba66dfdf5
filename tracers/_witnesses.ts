/**
 * Probes that must agree: what one of them did not see, another one tells.
 *
 * A probe can be passed without its program being run: by a kretprobe without a free instance, by a program that is
 * interrupted by itself, or because somebody has switched probes off. No number is missing then. So calls with
 * CLONE_PIDFD are counted where they begin and where they return, and their children a second time by the tracepoint
 * `task:task_newtask`, which needs neither kprobes nor ftrace. It fires inside copy_process(), when nothing can fail
 * any more (kernel/fork.c). The heartbeat prints the counts; they are compared where all of them are known.
 *
 * @module
 */

import {
  argument,
  binary,
  builtin,
  if_,
  increment,
  int,
  let_,
  lookup,
  probe,
  rawtracepoint,
  set,
  tracepoint,
  WITNESSES,
} from "../program/mod.ts";
import type { Dialect, Expr, Probe, Statement } from "../program/mod.ts";
import type { Doors } from "./_doors.ts";
import { CLONE_PIDFD, MAPS } from "./_kernel_terms.ts";
import type { Rung } from "./tracer.ts";

/** The tracepoint that tells of every new task. */
const NEW_TASK = "task:task_newtask";

/** Probes that a plan may have, its own frame among them. */
export const PROBES_MAX = 20;

/** The statement that counts on the CPU at hand. */
export function counted(map: (typeof WITNESSES)[keyof typeof WITNESSES]): Statement {
  return let_("counted", increment(map, builtin("cpu")));
}

/** The statements that follow a `struct pid` from now on, and count when there is no room for it. */
export function track(address: Expr): readonly Statement[] {
  return [
    set(MAPS.tracked, address, int(1)),
    if_(binary(lookup(MAPS.tracked, address), "==", int(0)), [counted(WITNESSES.unfollowed)]),
  ];
}

/** The probe that counts births by clone a second time, or why there is none. */
export interface SecondSight {
  /** The probe; none when it is not to be. */
  readonly probes: readonly Probe[];
  /** What is not seen without it, one sentence each. */
  readonly cannotSee: readonly string[];
}

/**
 * Looks for an independent probe of births by clone and clone3.
 *
 * @param clones how these births are seen
 * @param options the doors of the kernel, how its bpftrace is written, and how many more probes there may be
 * @returns the probe, or the reason why there is none
 */
export function secondSight(
  clones: Rung | undefined,
  options: { readonly doors: Doors; readonly dialect: Dialect; readonly room: number },
): SecondSight {
  if (clones === undefined || clones.step === "none") return { probes: [], cannotSee: [] };
  const { doors, dialect, room } = options;
  const reason = clones.step === "tracepoint"
    ? `they are seen by ${NEW_TASK} itself`
    : doors.tracepoint(NEW_TASK) ?? (room > 0 ? undefined : `a plan has at most ${PROBES_MAX} probes`);
  if (reason === undefined) return { probes: [newTask(dialect)], cannotSee: [] };
  return {
    probes: [],
    cannotSee: [`whether a birth by clone or clone3 was missed is not told by a second probe: ${reason}`],
  };
}

function newTask({ hasRawTracepoints }: Dialect): Probe {
  const flags = hasRawTracepoints ? builtin("arg1") : argument("clone_flags");
  const attach = hasRawTracepoints ? rawtracepoint("task_newtask") : tracepoint("task", "task_newtask");
  return probe(attach, "A second witness of births by clone: counts them, and is compared with the first.", {
    when: binary(binary(flags, "&", int(CLONE_PIDFD)), "!=", int(0)),
    body: [counted(WITNESSES.newtask)],
  });
}
