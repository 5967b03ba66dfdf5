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
 * COUNT is the `struct pid`'s counter after the step, and what it should be: one for the pid hash, one for the inode
 * that all pidfds of the process share. `+1` behind it is one holder more that is not known, such as somebody who
 * reads /proc.
 *
 * Overhead: the only probe on a path that every file takes is `__fput`, where the file's operations are compared in
 * the kernel. The others run once a fork, exit or pidfd.
 *
 * History of the symbols: pidfs came with Linux 6.9 (commit "pidfd: add pidfs"); before it pidfds were anonymous
 * inodes, and each held a reference of its own.
 *
 * @module
 */

import { checkup, obstaclesOf } from "../kernel/mod.ts";
import type { Btf, KernelFacts, Support } from "../kernel/mod.ts";
import { renderAttachPoint } from "../program/mod.ts";
import type { Probe, TraceProgram } from "../program/mod.ts";
import { PIDTYPE_TGID } from "./_kernel_terms.ts";
import { births } from "./_births.ts";
import type { BirthSites } from "./_births.ts";
import { housekeeping } from "./_housekeeping.ts";
import { releases } from "./_releases.ts";
import { targets } from "./_targets.ts";
import type { TargetSites } from "./_targets.ts";
import type { NoPlan, Plan, TraceLimits } from "./tracer.ts";

/** Functions that must be there for fentry and fexit. */
const FUNCTIONS = [
  "copy_process",
  "kernel_clone",
  "pidfs_alloc_file",
  "__fput",
  "pidfs_evict_inode",
  "release_task",
  "free_pid",
  "delayed_put_pid",
] as const;

/** System call function of pidfd_open. Its arguments are read from the registers of x86-64. */
const PIDFD_OPEN = "__x64_sys_pidfd_open";

/** The functions and data that this tracer asks about, for `discover`. */
export const LIFECYCLE_SYMBOLS: readonly string[] = [
  ...FUNCTIONS,
  PIDFD_OPEN,
  "put_pid",
  "pidfs_file_operations",
  "pidfs_free_pid",
  "pidfs_register_pid",
  "pidfd_prepare",
  "pidfd_create",
  "pidfd_release",
  "anon_inode_getfd",
];

/** The tracepoints that this tracer asks about. */
export const LIFECYCLE_TRACEPOINTS: readonly string[] = ["sched:sched_process_exit"];

/** Processes that can be followed at once: entries of a map. */
const TRACKED_MAX = 16_384;

/** Bytes of one `printf`'s arguments; the largest record has 21 words. */
const ON_STACK_LIMIT = 256;

const CANNOT_SEE: readonly string[] = [
  "births by SO_PEERPIDFD, SCM_PIDFD, fanotify and coredumps are seen with origin other, their fd number is not",
  "births by open_by_handle_at and by opening /proc/PID/fd/N again are not seen; the release of such a file is",
  "dup, inheritance and passing over sockets are not seen: a pidfd counts until its last reference goes",
  "the end of a single thread that a pidfd with PIDFD_THREAD names is seen when it is reaped, not when it exits",
];

/**
 * Chooses the probes for a kernel, or says why there are none.
 *
 * @param facts what the kernel is known to have
 * @param limits limits of the run
 * @returns the plan, or the reasons why there is none
 */
export function planLifecycle(facts: KernelFacts, limits: TraceLimits): Plan | NoPlan {
  const reasons = [...obstacles(facts)];
  const btf = facts.btf.kind === "known" ? facts.btf.value : undefined;
  // Without pidfs nothing of it can be found: that is one reason, not many.
  const isHopeless = btf === undefined || facts.pidfd.law === "per-file";
  const sites = isHopeless ? undefined : findSites(facts, btf, reasons);
  if (reasons.length > 0 || sites === undefined) {
    return {
      reasons,
      hint: "Run with --target lab:6.12 to see the tool at work on a kernel that has all of this",
    };
  }
  const { first, last } = housekeeping(limits);
  const probes = [
    ...first,
    ...births({ ...sites, follow: limits.follow }),
    ...releases(),
    ...targets({ ...sites, follow: limits.follow }),
    ...last,
  ];
  return {
    generation: `${facts.pidfd.generation ?? "unknown"} (pidfs)`,
    law: "per-inode",
    probes: probes.map((it) => renderAttachPoint(it.attach)),
    cannotSee: CANNOT_SEE,
    trackedMax: TRACKED_MAX,
    program: program(probes, limits),
  };
}

function program(probes: readonly Probe[], limits: TraceLimits): TraceProgram {
  return {
    config: { perfRbPages: limits.bufferPages, maxMapKeys: TRACKED_MAX, onStackLimit: ON_STACK_LIMIT },
    probes,
  };
}

function obstacles(facts: KernelFacts): readonly string[] {
  return obstaclesOf(checkup(facts)).map((it) => it.says);
}

function findSites(
  facts: KernelFacts,
  btf: Btf,
  reasons: string[],
): (Omit<BirthSites, "follow"> & Omit<TargetSites, "follow">) | undefined {
  const unprobed = new Unprobed(facts);
  for (const name of FUNCTIONS) unprobed.need(name, facts.symbols.traceable(name));
  const exit = "sched:sched_process_exit";
  unprobed.need(`the tracepoint ${exit}`, facts.tracepoints.get(exit)?.support);
  const putPid = ["put_pid.part.0", "put_pid"].find((name) =>
    facts.symbols.traceable(name).kind === "supported"
  );
  if (putPid === undefined) unprobed.need("put_pid", facts.symbols.traceable("put_pid"));
  reasons.push(...unprobed.reasons());
  const undescribed = FUNCTIONS.filter((name) => !btf.hasFunction(name));
  if (undescribed.length > 0) {
    reasons.push(`BTF does not describe ${undescribed.join(", ")}; so fentry cannot attach there`);
  }
  const operations = facts.symbols.exists("pidfs_file_operations");
  if (operations.kind !== "supported") {
    reasons.push(`The symbol pidfs_file_operations is needed: ${operations.reason}`);
  }
  const opens = btf.hasFunction(PIDFD_OPEN) && facts.symbols.has(PIDFD_OPEN);
  if (!opens) reasons.push(`The system call function ${PIDFD_OPEN} is not among the symbols`);
  const links = btf.field("task_struct", "pid_links");
  const rcu = btf.field("pid", "rcu");
  const rcuParameter = btf.functionParameters("delayed_put_pid")?.[0]?.name;
  if (links === undefined || rcu === undefined || rcuParameter === undefined) {
    reasons.push(
      "BTF does not give the place of task_struct.pid_links, pid.rcu or delayed_put_pid's parameter",
    );
    return undefined;
  }
  if (!opens || putPid === undefined) return undefined;
  const hlistNode = btf.sizeOf("hlist_node") ?? 16;
  return {
    pidfdOpen: PIDFD_OPEN,
    tgidLinkOffset: links.offsetBytes + PIDTYPE_TGID * hlistNode,
    rcuOffset: rcu.offsetBytes,
    rcuParameter,
    putPid,
  };
}

/** What is needed and cannot be probed, by the reason: one cause is told once. */
class Unprobed {
  readonly #byReason = new Map<string, string[]>();

  readonly #facts: KernelFacts;

  constructor(facts: KernelFacts) {
    this.#facts = facts;
  }

  need(what: string, support: Support | undefined): void {
    if (support?.kind === "supported") return;
    const reason = support?.reason ?? "It was not asked for";
    // What could not be read at all is an obstacle of its own, and told there.
    const { tracefs, symbols } = this.#facts;
    if ([tracefs, symbols.filterFunctions].some((it) => it.kind === "unknown" && it.reason === reason)) {
      return;
    }
    this.#byReason.set(reason, [...this.#byReason.get(reason) ?? [], what]);
  }

  reasons(): readonly string[] {
    return [...this.#byReason].map(([reason, names]) =>
      names.length === 1
        ? `${reason}; so ${names[0]} cannot be probed`
        : `${reason}; so none of ${names.join(", ")} can be probed`
    );
  }
}
