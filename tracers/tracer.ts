/**
 * What a tracer is: probes chosen for one kernel, and what they cannot see there.
 *
 * @module
 */

import type { TraceProgram } from "../program/mod.ts";

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
  /** Whether the slots of fd tables are watched too. @default {false} */
  readonly slots?: boolean | undefined;
  /** Whether uses are watched too: poll, waitid, signals and the like. @default {false} */
  readonly uses?: boolean | undefined;
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
