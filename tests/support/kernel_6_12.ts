/**
 * A machine with Debian's Linux 6.12, reduced to what a plan asks about.
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

/** Its symbols, by their letter in /proc/kallsyms. */
export const SYMBOLS_6_12: Readonly<Record<string, string>> = {
  do_exit: "T",
  copy_process: "T",
  kernel_clone: "T",
  pidfs_alloc_file: "T",
  __fput: "t",
  pidfs_evict_inode: "t",
  pidfs_file_operations: "d",
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

/** Its functions that BTF describes, with the name of their first parameter. */
export const FUNCTIONS_6_12: Readonly<Record<string, string>> = {
  copy_process: "pid",
  kernel_clone: "args",
  pidfs_alloc_file: "pid",
  __fput: "file",
  pidfs_evict_inode: "inode",
  release_task: "p",
  free_pid: "pid",
  delayed_put_pid: "rhp",
  put_pid: "pid",
  __x64_sys_pidfd_open: "regs",
};

/** What can be different from a usual machine. */
export interface Machine6_12 {
  /** Symbols that are there. */
  readonly symbols?: Readonly<Record<string, string>>;
  /** Functions in BTF. */
  readonly functions?: Readonly<Record<string, string>>;
  /** Structs in BTF, without which there are none of these. */
  readonly structs?: readonly FixtureType[];
  /** Files instead of those that are there. */
  readonly files?: NonNullable<FakeMachine["files"]>;
  /** What `bpftrace --version` says; `null` when there is none. */
  readonly bpftrace?: string | null;
}

const BITS = 8;
/** The sizes and places of Debian's 6.12 on amd64; all members have a type of 16 bytes. */
const STRUCTS: readonly FixtureType[] = [
  { kind: "struct", name: "hlist_node", size: 16, members: [] },
  {
    kind: "struct",
    name: "pid",
    size: 112,
    members: [
      { name: "stashed", type: 1, bits: 16 * BITS },
      { name: "rcu", type: 1, bits: 96 * BITS },
    ],
  },
  {
    kind: "struct",
    name: "task_struct",
    size: 4096,
    members: [{ name: "pid_links", type: 1, bits: 1568 * BITS }],
  },
];

/** Asks the machine everything that a plan needs. */
export async function facts6_12(machine: Machine6_12 = {}): Promise<KernelFacts> {
  const symbols = machine.symbols ?? SYMBOLS_6_12;
  const structs = machine.structs ?? STRUCTS;
  const functions = Object.entries(machine.functions ?? FUNCTIONS_6_12).flatMap(
    ([name, parameter], at): FixtureType[] => [
      { kind: "proto", returns: 0, parameters: [[parameter, 1]] },
      { kind: "func", name, type: structs.length + 2 * at + 1 },
    ],
  );
  const lines = Object.entries(symbols).map(([name, letter], at) =>
    `ffffffff81${at + 10}0000 ${letter} ${name}\n`
  );
  const traceable = Object.entries(symbols).filter(([, letter]) => letter.toLowerCase() === "t");
  const { bpftrace = "bpftrace v0.23.2" } = machine;
  const host = fakeHost({
    files: {
      "/proc/sys/kernel/osrelease": "6.12.117+deb13-cloud-amd64\n",
      "/proc/kallsyms": lines.join(""),
      "/sys/kernel/tracing/available_filter_functions": traceable.map(([name]) => `${name}\n`).join(""),
      "/sys/kernel/tracing/events/sched/sched_process_exit/format":
        "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n",
      "/sys/kernel/btf/vmlinux": encodeBtf([...structs, ...functions]),
      "/sys/kernel/debug/kprobes/enabled": "1\n",
      "/proc/sys/kernel/ftrace_enabled": "1\n",
      ...machine.files,
    },
    commands: bpftrace === null ? {} : { "bpftrace --version": { stdout: `${bpftrace}\n` } },
  });
  return await discover(host, { symbols: LIFECYCLE_SYMBOLS, tracepoints: LIFECYCLE_TRACEPOINTS });
}
