/**
 * The lifecycle of pidfds: who makes one, when its last reference goes, and what becomes of the process that it names.
 *
 * ```text
 * EVENT          PID COMM            FD ORIGIN      TARGET TCOMM           COUNT
 * create        1184 stimulus         3 clone         1185 stimulus          2/2
 * exit          1185 stimulus                         1185 stimulus          2/2
 * release       1184 stimulus                         1185 stimulus          1/1
 * reap          1184 stimulus                         1185 stimulus          1/1
 * free             -                                  1185 stimulus          0/0
 * ```
 *
 * COUNT is the `struct pid`'s counter after the step, and what it should be: one for the pid hash, and what the pidfds
 * of the process hold. `+1` behind it is one holder more that is not known, such as somebody who reads /proc.
 *
 * Two laws say what the pidfds hold, and the kernel at hand decides which one is in force. On kernels with pidfs all
 * of them share one inode, and that holds one reference, as above. Before pidfs each pidfd's file holds one of its
 * own; so the count tells how many there are. Three pidfds of one process on Linux 6.1:
 *
 * ```text
 * TIME         EVENT       PID COMM          FD ORIGIN      TARGET   COUNT NOTE
 * 21:26:36.219 fork       1054 stimulus                       1114
 * 21:26:36.220 create     1054 stimulus       5 clone         1114     2/2
 * 21:26:36.228 create     1054 stimulus       6 pidfd_open    1114     3/3
 * 21:26:36.229 create     1054 stimulus       7 pidfd_open    1114     4/4
 * 21:26:36.229 release    1054 stimulus                       1114     3/3
 * 21:26:36.230 release    1054 stimulus                       1114     2/2
 * 21:26:36.230 release    1054 stimulus                       1114     1/1
 * 21:26:36.231 exit       1114 stimulus                       1114   2/1+1 =0
 * 21:26:36.232 reap       1054 stimulus                       1114   2/1+1
 * 21:26:36.247 free          - -                              1114     0/0
 * ```
 *
 * Overhead: with pidfs the only probe on a path that every file takes is `__fput`, where the file's operations are
 * compared in the kernel. Before it the same is done in `anon_inode_getfile`, where eventfds, timers and the like are
 * made, and nothing is on the path of a close. The others run once a fork, exit or pidfd.
 *
 * History of the symbols: pidfs came with Linux 6.9 (commit "pidfd: add pidfs"). Before it pidfds were anonymous
 * inodes of `pidfd_fops`, and `pidfd_release` dropped the reference of each; it runs when close(2) is over, on the way
 * back to user space.
 *
 * @module
 */

import { checkup, obstaclesOf } from "../kernel/mod.ts";
import type { KernelFacts } from "../kernel/mod.ts";
import { dialectOf, mergePlaces, renderAttachPoint, withoutTypes } from "../program/mod.ts";
import type { Dialect, Probe } from "../program/mod.ts";
import { ANONYMOUS_FILES } from "./_anonymous_files.ts";
import { CLONE_FUNCTIONS, GETFD } from "./_births.ts";
import { Doors } from "./_doors.ts";
import type { SilentDoors } from "./_doors.ts";
import { filtered } from "./_filter.ts";
import { housekeeping } from "./_housekeeping.ts";
import { MAPS } from "./_kernel_terms.ts";
import { climb } from "./_ladder.ts";
import { isLastPut, LAST_PUT_SYMBOLS } from "./_last_puts.ts";
import type { Seen } from "./_ladder.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import { PIDFS_FILES } from "./_pidfs_files.ts";
import { findPlaces } from "./_places.ts";
import { closesTwice, SLOT_PARTS, SLOT_SYMBOLS, slots } from "./_slot_sights.ts";
import { births, birthSites, CLONES, ends, forced, making, PIDFD_OPEN, releasing } from "./_sights.ts";
import type { SightSources } from "./_sights.ts";
import { exited } from "./_targets.ts";
import { CLONE_TRACEPOINTS, OPEN_TRACEPOINTS } from "./_tracepoint_births.ts";
import { USE_SYMBOLS, uses } from "./_uses.ts";
import { untypedEndings } from "./_untyped.ts";
import { UNTYPED_CANNOT_SEE, UNTYPED_SYMBOLS, untypedView } from "./_untyped_sights.ts";
import type { NoPlan, Plan, TraceLimits } from "./tracer.ts";
import { whoUnseen } from "./_who.ts";
import { PROBES_MAX, secondSight } from "./_witnesses.ts";

/** The tracepoint that tells when a target ends. */
const EXIT_TRACEPOINT = "sched:sched_process_exit";

/** The functions and data that this tracer asks about, for `discover`. */
export const LIFECYCLE_SYMBOLS: readonly string[] = [
  ...CLONE_FUNCTIONS,
  ...[PIDFS_FILES, ANONYMOUS_FILES].flatMap((files) => [
    ...files.makers,
    files.operations,
    ...files.releases.flatMap((it) => it.functions),
  ]),
  PIDFD_OPEN,
  "release_task",
  "do_exit",
  ...LAST_PUT_SYMBOLS,
  "pidfs_free_pid",
  "pidfs_register_pid",
  "pidfd_prepare",
  "pidfd_create",
  GETFD,
  ...SLOT_SYMBOLS,
  ...USE_SYMBOLS,
  ...UNTYPED_SYMBOLS,
];

/** The tracepoints that this tracer asks about. */
export const LIFECYCLE_TRACEPOINTS: readonly string[] = [
  EXIT_TRACEPOINT,
  ...CLONE_TRACEPOINTS,
  ...OPEN_TRACEPOINTS,
];

/** The functions that can be named as the only place where births are looked for. */
export const BIRTH_PROBES: readonly string[] = [
  GETFD,
  ...ANONYMOUS_FILES.makers,
  ...PIDFS_FILES.makers,
];

/** Processes that can be followed at once: entries of a map. */
const TRACKED_MAX = 16_384;

/** Bytes of one `printf`'s arguments; the largest record has 21 words. */
const ON_STACK_LIMIT = 256;

/** What a plan does not see that does not watch slots. */
const SLOTS_UNSEEN: readonly string[] = [
  "dup, inheritance and passing over sockets are not seen (--slots shows them): a pidfd counts until its last reference goes",
];

/** Probes that every plan has besides its subject: BEGIN, the heartbeat, the deadline and END. */
const FRAME_PROBES = 4;

/** What a plan does not see that watches them. */
const SLOTS_SEEN: readonly string[] = [
  "what another thread does to an fd table while that is copied can be missing in the copy, or stand in it wrongly",
  "an io_uring's fixed file and a bind mount hold a pidfd without a name: they count as unknown holders",
];

/** What a plan does not see that was asked for user stacks, where bpftrace has no room for them. */
const STACKS_UNSEEN: readonly string[] = [
  "from which user stacks pidfds come is not told: a program of this bpftrace has no room for them (0.23 has)",
];

/** What was found out about the doors of a kernel by trying them. */
export interface Experience {
  /** Doors that did not fire when they had to. @default {none} */
  readonly silent?: SilentDoors | undefined;
  /** The one function whose probe tells of births, when the user says so. @default {all that there are} */
  readonly birthProbe?: string | undefined;
}

/**
 * Chooses the probes for a kernel, or says why there are none.
 *
 * @param facts what the kernel is known to have
 * @param limits limits of the run, and what was found out by trying
 * @returns the plan, or the reasons why there is none
 */
export function planLifecycle(facts: KernelFacts, limits: TraceLimits & Experience): Plan | NoPlan {
  const reasons = [...obstacles(facts)];
  const { bpftrace } = facts;
  const dialect = bpftrace.kind === "known" ? dialectOf(bpftrace.value.version) : undefined;
  if (dialect === undefined || reasons.length > 0) return noPlan(reasons);
  const btf = facts.btf.kind === "known" ? facts.btf.value : undefined;
  const doors = new Doors(facts, { btf, dialect, silent: limits.silent ?? new Map() });
  const files = facts.pidfd.law === "per-file" ? ANONYMOUS_FILES : PIDFS_FILES;
  const places = btf === undefined ? undefined : findPlaces(btf);
  // The first kernels gave copy_process() its arguments one by one.
  const parameters = btf?.functionParameters("copy_process")?.map((it) => it.name);
  const isTyped = btf !== undefined && parameters?.includes("args") !== false;
  // Without types bpftrace can make nothing of a tracepoint unless it has the kernel's headers.
  const exit = isTyped ? doors.tracepoint(EXIT_TRACEPOINT) : doors.reasons("do_exit").slice(1)[0];
  if (exit !== undefined) reasons.push(exit);
  if (btf !== undefined && isTyped && places === undefined) {
    reasons.push("BTF does not give the places of task_struct.pid_links and task_struct.comm");
  }
  const follow = limits.follow || (limits.roots ?? []).length > 0;
  const view = btf !== undefined && places !== undefined && isTyped
    ? typedView({ facts, btf, doors, files, places, follow }, { ...limits, dialect })
    : withoutBtf(facts, { doors, files, follow, birthProbe: limits.birthProbe });
  const { bearing, all } = view;
  if (bearing.every((it) => it.rung.step === "none")) {
    reasons.push(...new Set(bearing.flatMap((it) => it.rung.instead)));
  }
  if (reasons.length > 0) return noPlan(reasons);
  const seen = [...mergePlaces(view.probes), ...view.endings];
  // The limit is that of the usual plan; who asks for more gets more.
  const isUsual = limits.slots !== true && limits.uses !== true;
  const room = isUsual ? PROBES_MAX - seen.length - FRAME_PROBES : 1;
  const clones = view.isTyped ? view.bearing.find((it) => it.rung.what === CLONES)?.rung : undefined;
  const second = secondSight(clones, { doors, dialect, room });
  const who = view.isTyped ? places?.who : undefined;
  const subject = filtered([...seen, ...second.probes], { filter: limits.filter, who });
  const { first, last } = housekeeping(limits, subject);
  const probes = [...first, ...subject.probes, ...last].map((it) => view.isTyped ? it : withoutTypes(it));
  const isSeen = (what: string) => all.some((it) => it.rung.what === what && it.rung.step !== "none");
  const slotsSeen = SLOT_PARTS.every(isSeen);
  return {
    generation: `${facts.pidfd.generation ?? facts.pidfd.candidates.join(" or ")} (${files.name})`,
    law: files.law,
    probes: probes.map((it) => renderAttachPoint(it.attach, dialect)),
    ladder: all.map((it) => it.rung),
    releasesSeen: isSeen("releases"),
    hashPutsSeen: isSeen("frees"),
    kprobesMatter: probes.some(({ attach }) =>
      (attach.kind === "kprobe" || attach.kind === "kretprobe") && !isLastPut(attach.function)
    ),
    slotsSeen,
    cgroupsSeen: who?.cgroupIdOffset !== undefined,
    cannotSee: [
      ...files.cannotSee,
      ...(slotsSeen ? SLOTS_SEEN : [...files.cannotSeeWithoutSlots, ...SLOTS_UNSEEN]),
      ...view.cannotSee,
      ...whoUnseen(who),
      ...new Set(all.flatMap((it) => it.rung.loses)),
      ...second.cannotSee,
    ],
    leftOut: subject.leftOut,
    unconfirmed: [...view.assumed, ...doors.unconfirmed()],
    trackedMax: TRACKED_MAX,
    program: {
      dialect,
      commOffset: places?.commOffset ?? 0,
      config: { perfRbPages: limits.bufferPages, maxMapKeys: TRACKED_MAX, onStackLimit: ON_STACK_LIMIT },
      probes,
    },
  };
}

/** The probes of what is seen, of which those of one place are one: a return takes away once what its entry kept. */
function through(doors: Doors, seen: readonly Seen[]): readonly Probe[] {
  return doors.through(mergePlaces(seen.flatMap((it) => it.probes)));
}

/** What is seen, and by which probes. */
interface View {
  /** Everything, in the order of the ladder. */
  readonly all: readonly Seen[];
  /** The probes of all of it, in an order in which every map is filled before it is read. */
  readonly probes: readonly Probe[];
  /** Those that tell of births. */
  readonly bearing: readonly Seen[];
  /** The probes that stand last. */
  readonly endings: readonly Probe[];
  /** What it does not see in any case. */
  readonly cannotSee: readonly string[];
  /** What it takes to be so. */
  readonly assumed: readonly string[];
  /** Whether it reads members of structs. */
  readonly isTyped: boolean;
}

function typedView(
  sources: SightSources,
  options: TraceLimits & Experience & { readonly dialect: Dialect },
): View {
  const { doors, follow } = sources;
  const { birthProbe } = options;
  const born = birthProbe === undefined
    ? births(sources, birthSites(sources)).map((it) => climb(it, doors))
    : [];
  const calls = [MAPS.cloning, MAPS.opening].filter((_, at) =>
    born[at] !== undefined && born[at].rung.step !== "none"
  );
  const made = climb(birthProbe === undefined ? making(sources, calls) : forced(sources, birthProbe), doors);
  const released = climb(releasing(sources), doors);
  const ended = ends(sources).map((it) => climb(it, doors));
  const closed = options.slots === true && options.closes === true
    ? [climb(closesTwice(sources), doors)]
    : [];
  const closesKept = closed.some((it) => it.rung.step !== "none");
  const slotted = options.slots === true
    ? slots(sources, { closesKept, stacksTold: options.stacks === true && options.dialect.hasRoomForStacks })
      .map((
        it,
      ) => climb(it, doors))
    : [];
  const used = options.uses === true ? uses(sources).map((it) => climb(it, doors)) : [];
  return {
    all: [...born, made, released, ...ended, ...closed, ...slotted, ...used],
    // That a number is closed again is told before it is kept that it was closed.
    probes: inOrder(through(doors, [made, ...born, released, ...ended, ...closed, ...slotted, ...used])),
    bearing: birthProbe === undefined ? born : [made],
    endings: [exited(follow, sources.places.who)],
    cannotSee: options.stacks === true && !options.dialect.hasRoomForStacks ? STACKS_UNSEEN : [],
    assumed: [],
    isTyped: true,
  };
}

function withoutBtf(
  facts: KernelFacts,
  options: {
    readonly doors: Doors;
    readonly files: PidfdFiles;
    readonly follow: boolean;
    readonly birthProbe: string | undefined;
  },
): View {
  const { doors } = options;
  const { births: born, made, released, assumed } = untypedView(facts, options);
  const forcedIn: Seen = {
    rung: {
      what: "births",
      step: "none",
      functions: [],
      doors: [],
      loses: [],
      instead: ["A single birth probe needs BTF"],
    },
    probes: [],
  };
  return {
    all: [...born, made, released],
    // What a file's end reads is filled where the file is made.
    probes: [...inOrder(through(doors, [made, ...born])), ...through(doors, [released])],
    bearing: options.birthProbe === undefined ? born : [forcedIn],
    endings: untypedEndings(options.follow),
    cannotSee: UNTYPED_CANNOT_SEE,
    assumed,
    isTyped: false,
  };
}

function noPlan(reasons: readonly string[]): NoPlan {
  return {
    reasons: [...new Set(reasons)],
    hint: "Run with --target lab:6.12 to see the tool at work on a kernel that has all of this",
  };
}

/**
 * The probes in an order in which every map is filled before it is read: bpftrace takes its type from there.
 *
 * What is filled at the begin of a call is read where a file is made, and what is filled there at the end of the call.
 */
function inOrder(probes: readonly Probe[]): readonly Probe[] {
  const isEntry = ({ attach }: Probe) =>
    attach.kind === "fentry" || attach.kind === "kprobe" ||
    (attach.kind === "tracepoint" && attach.name.startsWith("sys_enter_"));
  return [...probes.filter(isEntry), ...probes.filter((it) => !isEntry(it))];
}

function obstacles(facts: KernelFacts): readonly string[] {
  return obstaclesOf(checkup(facts)).map((it) => it.says);
}
