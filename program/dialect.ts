/**
 * What the versions of bpftrace read differently, as far as our programs use it.
 *
 * A program is one tree for all of them; only its text and its environment differ. Found by running each version in a
 * guest (`deno task test`, tests/lab/dialects_test.ts); see program/quirks.ts for what was met.
 *
 * @module
 */

import { compareBpftraceVersions } from "../kernel/mod.ts";
import type { BpftraceVersion } from "../kernel/mod.ts";
import type { TraceProgram } from "./ast.ts";

/** One way of writing a program. */
export interface Dialect {
  /** The first version that reads it, such as `0.22`. */
  readonly name: string;
  /** That version. */
  readonly since: BpftraceVersion;
  /** What stands between `args` and the name of an argument. */
  readonly member: "." | "->";
  /** The word for the entry of a function that BTF describes. */
  readonly fentry: "fentry" | "kfunc";
  /** The word for its return. */
  readonly fexit: "fexit" | "kretfunc";
  /** Whether settings stand in the program; otherwise they are given by the environment. */
  readonly hasConfig: boolean;
  /** Whether a kprobe may name a clone of the compiler, such as `put_pid.part.0`. */
  readonly takesClones: boolean;
  /** Whether it has raw tracepoints, whose arguments are the kernel's own structs. */
  readonly hasRawTracepoints: boolean;
  /** Whether fentry needs a kernel that says which of its BTF objects are its own: `struct btf` has `kernel_btf` then. */
  readonly asksForKernelBtf: boolean;
  /**
   * Whether what is printed of a slot and of the user stack that it comes from fits into one program: 0.27 gives each
   * `printf` and each key of a map its own place among the 512 bytes, where older versions use one again.
   */
  readonly hasRoomForStacks: boolean;
}

/** The dialects, oldest first. */
export const DIALECTS: readonly [Dialect, ...Dialect[]] = [
  {
    name: "0.17",
    since: { major: 0, minor: 17, patch: 0 },
    member: "->",
    fentry: "kfunc",
    fexit: "kretfunc",
    hasConfig: false,
    takesClones: true,
    hasRawTracepoints: false,
    asksForKernelBtf: true,
    hasRoomForStacks: true,
  },
  {
    name: "0.22",
    since: { major: 0, minor: 22, patch: 0 },
    member: ".",
    fentry: "fentry",
    fexit: "fexit",
    hasConfig: true,
    takesClones: true,
    hasRawTracepoints: true,
    asksForKernelBtf: false,
    hasRoomForStacks: true,
  },
  {
    name: "0.27",
    since: { major: 0, minor: 27, patch: 0 },
    member: ".",
    fentry: "fentry",
    fexit: "fexit",
    hasConfig: true,
    takesClones: false,
    hasRawTracepoints: true,
    asksForKernelBtf: false,
    hasRoomForStacks: false,
  },
];

/**
 * The way to write for a bpftrace.
 *
 * @param version its version
 * @returns the newest dialect that it reads; `undefined` when it is older than all of them
 *
 * @example
 * ```ts
 * import { dialectOf } from "./dialect.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dialectOf({ major: 0, minor: 23, patch: 2 })?.name, "0.22");
 * assert.equal(dialectOf({ major: 0, minor: 11, patch: 3 }), undefined);
 * ```
 */
export function dialectOf(version: BpftraceVersion): Dialect | undefined {
  return DIALECTS.findLast((it) => compareBpftraceVersions(version, it.since) >= 0);
}

/**
 * The environment that bpftrace has to be started with.
 *
 * @param program its settings, its probes, and the way it is written
 * @returns names and values; none where the settings stand in the program
 *
 * @example
 * ```ts
 * import { DIALECTS, environmentOf } from "./dialect.ts";
 * import assert from "node:assert/strict";
 *
 * const config = { perfRbPages: 64, maxMapKeys: 4096, onStackLimit: 256 };
 * assert.equal(environmentOf({ dialect: DIALECTS[0], config, probes: [] }).BPFTRACE_PERF_RB_PAGES, "64");
 * ```
 */
export function environmentOf(
  { dialect, config, probes }: Pick<TraceProgram, "dialect" | "config" | "probes">,
): Readonly<Record<string, string>> {
  if (dialect.hasConfig) return {};
  // Some kernels do not tell 0.17 which BTF is theirs. When told by name it reads structs, and takes neither kfunc nor
  // iter any more.
  const needsFentry = probes.some(({ attach }) => ["fentry", "fexit", "iter"].includes(attach.kind));
  return {
    ...(needsFentry ? {} : { BPFTRACE_BTF: "/sys/kernel/btf/vmlinux" }),
    BPFTRACE_PERF_RB_PAGES: `${config.perfRbPages}`,
    // 0.17 has the one name, its successors have the other.
    BPFTRACE_MAP_KEYS_MAX: `${config.maxMapKeys}`,
    BPFTRACE_MAX_MAP_KEYS: `${config.maxMapKeys}`,
  };
}
