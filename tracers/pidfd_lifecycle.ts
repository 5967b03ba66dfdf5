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
import { renderAttachPoint } from "../program/mod.ts";
import type { Probe, TraceProgram } from "../program/mod.ts";
import { ANONYMOUS_FILES } from "./_anonymous_files.ts";
import { births } from "./_births.ts";
import { housekeeping } from "./_housekeeping.ts";
import { PIDFS_FILES } from "./_pidfs_files.ts";
import { EXIT_TRACEPOINT, findSites, FUNCTIONS, PIDFD_OPEN } from "./_sites.ts";
import { targets } from "./_targets.ts";
import type { NoPlan, Plan, TraceLimits } from "./tracer.ts";

/** The functions and data that this tracer asks about, for `discover`. */
export const LIFECYCLE_SYMBOLS: readonly string[] = [
  ...FUNCTIONS,
  ...[PIDFS_FILES, ANONYMOUS_FILES].flatMap((files) => [...files.functions, files.operations]),
  PIDFD_OPEN,
  "do_exit",
  "put_pid",
  "pidfs_free_pid",
  "pidfs_register_pid",
  "pidfd_prepare",
  "pidfd_create",
  "anon_inode_getfd",
];

/** The tracepoints that this tracer asks about. */
export const LIFECYCLE_TRACEPOINTS: readonly string[] = [EXIT_TRACEPOINT];

/** Processes that can be followed at once: entries of a map. */
const TRACKED_MAX = 16_384;

/** Bytes of one `printf`'s arguments; the largest record has 21 words. */
const ON_STACK_LIMIT = 256;

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
  const { law } = facts.pidfd;
  const files = law === "per-file" ? ANONYMOUS_FILES : PIDFS_FILES;
  const found = btf === undefined ? undefined : findSites(facts, btf, files);
  reasons.push(...found?.reasons ?? []);
  if (reasons.length > 0 || found?.sites === undefined) {
    return {
      reasons,
      hint: "Run with --target lab:6.12 to see the tool at work on a kernel that has all of this",
    };
  }
  const { follow } = limits;
  const subject = [
    ...births({ ...found.sites, follow, files }),
    ...files.releases(),
    ...targets({ ...found.sites, follow }),
  ];
  const { first, last } = housekeeping(limits, subject);
  const probes = [...first, ...subject, ...last];
  return {
    generation: `${facts.pidfd.generation ?? "unknown"} (${files.name})`,
    law: files.law,
    probes: probes.map((it) => renderAttachPoint(it.attach)),
    cannotSee: files.cannotSee,
    unconfirmed: [...found.unconfirmed, ...untried(facts)],
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

/** Shapes of the pidfd code that were traced, and whose every count was as it should be: Linux 6.1 and 6.12. */
const TRIED: readonly string[] = ["G2", "G3"];

/** What is not known of a shape that was never traced. */
function untried({ pidfd: { candidates } }: KernelFacts): readonly string[] {
  const others = candidates.filter((it) => !TRIED.includes(it));
  return others.length === 0
    ? []
    : [`generation ${others.join(" or ")} was never traced: a birth, a release or a free could pass unseen`];
}

function obstacles(facts: KernelFacts): readonly string[] {
  return obstaclesOf(checkup(facts)).map((it) => it.says);
}
