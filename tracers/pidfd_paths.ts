/**
 * Which functions the calls that make and close pidfds really enter on the kernel at hand.
 *
 * It adds one probe to a plan for each function of a table that the kernel has. Such a probe prints where a thread is,
 * as the place of the function in the table: nothing that the machine names stands in the line. It looks only at the
 * threads of one program, and only while they are in a call that is watched, up to the begin of their next one: before
 * Linux 6.12 a file goes when close(2) is over already, on the way back to user space.
 *
 * Overhead: one look into a map wherever any file is opened or closed, one comparison of `comm` in every system call.
 * It is for guests of the lab.
 *
 * @module
 */

import type { KernelFacts } from "../kernel/mod.ts";
import {
  argument,
  binary,
  builtin,
  cast,
  clear,
  emit,
  fentry,
  if_,
  int,
  kprobe,
  lookup,
  mergePlaces,
  probe,
  remove,
  renderAttachPoint,
  set,
  tracepoint,
} from "../program/mod.ts";
import type { Expr, Probe } from "../program/mod.ts";
import { Doors } from "./_doors.ts";
import type { SilentDoors } from "./_doors.ts";
import { THREAD } from "./_kernel_terms.ts";
import { PIDFD_OPEN } from "./_sights.ts";
import { isProgram } from "./_watched_program.ts";
import type { Plan } from "./tracer.ts";

/** The functions that can be on the way, by their place in a `step` record; a name that is here keeps its place. */
export const PATH_FUNCTIONS: readonly string[] = [
  "kernel_clone",
  "copy_process",
  "pidfd_create",
  "pidfd_prepare",
  "__pidfd_prepare",
  "anon_inode_getfd",
  "anon_inode_getfile",
  "__anon_inode_getfile",
  "pidfs_alloc_file",
  "pidfs_register_pid",
  "pidfs_register_pid_gfp",
  "fd_install",
  "close_fd",
  "file_close_fd",
  "filp_close",
  "filp_flush",
  "__fput_sync",
  "fput_close_sync",
  "__fput",
  "pidfd_release",
  "pidfs_file_release",
  "pidfs_evict_inode",
];

/** The calls that are watched, by their number on x86-64. */
export const PATH_CALLS = { close: 3, clone: 56, pidfd_open: 434, clone3: 435 } as const;

/** The name of such a call. */
export type PathCall = keyof typeof PATH_CALLS;

/** The tracepoints that are needed besides. */
export const PATH_TRACEPOINTS: readonly string[] = ["raw_syscalls:sys_enter"];

/** Maps by thread: number, first argument and begin of the watched call that it is in. */
const CALL = "call";
const CALL_ARGUMENT = "call_argument";
const CALL_BEGAN = "call_began";

/** A plan with the paths in it. */
export interface PathPlan {
  /** The plan, with more probes. */
  readonly plan: Plan;
  /** Functions of the table that are watched. */
  readonly watched: readonly string[];
  /** Why no path can be seen at all, one sentence each. */
  readonly reasons: readonly string[];
}

/**
 * Adds the probes that show the paths to a plan.
 *
 * @param facts what the kernel is known to have, {@linkcode PATH_FUNCTIONS} and {@linkcode PATH_TRACEPOINTS} asked for
 * @param plan the plan for that kernel
 * @param options `comm`: the program whose threads are watched, eight characters of ASCII; `silent` as for the plan
 * @returns the plan with those probes; unchanged, with the reasons, where no path can be seen
 * @throws {RangeError} when `comm` is of another length
 */
export function addPaths(
  facts: KernelFacts,
  plan: Plan,
  options: { readonly comm: string; readonly silent?: SilentDoors },
): PathPlan {
  const program = isProgram(options.comm);
  const { dialect } = plan.program;
  const btf = facts.btf.kind === "known" ? facts.btf.value : undefined;
  if (!facts.symbols.has(PIDFD_OPEN)) {
    const reason = `The numbers of the calls are those of x86-64, where ${PIDFD_OPEN} is among the symbols`;
    return { plan, watched: [], reasons: [reason] };
  }
  const doors = new Doors(facts, { btf, dialect, silent: options.silent ?? new Map() });
  const missing = PATH_TRACEPOINTS.map((it) =>
    doors.need(`the tracepoint ${it}`, facts.tracepoints.get(it)?.support, true)
  ).filter((it) => it !== undefined);
  if (missing.length > 0) return { plan, watched: [], reasons: missing };
  const steps = PATH_FUNCTIONS.flatMap((name, place) => {
    const door = doors.door(name);
    return door === undefined ? [] : [{ name, probe: entered(name, { place, door }) }];
  });
  const [begin, ...others] = plan.program.probes;
  if (begin === undefined) throw new TypeError("Cannot add to a program: it has no probe");
  const end = probe({ kind: "END" }, "Empties the maps of the calls.", {
    body: [CALL, CALL_ARGUMENT, CALL_BEGAN].map(clear),
  });
  // The maps are filled before they are read: bpftrace takes their types from there.
  const probes = mergePlaces([begin, callBegins(program), ...others, ...steps.map((it) => it.probe), end]);
  return {
    plan: {
      ...plan,
      probes: probes.map((it) => renderAttachPoint(it.attach, dialect)),
      program: { ...plan.program, probes },
    },
    watched: steps.map((it) => it.name),
    reasons: [],
  };
}

function callBegins(program: Expr): Probe {
  const call = argument("id");
  const watched = Object.values(PATH_CALLS)
    .map((it): Expr => binary(call, "==", int(it)))
    .reduce((all, it) => binary(all, "||", it));
  return probe(
    tracepoint("raw_syscalls", "sys_enter"),
    "A call of the watched program begins: remember which.",
    {
      when: program,
      body: [
        if_(watched, [
          set(CALL, THREAD, cast("uint64", call)),
          set(CALL_ARGUMENT, THREAD, cast("uint64", argument("args[0]"))),
          set(CALL_BEGAN, THREAD, cast("uint64", builtin("nsecs"))),
        ], [remove(CALL, THREAD), remove(CALL_ARGUMENT, THREAD), remove(CALL_BEGAN, THREAD)]),
      ],
    },
  );
}

function entered(name: string, at: { readonly place: number; readonly door: "fentry" | "kprobe" }): Probe {
  const attach = at.door === "fentry" ? fentry(name) : kprobe(name);
  return probe(attach, "A step on the way of a watched call.", {
    when: lookup(CALL, THREAD),
    body: emit("step", {
      call: lookup(CALL, THREAD),
      argument: lookup(CALL_ARGUMENT, THREAD),
      beganNs: lookup(CALL_BEGAN, THREAD),
      function: int(at.place),
    }),
  });
}
