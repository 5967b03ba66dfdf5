/**
 * The two switches of a kernel with which probes attach and then stay silent.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { attempt } from "./known.ts";

/** Ways to attach to a kernel function. */
export type ProbeKind = "kprobe" | "kretprobe" | "fentry" | "fexit";

/** Whether a switch lets probes fire. */
export type SwitchState =
  /** Probes fire. */
  | { readonly kind: "on" }
  /** Probes attach without an error and never fire. */
  | { readonly kind: "off"; readonly reason: string; readonly remedy: string }
  /** It could not be read. */
  | { readonly kind: "unknown"; readonly reason: string; readonly remedy: string };

/** One switch of a kernel. */
export interface ProbeSwitch {
  /** The file that it is. */
  readonly path: string;
  /** What it silences when it is off; tracepoints are never concerned. */
  readonly silences: readonly ProbeKind[];
  /** How it is set. */
  readonly state: SwitchState;
}

/** The two switches. */
export interface ProbeSwitches {
  /** /sys/kernel/debug/kprobes/enabled. */
  readonly kprobes: ProbeSwitch;
  /** The sysctl kernel.ftrace_enabled. */
  readonly ftrace: ProbeSwitch;
}

/** Where the switch of all kprobes is. */
const KPROBES_PATH = "/sys/kernel/debug/kprobes/enabled";
/** Where the switch of everything that hangs on function entries is. */
const FTRACE_PATH = "/proc/sys/kernel/ftrace_enabled";

/**
 * Reads both switches.
 *
 * @param host the machine
 * @returns how they are set; unknown where a file is missing or refused
 * @throws {HostError} when the host is lost
 *
 * @example Somebody turned kprobes off
 * ```ts
 * import { readSwitches } from "./switches.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({
 *   files: { "/sys/kernel/debug/kprobes/enabled": "0\n", "/proc/sys/kernel/ftrace_enabled": "1\n" },
 * });
 * const { kprobes, ftrace } = await readSwitches(host);
 * assert.equal(kprobes.state.kind, "off");
 * assert.equal(ftrace.state.kind, "on");
 * ```
 */
export async function readSwitches(host: Host): Promise<ProbeSwitches> {
  const [kprobes, ftrace] = await Promise.all([
    readSwitch(host, KPROBES_PATH, `echo 1 > ${KPROBES_PATH}`, "mount -t debugfs debugfs /sys/kernel/debug"),
    readSwitch(host, FTRACE_PATH, "sysctl kernel.ftrace_enabled=1", "Read it as root"),
  ]);
  return {
    kprobes: { path: KPROBES_PATH, silences: ["kprobe", "kretprobe"], state: kprobes },
    ftrace: { path: FTRACE_PATH, silences: ["kprobe", "kretprobe", "fentry", "fexit"], state: ftrace },
  };
}

async function readSwitch(
  host: Host,
  path: string,
  turnOn: string,
  makeReadable: string,
): Promise<SwitchState> {
  const content = await attempt(() => host.readText(path));
  if (content.kind === "unknown") return { kind: "unknown", reason: content.reason, remedy: makeReadable };
  switch (content.value.trim()) {
    case "1":
      return { kind: "on" };
    case "0":
      return { kind: "off", reason: `"${path}" is 0: probes attach and never fire`, remedy: turnOn };
    default: {
      const found = content.value.trim().slice(0, 40);
      return { kind: "unknown", reason: `"${path}" must be 0 or 1, got "${found}"`, remedy: turnOn };
    }
  }
}
