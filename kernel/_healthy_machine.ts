/**
 * A machine in memory that has everything that tracing needs, to be spoilt in tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import { encodeBtf } from "./_btf_fixture.ts";
import { fakeHost, type FakeMachine } from "./_fake_host.ts";
import type { Check } from "./check.ts";
import { checkup, obstaclesOf } from "./checkup.ts";
import { discover } from "./discover.ts";

/** Files of a fake machine. */
export type Files = NonNullable<FakeMachine["files"]>;

const MOUNTS = [
  "tracefs /sys/kernel/tracing",
  "debugfs /sys/kernel/debug",
  "securityfs /sys/kernel/security",
];
/** The mount table without the lines that hold a word. */
export const mounts = (without: string) =>
  MOUNTS.map((it) => `none ${it.split(" ")[1]} ${it.split(" ")[0]} rw 0 0\n`).filter((it) =>
    !it.includes(without)
  )
    .join("");
/** A /proc/self/status of one user, with effective capabilities in hex. */
export const status = (uid: number, capabilities: string) =>
  `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapEff:\t${capabilities}\n`;
/** Its symbols. */
export const SYMBOLS = [
  "do_exit",
  "pidfs_alloc_file",
  "pidfs_evict_inode",
  "register_kprobe",
  "register_ftrace_direct",
  "bpf_trampoline_link_prog",
];
/** A /proc/kallsyms with these symbols, all at one address. */
export const kallsyms = (names: readonly string[], address = "f100") =>
  names.map((it) => `${address} T ${it}\n`).join("");
/** The list of symbols. */
export const KALLSYMS = "/proc/kallsyms";
/** The list of functions that can be traced. */
export const FUNCTIONS = "/sys/kernel/tracing/available_filter_functions";
/** The switch of kprobes. */
export const KPROBES = "/sys/kernel/debug/kprobes/enabled";
/** The switch of ftrace. */
export const FTRACE = "/proc/sys/kernel/ftrace_enabled";
/** The level of lockdown. */
export const LOCKDOWN = "/sys/kernel/security/lockdown";
/** The command that tells the namespaces. */
export const NAMESPACES = "readlink /proc/self/ns/pid /proc/self/ns/user";

/** A machine that has everything. */
const FILES: Files = {
  "/proc/sys/kernel/osrelease": "6.12.117\n",
  "/proc/self/status": status(0, "000001ffffffffff"),
  "/proc/sys/kernel/perf_event_paranoid": "3\n",
  "/proc/sys/kernel/kptr_restrict": "0\n",
  "/proc/self/mounts": mounts("nothing of it"),
  "/proc/1/cgroup": "0::/\n",
  "/proc/1/environ": "HOME=/\0",
  "/dev/fd/0": "",
  [LOCKDOWN]: "[none] integrity confidentiality\n",
  [KALLSYMS]: kallsyms(SYMBOLS),
  [FUNCTIONS]: "do_exit\npidfs_alloc_file\n",
  "/sys/kernel/tracing/events/header_page": "",
  "/sys/kernel/btf/vmlinux": encodeBtf([{ kind: "int", name: "int", size: 4 }]),
  [KPROBES]: "1\n",
  [FTRACE]: "1\n",
};
const COMMANDS: NonNullable<FakeMachine["commands"]> = {
  "bpftrace --version": { stdout: "bpftrace v0.23.2\n" },
  [NAMESPACES]: { stdout: "pid:[4026531836]\nuser:[4026531837]\n" },
};

/**
 * Judges the healthy machine, changed in some places.
 *
 * @param machine what is different
 * @returns the checks
 */
export async function checksOf(machine: FakeMachine): Promise<readonly Check[]> {
  const host = fakeHost({
    ...machine,
    files: { ...FILES, ...machine.files },
    commands: { ...COMMANDS, ...machine.commands },
  });
  return checkup(await discover(host, { symbols: [], tracepoints: [] }));
}

/** Files without tracefs: its folder is there and empty. */
export const NO_TRACEFS: Files = Object.fromEntries(
  [FUNCTIONS, "/sys/kernel/tracing", "/sys/kernel/tracing/events/header_page"]
    .map((path) => [path, { fails: "missing" }]),
);
/** What only root may read, refused. */
export const DENIED: Files = Object.fromEntries(
  [
    "/sys/kernel/tracing",
    FUNCTIONS,
    KPROBES,
    "/sys/kernel/debug",
    "/sys/kernel/debug/sched/preempt",
    "/proc/1/environ",
  ]
    .map((path) => [path, { fails: "denied" }]),
);

/** A row of a table: what is spoilt, and what is found then. */
export type SpoiltRow = readonly [
  what: string,
  machine: FakeMachine,
  /** Every check that is not "yes", as its id and answer, with `!` when it blocks. */
  found: readonly string[],
  /** What the first of them says. */
  says: RegExp,
  /** Its remedy; empty for none. */
  remedy: RegExp,
];

/**
 * Asserts that a spoilt machine is judged as a row says, and nothing else is blamed.
 *
 * @param row what is spoilt, and what must be found
 */
export async function assertSpoilt([, machine, found, says, remedy]: SpoiltRow): Promise<void> {
  const all = await checksOf(machine);
  const spoilt = all.filter((it) => it.answer !== "yes");
  assert.deepEqual(spoilt.map((it) => `${it.id} ${it.answer}${it.blocks ? "!" : ""}`), found);
  assert.match(spoilt[0]?.says ?? "", says);
  assert.match(spoilt[0]?.remedy ?? "", remedy);
  const blocking = found.filter((it) => it.endsWith("!")).map((it) => it.split(" ")[0]);
  assert.deepEqual(obstaclesOf(all).map((it) => it.id), blocking);
  for (const it of all) assert.match(it.says, /[^.\n]$/, "no full stop");
}
