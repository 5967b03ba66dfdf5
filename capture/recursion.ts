/**
 * How often the kernel did not run a program of bpftrace, because it or another one was running on that CPU already.
 *
 * @module
 */

import { HostError, run } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";

/** How often one program was passed over since it was loaded. */
export interface ProgramMisses {
  /** The kernel's id of the program. */
  readonly id: string;
  /** How often, what its links tell of its probes among it. */
  readonly misses: number;
  /** Whether it is at a kprobe or a kretprobe. */
  readonly isKprobe: boolean;
  /** Where it is, when that is fentry or fexit. */
  readonly place: {
    readonly kind: "fentry" | "fexit";
    /** The kernel's id of the link: they count up in the order of attaching. */
    readonly linkId: number;
    /** Id of the function in the kernel's BTF; lab:6.12 tells it, lab:6.1 does not. */
    readonly functionId: number | undefined;
  } | undefined;
}

/** What {@linkcode readRecursion} found. */
export type RecursionReading =
  | {
    /** The sum over all programs since they were loaded. */
    readonly misses: number;
    /** Every program. */
    readonly programs: readonly ProgramMisses[];
    /**
     * Whether all of that is counted: a kprobe that is passed while another one is handled on that CPU is over before
     * its program is looked for, and only its link tells of it. Softirqs do that now and then; on lab:6.12, where
     * bpftrace makes no links, frees of `struct pid` were missed with 0 in all counters that can be read.
     */
    readonly areKprobesCounted: boolean;
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
  'grep -HE "^(prog_type|prog_id|recursion_misses|link_id|missed|attach_type|target_btf_id):" /proc/"$0"/fdinfo/*; now';

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
 * const program = ["prog_type:\t26", "prog_id:\t7", "recursion_misses:\t3"].map((it) => `/proc/1/fdinfo/5:${it}`);
 * const link = ["link_id:\t1", "prog_id:\t7", "attach_type:\t24", "target_btf_id:\t9"].map((it) => `/proc/1/fdinfo/6:${it}`);
 * const text = ["10.50 1.00", ...program, ...link, "10.51 1.00", ""].join("\n");
 * assert.deepEqual(parseRecursion(text, ""), {
 *   misses: 3,
 *   programs: [{ id: "7", misses: 3, isKprobe: false, place: { kind: "fentry", linkId: 1, functionId: 9 } }],
 *   areKprobesCounted: true,
 *   fromNs: 10_500_000_000n,
 *   toNs: 10_520_000_000n,
 * });
 * ```
 */
export function parseRecursion(text: string, complaints: string): RecursionReading {
  const times = [...text.matchAll(/^(\d+)\.(\d\d) [\d.]+$/gm)].map(([, seconds = "", hundredths = ""]) =>
    BigInt(seconds + hundredths) * HUNDREDTH_NS
  );
  const [fromNs] = times;
  const toNs = times.at(-1);
  const { types, counts, links } = readFiles(text);
  if (types.size === 0 || fromNs === undefined || toNs === undefined) {
    const words = complaints.trim().split("\n")[0]?.slice(0, 200) ?? "";
    const why = words === "" ? "no program of bpftrace is to be seen" : words;
    return { misses: null, reason: `Recursion misses cannot be read: ${why}` };
  }
  const programs: ProgramMisses[] = [];
  for (const [id, type] of types) {
    const count = counts.get(id);
    if (count === undefined) {
      return { misses: null, reason: "This kernel does not count recursion misses; Linux 5.12 and later do" };
    }
    const own = links.filter((it) => it.program === id);
    const misses = own.reduce((sum, it) => sum + (it.missed ?? 0), count);
    programs.push({ id, misses, isKprobe: type === KPROBE, place: placeOf(own) });
  }
  const isLinked = (id: string) => links.some((it) => it.program === id && it.missed !== undefined);
  return {
    misses: programs.reduce((sum, it) => sum + it.misses, 0),
    programs,
    areKprobesCounted: programs.every((it) => !it.isKprobe || isLinked(it.id)),
    fromNs,
    toNs: toNs + HUNDREDTH_NS,
  };
}

/** What a link tells: of which program, how often its probe was passed over, and where it is. */
interface Link {
  readonly id: number;
  readonly program: string | undefined;
  readonly missed: number | undefined;
  readonly kind: "fentry" | "fexit" | undefined;
  readonly functionId: number | undefined;
}

/** Types and misses of the programs by their ids, and the links; the same one can be open twice. */
function readFiles(text: string) {
  const files = new Map<string, Map<string, string>>();
  for (
    const [, file = "", name = "", value = ""] of text.matchAll(
      /^(\/proc\/\d+\/fdinfo\/\d+):(\w+):\t(\d+)$/gm,
    )
  ) {
    files.set(file, (files.get(file) ?? new Map()).set(name, value));
  }
  const types = new Map<string, string>();
  const counts = new Map<string, number>();
  const links = new Map<string, Link>();
  for (const fields of files.values()) {
    const [program, type, link] = ["prog_id", "prog_type", "link_id"].map((it) => fields.get(it));
    const numberOf = (name: string) => fields.has(name) ? Number(fields.get(name)) : undefined;
    if (link !== undefined) {
      const kind = ATTACH_TYPES.get(numberOf("attach_type") ?? 0);
      const [missed, functionId] = ["missed", "target_btf_id"].map(numberOf);
      links.set(link, { id: Number(link), program, missed, kind, functionId });
    } else if (program !== undefined && type !== undefined) {
      const count = numberOf("recursion_misses");
      types.set(program, type);
      if (count !== undefined) counts.set(program, count);
    }
  }
  return { types, counts, links: [...links.values()] };
}

/** Where a program with one link is. */
function placeOf([only, ...others]: readonly Link[]): ProgramMisses["place"] {
  if (only?.kind === undefined || others.length > 0) return undefined;
  const { kind, id: linkId, functionId } = only;
  return { kind, linkId, functionId };
}

/** `BPF_TRACE_FENTRY` and `BPF_TRACE_FEXIT` of `enum bpf_attach_type`, include/uapi/linux/bpf.h. */
const ATTACH_TYPES: ReadonlyMap<number, "fentry" | "fexit"> = new Map([[24, "fentry"], [25, "fexit"]]);

/** `BPF_PROG_TYPE_KPROBE`, include/uapi/linux/bpf.h. */
const KPROBE = "2";

/** What /proc/uptime counts in. */
const HUNDREDTH_NS = 10_000_000n;
