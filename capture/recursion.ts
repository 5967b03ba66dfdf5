/**
 * How often the kernel did not run a program of bpftrace, because it or another one was running on that CPU already.
 *
 * @module
 */

import { HostError, run } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";

/** What {@linkcode readRecursion} found. */
export type RecursionReading =
  | {
    /** The sum over all programs since they were loaded. */
    readonly misses: number;
    /** What of it is of programs at kprobes and kretprobes, and of these probes themselves. */
    readonly ofKprobes: number;
    /**
     * Whether all of that is counted: a kprobe that is passed while another one is handled on that CPU is over before
     * its program is looked for, and only its link tells of it. Softirqs do that now and then; on lab:6.12, where
     * bpftrace makes no links, frees of `struct pid` were missed with 0 in all counters that can be read.
     */
    readonly areKprobesCounted: boolean;
    /** How many programs there are. */
    readonly programs: number;
    /** CLOCK_BOOTTIME in ns before the reading. */
    readonly fromNs: bigint;
    /** CLOCK_BOOTTIME in ns after it. */
    readonly toNs: bigint;
  }
  /** It cannot be read, and why: a sentence without its full stop. */
  | { readonly misses: null; readonly reason: string };

/** Longest time in milliseconds that the reading may take. */
const LIMIT_MS = 5000;

/** Constant text; its parameter is a process id. */
const SCRIPT = 'now() { read -r up idle </proc/uptime; echo "$up $idle"; }; now; ' +
  'grep -HE "^(prog_type|prog_id|recursion_misses|link_id|missed):" /proc/"$0"/fdinfo/*; now';

/**
 * Reads the counters of the programs that a process holds, `bpf_prog_show_fdinfo()` in the kernel.
 *
 * They came with Linux 5.12 (commit "bpf: Count the number of times recursion was prevented"). What kprobes were passed
 * over stands in the fdinfo of their links, `missed`, where the kernel shows it there and bpftrace makes links
 * (lab:7.2+sid has both).
 *
 * @param host the machine
 * @param bpftracePid process id of bpftrace there
 * @returns the sum, or why it is not known; never throws
 */
export async function readRecursion(host: Host, bpftracePid: number): Promise<RecursionReading> {
  try {
    const { stdout, stderr } = await run(host, ["sh", "-c", SCRIPT, `${bpftracePid}`], {
      timeoutMs: LIMIT_MS,
    });
    return parseRecursion(stdout, stderr);
  } catch (error) {
    const why = error instanceof HostError ? error.message : `${error}`;
    return { misses: null, reason: `Recursion misses cannot be read: ${why}` };
  }
}

/**
 * Understands what was read.
 *
 * @param text the moment before, lines of /proc/PID/fdinfo/* with their file's name, and the moment after
 * @param complaints what was said on standard error
 * @returns the sum, or why it is not known
 * @example
 * ```ts
 * import { parseRecursion } from "./recursion.ts";
 * import assert from "node:assert/strict";
 *
 * const lines = ["prog_type:\t26", "prog_id:\t7", "recursion_misses:\t3"].map((it) => `/proc/1/fdinfo/5:${it}`);
 * const text = ["10.50 1.00", ...lines, "10.51 1.00", ""].join("\n");
 * assert.deepEqual(parseRecursion(text, ""), {
 *   misses: 3,
 *   ofKprobes: 0,
 *   areKprobesCounted: true,
 *   programs: 1,
 *   fromNs: 10_500_000_000n,
 *   toNs: 10_520_000_000n,
 * });
 * ```
 */
export function parseRecursion(text: string, complaints: string): RecursionReading {
  const times = [...text.matchAll(/^(\d+)\.(\d\d) [\d.]+$/gm)].map(([, seconds = "", hundredths = ""]) =>
    BigInt(seconds + hundredths) * HUNDREDTH_NS
  );
  const files = new Map<string, Map<string, string>>();
  for (
    const [, file = "", name = "", value = ""] of text.matchAll(
      /^(\/proc\/\d+\/fdinfo\/\d+):(\w+):\t(\d+)$/gm,
    )
  ) {
    files.set(file, (files.get(file) ?? new Map()).set(name, value));
  }
  // The same program can be open twice, and links name a program too.
  const programs = new Map<string, { readonly type: string; readonly count: string | undefined }>();
  for (const fields of files.values()) {
    const [id, type] = [fields.get("prog_id"), fields.get("prog_type")];
    if (id !== undefined && type !== undefined) {
      programs.set(id, { type, count: fields.get("recursion_misses") });
    }
  }
  const links = new Map<string, { readonly program: string | undefined; readonly missed: number }>();
  for (const fields of files.values()) {
    const [id, missed] = [fields.get("link_id"), fields.get("missed")];
    if (id !== undefined && missed !== undefined) {
      links.set(id, { program: fields.get("prog_id"), missed: Number(missed) });
    }
  }
  const [fromNs] = times;
  const toNs = times.at(-1);
  if (programs.size === 0 || fromNs === undefined || toNs === undefined) {
    const words = complaints.trim().split("\n")[0]?.slice(0, 200) ?? "";
    const why = words === "" ? "no program of bpftrace is to be seen" : words;
    return { misses: null, reason: `Recursion misses cannot be read: ${why}` };
  }
  const passedOver = [...links.values()].reduce((sum, { missed }) => sum + missed, 0);
  const linked = new Set([...links.values()].map(({ program }) => program));
  let misses = passedOver;
  let ofKprobes = passedOver;
  for (const { type, count } of programs.values()) {
    if (count === undefined) {
      return { misses: null, reason: "This kernel does not count recursion misses; Linux 5.12 and later do" };
    }
    misses += Number(count);
    if (type === KPROBE) ofKprobes += Number(count);
  }
  const areKprobesCounted = [...programs].every(([id, { type }]) => type !== KPROBE || linked.has(id));
  return {
    ...{ misses, ofKprobes, areKprobesCounted },
    programs: programs.size,
    fromNs,
    toNs: toNs + HUNDREDTH_NS,
  };
}

/** `BPF_PROG_TYPE_KPROBE`, include/uapi/linux/bpf.h. */
const KPROBE = "2";

/** What /proc/uptime counts in. */
const HUNDREDTH_NS = 10_000_000n;
