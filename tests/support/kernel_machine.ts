/**
 * A machine that a plan is made for, reduced to what the plan asks about.
 *
 * @module
 */

import { encodeBtf } from "../../kernel/_btf_fixture.ts";
import type { FixtureType } from "../../kernel/_btf_fixture.ts";
import { fakeHost } from "../../kernel/_fake_host.ts";
import type { FakeMachine } from "../../kernel/_fake_host.ts";
import { discover } from "../../kernel/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import { LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS } from "../../tracers/mod.ts";

/** A machine. */
export interface PlannedMachine {
  /** `uname -r`. */
  readonly release: string;
  /** Symbols, by their letter in /proc/kallsyms. */
  readonly symbols: Readonly<Record<string, string>>;
  /** Functions in BTF, with the name of their first parameter. */
  readonly functions: Readonly<Record<string, string>>;
  /** Structs in BTF. */
  readonly structs: readonly FixtureType[];
  /** Files instead of those that are there. */
  readonly files?: NonNullable<FakeMachine["files"]>;
  /** What `bpftrace --version` says; `null` when there is none. */
  readonly bpftrace?: string | null;
  /** Whether bpftrace will be started by sudo. */
  readonly sudo?: boolean;
}

/** Symbols, by their letter, that kernels of either law have. */
export const COMMON_SYMBOLS: Readonly<Record<string, string>> = {
  do_exit: "T",
  copy_process: "T",
  kernel_clone: "T",
  release_task: "T",
  free_pid: "T",
  delayed_put_pid: "t",
  put_pid: "T",
  "put_pid.part.0": "t",
  pidfd_prepare: "T",
  __x64_sys_pidfd_open: "T",
  register_kprobe: "T",
  register_ftrace_direct: "T",
  bpf_trampoline_link_prog: "T",
};

/** Functions in BTF that kernels of either law have, with the name of their first parameter. */
export const COMMON_FUNCTIONS: Readonly<Record<string, string>> = {
  copy_process: "pid",
  kernel_clone: "args",
  release_task: "p",
  free_pid: "pid",
  delayed_put_pid: "rhp",
  put_pid: "pid",
  __x64_sys_pidfd_open: "regs",
};

/** Where tracefs is. */
const TRACEFS = "/sys/kernel/tracing";

/** Files as a user who is not root, and may use sudo, meets them on a machine where only root may read tracefs. */
export const TRACEFS_DENIED: NonNullable<FakeMachine["files"]> = {
  [`${TRACEFS}/available_filter_functions`]: { fails: "denied" },
  [`${TRACEFS}/events/sched/sched_process_exit/format`]: { fails: "denied" },
  "/proc/self/status": "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n",
  [TRACEFS]: { fails: "denied" },
  "/sys/kernel/debug/tracing": { fails: "denied" },
  "/sys/kernel/debug/kprobes/enabled": { fails: "denied" },
};

/** Asks the machine everything that a plan needs. */
export async function factsOf(machine: PlannedMachine): Promise<KernelFacts> {
  const { symbols, structs, bpftrace = "bpftrace v0.23.2", sudo = false } = machine;
  const functions = Object.entries(machine.functions).flatMap(([name, parameter], at): FixtureType[] => [
    { kind: "proto", returns: 0, parameters: [[parameter, 1]] },
    { kind: "func", name, type: structs.length + 2 * at + 1 },
  ]);
  const lines = Object.entries(symbols).map(([name, letter], at) =>
    `ffffffff81${at + 10}0000 ${letter} ${name}\n`
  );
  const traceable = Object.entries(symbols).filter(([, letter]) => letter.toLowerCase() === "t");
  const host = fakeHost({
    files: {
      "/proc/sys/kernel/osrelease": `${machine.release}\n`,
      "/proc/kallsyms": lines.join(""),
      [`${TRACEFS}/available_filter_functions`]: traceable.map(([name]) => `${name}\n`).join(""),
      ...Object.fromEntries(
        LIFECYCLE_TRACEPOINTS.map((it) => [
          `${TRACEFS}/events/${it.replace(":", "/")}/format`,
          "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n",
        ]),
      ),
      "/sys/kernel/btf/vmlinux": encodeBtf([...structs, ...functions]),
      "/sys/kernel/debug/kprobes/enabled": "1\n",
      "/proc/sys/kernel/ftrace_enabled": "1\n",
      ...machine.files,
    },
    commands: bpftrace === null ? {} : { "bpftrace --version": { stdout: `${bpftrace}\n` } },
  });
  return await discover(host, { symbols: LIFECYCLE_SYMBOLS, tracepoints: LIFECYCLE_TRACEPOINTS, sudo });
}
