/**
 * What the kernel does in a call that makes a pidfd, function by function, with the values that pass through them.
 *
 * It adds probes to a plan for functions of a table that the kernel has, and looks at the threads of one program alone.
 * A program in user space sees what a call returned; these records say on which way it came to that, and what was done
 * and undone meanwhile. For a sound kernel of 6.12 and a clone with CLONE_PIDFD they are
 *
 * ```text
 * kernel_clone(flags) > copy_process > dup_fd = > alloc_pid = pid, level 0 > get_unused_fd_flags = 3 >
 * pidfs_alloc_file(pid) = file > cgroup_can_fork = 0 > fd_install(3, file) > copy_process = child > kernel_clone = child
 * ```
 *
 * Overhead: one comparison of `comm` wherever any file is installed and any process made. It is for runs with a stimulus
 * of our own.
 *
 * @module
 */

import type { KernelFacts } from "../kernel/mod.ts";
import {
  argument,
  binary,
  builtin,
  cast,
  emit,
  fentry,
  fexit,
  field,
  if_,
  int,
  kaddr,
  let_,
  load,
  mergePlaces,
  probe,
  renderAttachPoint,
  variable,
} from "../program/mod.ts";
import type { EmitValues, Expr, Probe, Statement } from "../program/mod.ts";
import { ANONYMOUS_FILES } from "./_anonymous_files.ts";
import { Doors } from "./_doors.ts";
import type { SilentDoors } from "./_doors.ts";
import { countOf } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import { PIDFS_FILES } from "./_pidfs_files.ts";
import type { Plan } from "./tracer.ts";
import { isProgram } from "./_watched_program.ts";
import { findWhoPlace } from "./_who.ts";
import type { WhoPlace } from "./_who.ts";

/**
 * The functions by their place in a `func` record; a name that is here keeps its place.
 *
 * | function | entered: value | returned: value; detail |
 * | --- | --- | --- |
 * | `kernel_clone` | low 32 bits of `args->flags` | what it returned |
 * | `copy_process` | | the child's number, 0 after a failure; 1 when it has its parent's fd table |
 * | `dup_fd` | | 0 |
 * | `alloc_pid` | | its number in the namespace of the depth that stands behind it, one record for each depth |
 * | `get_unused_fd_flags`, `cgroup_can_fork` | | what it returned |
 * | makers of files | flags | |
 * | `anon_inode_getfd` | flags | what it returned |
 * | `fd_install`, `put_unused_fd`, `close_fd` | the fd | |
 * | `free_pid` | `count` | |
 * | `pidfd_poll` | | the events that it returned |
 */
export const CLONE_WATCH: readonly string[] = [
  "kernel_clone",
  "copy_process",
  "dup_fd",
  "alloc_pid",
  "get_unused_fd_flags",
  "pidfs_alloc_file",
  "__anon_inode_getfile",
  "anon_inode_getfile",
  "anon_inode_getfd",
  "cgroup_can_fork",
  "fd_install",
  "put_unused_fd",
  "close_fd",
  "free_pid",
  "pidfd_poll",
];

/** How many depths of pid namespaces are told of. */
const DEPTHS = 3;

/** A plan with the functions in it. */
export interface WatchPlan {
  /** The plan, with more probes. */
  readonly plan: Plan;
  /** Functions of the table that are watched. */
  readonly watched: readonly string[];
  /** Why others are not, one sentence each. */
  readonly unwatched: readonly string[];
}

/** The values of a record that has them. */
type Values = Partial<EmitValues<"func">>;

/**
 * Adds the probes that show what a call does to a plan.
 *
 * @param facts what the kernel is known to have, {@linkcode CLONE_WATCH} asked for
 * @param plan the plan for that kernel
 * @param options `comm`: the program whose threads are watched, eight characters of ASCII; `silent` as for the plan
 * @returns the plan with those probes; without types it is unchanged, and the reason is told
 * @throws {RangeError} when `comm` is of another length
 */
export function watchClones(
  facts: KernelFacts,
  plan: Plan,
  options: { readonly comm: string; readonly silent?: SilentDoors },
): WatchPlan {
  const when = isProgram(options.comm);
  const { dialect } = plan.program;
  const btf = facts.btf.kind === "known" ? facts.btf.value : undefined;
  if (
    btf === undefined || btf.functionParameters("copy_process")?.some((it) => it.name === "args") !== true
  ) {
    const reason = "What a call does inside of the kernel is not seen: BTF does not describe copy_process()";
    return { plan, watched: [], unwatched: [reason] };
  }
  const doors = new Doors(facts, { btf, dialect, silent: options.silent ?? new Map() });
  const files = plan.law === "per-file" ? ANONYMOUS_FILES : PIDFS_FILES;
  const makers = CLONE_WATCH.filter((it) => files.makers.includes(it));
  // Of two makers the one that all paths take is enough: it is called by the other one.
  const maker = makers.find((it) => doors.door(it) !== undefined);
  const all = probesOf({
    files,
    who: findWhoPlace(btf),
    operationsKnown: facts.symbols.has(files.operations),
  })
    .filter(({ name }) => !files.makers.includes(name) || name === maker);
  const seen = all.filter(({ name }) => doors.door(name) !== undefined);
  const added = doors.through(
    mergePlaces(seen.map((it) => ({ ...it.probe, when: both(when, it.probe.when) }))),
  );

  const [begin, ...others] = plan.program.probes;
  if (begin === undefined) throw new TypeError("Cannot add to a program: it has no probe");
  const probes = mergePlaces([begin, ...others, ...added]);
  return {
    plan: {
      ...plan,
      probes: probes.map((it) => renderAttachPoint(it.attach, dialect)),
      program: { ...plan.program, probes },
    },
    watched: [...new Set(seen.map((it) => it.name))],
    unwatched: [...new Set(all.map((it) => it.name))].flatMap((name) => {
      const [reason] = doors.reasons(name).slice(-1);
      return doors.door(name) === undefined ? [`${name} is not watched: ${reason}`] : [];
    }),
  };
}

function both(one: Expr, other: Expr | undefined): Expr {
  return other === undefined ? one : binary(one, "&&", other);
}

/** One probe, and the function that it is about. */
interface Watch {
  readonly name: string;
  readonly probe: Probe;
}

function probesOf(
  kernel: {
    readonly files: PidfdFiles;
    readonly who: WhoPlace | undefined;
    readonly operationsKnown: boolean;
  },
): readonly Watch[] {
  const { files, who, operationsKnown } = kernel;
  const pid = argument("pid");
  return [
    entered("kernel_clone", { value: field(argument("args"), "->flags") }),
    returned("kernel_clone", { value: builtin("retval") }),
    entered("copy_process", {}),
    childMade(),
    returned("dup_fd", {}),
    ...(who === undefined ? [] : [entered("alloc_pid", {}), numbersGiven(who)]),
    // This one is called at each open. A return of it, or of dup_fd(), that is missing accuses nobody.
    returned("get_unused_fd_flags", { value: builtin("retval") }),
    ...makings(files),
    entered("cgroup_can_fork", {}),
    returned("cgroup_can_fork", { value: builtin("retval") }),
    ...(operationsKnown ? [installed(files)] : []),
    entered("put_unused_fd", { value: argument("fd") }),
    entered("close_fd", { value: argument("fd") }),
    entered("free_pid", { value: countOf(pid), pidAddress: pid }),
    polled(files),
  ];
}

/** The statements that print a record. */
function told(name: string, returned: 0 | 1, values: Values): readonly Statement[] {
  return emit("func", {
    function: int(CLONE_WATCH.indexOf(name)),
    returned: int(returned),
    value: int(0),
    detail: int(0),
    pidAddress: int(0),
    file: int(0),
    ...values,
  });
}

function entered(name: string, values: Values): Watch {
  return {
    name,
    probe: probe(fentry(name), "A step of the watched program.", { body: told(name, 0, values) }),
  };
}

function returned(name: string, values: Values): Watch {
  return {
    name,
    probe: probe(fexit(name), "A step of the watched program is over.", { body: told(name, 1, values) }),
  };
}

function childMade(): Watch {
  const name = "copy_process";
  const child = builtin("retval");
  const tableOf = (task: Expr) => cast("uint64", field(task, "->files"));
  const body = [
    let_("pid", cast("uint64", field(child, "->thread_pid"))),
    let_("shared", cast("uint64", int(0))),
    if_(binary(tableOf(child), "==", tableOf(builtin("curtask"))), [let_("shared", cast("uint64", int(1)))]),
    // What is read through an error pointer is 0.
    if_(binary(field(child, "->pid"), "==", int(0)), [let_("pid", cast("uint64", child))]),
    ...told(name, 1, {
      value: field(child, "->pid"),
      detail: variable("shared"),
      pidAddress: variable("pid"),
    }),
  ];
  return { name, probe: probe(fexit(name), "The child is made, or it is not.", { body }) };
}

function numbersGiven({ numberOffset, numberBytes }: WhoPlace): Watch {
  const name = "alloc_pid";
  const pid = builtin("retval");
  const nr = (depth: number) =>
    load("uint32", binary(cast("uint64", pid), "+", int(numberOffset + depth * numberBytes)));
  const tell = (depth: number): readonly Statement[] =>
    told(name, 1, { value: nr(depth), detail: int(depth), pidAddress: pid });
  const level = cast("int32", field(pid, "->level"));
  const deeper = Array.from({ length: DEPTHS - 1 }, (_, at) => at + 1)
    .map((depth) => if_(binary(level, ">", int(depth - 1)), tell(depth)));
  return {
    name,
    probe: probe(fexit(name), "A struct pid has its numbers, one for each depth.", {
      body: [...tell(0), ...deeper],
    }),
  };
}

/** Where a pidfd's file is made. */
function makings(files: PidfdFiles): readonly Watch[] {
  const isAnonymous = files === ANONYMOUS_FILES;
  const pid = cast("struct pid *", argument(isAnonymous ? "priv" : "pid"));
  const when = binary(cast("uint64", argument("fops")), "==", kaddr(files.operations));
  const ofPidfd = isAnonymous ? { when } : {};
  const making = (name: string): readonly Watch[] => [
    {
      name,
      probe: probe(fentry(name), "A pidfd's file is about to be made.", {
        ...ofPidfd,
        body: told(name, 0, { value: argument("flags"), pidAddress: pid }),
      }),
    },
    {
      name,
      probe: probe(fexit(name), "A pidfd's file was made, or it was not.", {
        ...ofPidfd,
        body: told(
          name,
          1,
          name === "anon_inode_getfd"
            ? { value: builtin("retval"), pidAddress: pid }
            : { pidAddress: pid, file: builtin("retval") },
        ),
      }),
    },
  ];
  return [...files.makers, ...(isAnonymous ? ["anon_inode_getfd"] : [])].flatMap(making);
}

function installed(files: PidfdFiles): Watch {
  const name = "fd_install";
  const file = argument("file");
  const isPidfd = binary(cast("uint64", field(file, "->f_op")), "==", kaddr(files.operations));
  return {
    name,
    probe: probe(fentry(name), "A pidfd's file gets its number.", {
      when: isPidfd,
      body: told(name, 0, { value: argument("fd"), pidAddress: files.pidOf(file), file }),
    }),
  };
}

function polled(files: PidfdFiles): Watch {
  const file = argument("file");
  return returned("pidfd_poll", { value: builtin("retval"), pidAddress: files.pidOf(file), file });
}
