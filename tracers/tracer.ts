/**
 * What a tracer is: probes chosen for one kernel, and what they cannot see there.
 *
 * @module
 */

import type { TraceProgram } from "../program/mod.ts";

/** Who is asked for, as far as the program in the kernel has to do with it. */
export interface ActorFilter {
  /** Process ids; empty for all, unless there is a tree. */
  readonly pids: readonly number[];
  /** Thread ids; empty for all. */
  readonly tids: readonly number[];
  /** Real user ids; empty for all. */
  readonly uids: readonly number[];
  /** Whether the processes of the followed trees are asked for too. */
  readonly isTree: boolean;
  /** Whether what can concern nobody who is asked for is left out in the kernel. */
  readonly leaveOut: boolean;
  /** Whether the probes are tried first: nothing is left out until the stimulus has made its last call. */
  readonly isTried: boolean;
  /** Whether it is told under which uid each thread acts. */
  readonly owners: boolean;
  /** Whether it is told of each process in which cgroup it is, whatever it does. */
  readonly places: boolean;
}

/** Limits of one run, chosen by the user or by default. */
export interface TraceLimits {
  /** Seconds after which the program ends by itself. */
  readonly deadlineSeconds: number;
  /** Records of one CPU after which the program ends by itself; looked at once a second. */
  readonly eventsMax: number;
  /** Ring buffer of each CPU, in pages of 4 KiB. */
  readonly bufferPages: number;
  /** Whether the processes that the command makes are followed. */
  readonly follow: boolean;
  /** Processes whose descendants are followed, besides those of the command. @default {none} */
  readonly roots?: readonly number[] | undefined;
  /** Who is asked for. @default {everybody} */
  readonly filter?: ActorFilter | undefined;
  /** Whether the slots of fd tables are watched too. @default {false} */
  readonly slots?: boolean | undefined;
  /** Whether uses are watched too: poll, waitid, signals and the like. @default {false} */
  readonly uses?: boolean | undefined;
  /** Whether it is watched too that a pidfd's number is closed twice; it needs slots. @default {false} */
  readonly closes?: boolean | undefined;
  /** Whether it is told from which user stack a slot gets a pidfd; it needs slots. @default {false} */
  readonly stacks?: boolean | undefined;
}

/** How one thing is seen on one kernel: a step of the ladder from fentry down to nothing. */
export interface Rung {
  /** What is seen, such as `births by clone and clone3`. */
  readonly what: string;
  /** By what: fentry and fexit, kprobes, tracepoints, or not at all. */
  readonly step: "fentry" | "kprobe" | "tracepoint" | "none";
  /** The functions that are watched. */
  readonly functions: readonly string[];
  /** The doors through which that is done, such as `fentry:copy_process` or `tracepoint:task:task_newtask`. */
  readonly doors: readonly string[];
  /** What this step does not see that the best one sees, one sentence each. */
  readonly loses: readonly string[];
  /** Why it is not a better step, one sentence each. */
  readonly instead: readonly string[];
}

/** What a tracer will do on one kernel. */
export interface Plan {
  /** How this kernel makes pidfds, for people. */
  readonly generation: string;
  /** What holds one reference of a `struct pid`. */
  readonly law: "per-file" | "per-inode";
  /** The names of the probes, as bpftrace writes them. */
  readonly probes: readonly string[];
  /** How each thing is seen. */
  readonly ladder: readonly Rung[];
  /** Whether it is seen when a pidfd's last reference goes; otherwise no count can be judged. */
  readonly releasesSeen: boolean;
  /** Whether it is seen when the pid hash drops its reference; otherwise no count can be judged. */
  readonly hashPutsSeen: boolean;
  /** Whether a verdict can rest on a kprobe: such programs are passed over more easily than others. */
  readonly kprobesMatter: boolean;
  /** Whether every slot that holds a pidfd is seen from when it is filled until it is emptied. */
  readonly slotsSeen: boolean;
  /** Whether it is told in which cgroup v2 a process is. */
  readonly cgroupsSeen: boolean;
  /** What this plan does not see, one sentence each. */
  readonly cannotSee: readonly string[];
  /** What the program leaves out for a filter of the user, one sentence each. */
  readonly leftOut: readonly string[];
  /** What is taken to be there although it was refused to look, one sentence for each cause. */
  readonly unconfirmed: readonly string[];
  /** Processes that can be followed at once; beyond that some are missed. */
  readonly trackedMax: number;
  /** The program. */
  readonly program: TraceProgram;
}

/** Why there is no plan for a kernel, with what to do about it. */
export interface NoPlan {
  /** One sentence for each obstacle. */
  readonly reasons: readonly string[];
  /** What the user can do next. */
  readonly hint: string;
}
