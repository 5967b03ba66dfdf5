/**
 * Which shape of the pidfd code a kernel has, and so how many references it must hold.
 *
 * Decided by what the kernel contains, never by its version: stable and vendor kernels carry backports.
 *
 * @module
 */

import { type Answer, Evidence } from "./_evidence.ts";
import type { Btf } from "./btf.ts";
import { cannotTell, type Support, supported, unsupported } from "./feature.ts";
import type { Symbols } from "./symbols.ts";

/**
 * A shape of the pidfd code, oldest first; the version is where mainline had it first.
 *
 * - `G0` 5.2-rc1: `anon_inode_getfd()` installs the fd inside copy_process, cleaned up by closing it
 * - `G1` 5.2: the fd is reserved, and installed when nothing can fail any more
 * - `G1b` 5.15: as G1, and `pidfd_create()` is global
 * - `G2` 6.3: `pidfd_prepare()`
 * - `G3` 6.9: pidfs, one inode per `struct pid`
 * - `G4` 6.16: `pidfs_register_pid()`
 * - `G5` 6.17: `pid->attr`, `pidfs_free_pid()`
 * - `G6` 7.1: `pidfs_file_release()`
 */
export type Generation = "G0" | "G1" | "G1b" | "G2" | "G3" | "G4" | "G5" | "G6";

/** Who owns a reference on `struct pid`: every pidfd's `struct file`, or the one pidfs inode of the pid. */
export type RefcountLaw = "per-file" | "per-inode" | "unknown";

/** The shape of a kernel's pidfd code, as far as it can be told. */
export interface PidfdGeneration {
  /** Whether the kernel has pidfds at all. */
  readonly pidfds: Support;
  /** The shape; undefined when there are no pidfds, or when more than one is possible. */
  readonly generation: Generation | undefined;
  /** Every shape that what was seen allows, newest first; only what fires can tell between them. */
  readonly candidates: readonly Generation[];
  /** The refcount law that all candidates share. */
  readonly law: RefcountLaw;
  /** What decided, one sentence each; capital first letter, no full stop. */
  readonly reasons: readonly string[];
}

const PREFIXES = [
  "__x64_sys_",
  "__arm64_sys_",
  "__s390x_sys_",
  "__riscv_sys_",
  "__se_sys_",
  "__do_sys_",
  "sys_",
  "SyS_",
];
const PIDFD_OPEN = PREFIXES.map((prefix) => `${prefix}pidfd_open`);
const CLONE3 = PREFIXES.map((prefix) => `${prefix}clone3`);
const ANON_SIGNS = ["pidfd_show_fdinfo", "pidfd_release", "pidfd_fops", "pidfd_poll"];
const REGISTER = ["pidfs_register_pid", "pidfs_register_pid_gfp"];
const PREPARE = ["pidfd_prepare", "__pidfd_prepare"];
const PIDFS_INODE = ["pidfs_evict_inode", "pidfs_init_inode", "pidfs_put_data"];

/** The symbols that {@linkcode pidfdGeneration} asks about. */
export const GENERATION_SYMBOLS: readonly string[] = [
  "pidfs_file_release",
  "pidfs_free_pid",
  ...REGISTER,
  "pidfs_alloc_file",
  ...PREPARE,
  "pidfd_create",
  ...PIDFS_INODE,
  ...ANON_SIGNS,
  ...PIDFD_OPEN,
  ...CLONE3,
];

/** One step of the ladder: any of its symbols shows that the kernel is at least there. */
interface Rung {
  readonly generation: Generation;
  readonly symbols: readonly string[];
  /** A member of `struct pid` that comes with it: where the symbols do not tell, its absence refutes the rung. */
  readonly member?: string;
  /** Whether that member alone shows the rung. */
  readonly enough?: boolean;
}

const LADDER: readonly Rung[] = [
  { generation: "G6", symbols: ["pidfs_file_release"], member: "attr" },
  { generation: "G5", symbols: ["pidfs_free_pid"], member: "attr", enough: true },
  { generation: "G4", symbols: REGISTER, member: "stashed" },
  { generation: "G3", symbols: ["pidfs_alloc_file"], member: "stashed" },
  { generation: "G2", symbols: PREPARE },
];

/**
 * Tells the shape of a kernel's pidfd code from its symbols and, where there is any, its BTF.
 *
 * @param symbols read with at least {@linkcode GENERATION_SYMBOLS}
 * @param btf the kernel's BTF, if it has one
 * @returns the shape, or all that are possible
 * @throws {RangeError} when the symbols were read without {@linkcode GENERATION_SYMBOLS}
 *
 * @example A kernel with pidfs
 * ```ts
 * import { parseKallsyms } from "./kallsyms.ts";
 * import { known } from "./known.ts";
 * import { GENERATION_SYMBOLS, pidfdGeneration } from "./pidfd_generation.ts";
 * import { Symbols } from "./symbols.ts";
 * import assert from "node:assert/strict";
 *
 * const symbols = new Symbols({
 *   names: GENERATION_SYMBOLS,
 *   kallsyms: known(parseKallsyms(["1 T pidfd_prepare", "2 T pidfs_alloc_file", "3 t pidfs_evict_inode"])),
 *   filterFunctions: known(new Set()),
 * });
 * const { generation, law } = pidfdGeneration(symbols, undefined);
 * assert.deepEqual([generation, law], ["G3", "per-inode"]);
 * ```
 */
export function pidfdGeneration(symbols: Symbols, btf: Btf | undefined): PidfdGeneration {
  const kernel = new Evidence(symbols, btf);
  const candidates: Generation[] = [];
  for (const rung of LADDER) {
    const answer = reaches(kernel, rung);
    if (answer !== "no") candidates.push(rung.generation);
    if (answer === "yes") return conclude(kernel, candidates, supported());
  }
  const anonymous = kernel.any(ANON_SIGNS);
  if (anonymous === "yes") return conclude(kernel, [...candidates, ...anonymousShapes(kernel)], supported());
  if (anonymous === "no" && candidates.length === 0) {
    return conclude(kernel, [], unsupported("No symbol of the kernel belongs to pidfds"));
  }
  const reason = "The kernel's symbols cannot be read, and BTF does not show a pidfd function";
  return conclude(kernel, [...candidates, "G1b", "G1", "G0"], cannotTell(reason));
}

function conclude(kernel: Evidence, candidates: readonly Generation[], pidfds: Support): PidfdGeneration {
  const law = lawOf(kernel, candidates);
  if (pidfds.kind !== "supported") kernel.say(pidfds.reason);
  if (candidates.length > 1) kernel.say(`Nothing that could be read tells ${candidates.join(" from ")}`);
  const generation = candidates.length === 1 ? candidates[0] : undefined;
  return { pidfds, generation, candidates, law, reasons: kernel.reasons };
}

function reaches(kernel: Evidence, rung: Rung): Answer {
  const shown = kernel.any(rung.symbols);
  if (shown === "yes" || rung.member === undefined) return shown;
  const member = kernel.pidMember(rung.member);
  return member === "no" || (member === "yes" && rung.enough === true) ? member : shown;
}

/** Below pidfd_prepare: who has clone3 has the fixed clone path, and a global pidfd_create came later. */
function anonymousShapes(kernel: Evidence): readonly Generation[] {
  const clone3 = kernel.hasStruct("kernel_clone_args") ? "yes" : kernel.any(CLONE3);
  if (clone3 === "yes") return createShapes(kernel);
  if (clone3 === "unknown") return ["G1b", "G1", "G0"];
  kernel.say("The system call clone3 does not exist");
  const open = kernel.any(PIDFD_OPEN);
  const creators = kernel.types("pidfd_create").length;
  // The seed's own pidfd_create stands beside copy_process; that of pidfd_open, if there, is a second one.
  if (open === "unknown" || creators <= (open === "yes" ? 1 : 0)) return ["G1", "G0"];
  kernel.say(`pidfd_create exists ${creators} times, so one of them belongs to clone`);
  return ["G0"];
}

function createShapes(kernel: Evidence): readonly Generation[] {
  const types = kernel.types("pidfd_create");
  if (types.length === 0 && kernel.any(["pidfd_create"]) !== "no") return ["G1b", "G1"];
  const global = types.includes("T");
  kernel.say(`pidfd_create is ${global ? "a global function" : "no global function"}`);
  return [global ? "G1b" : "G1"];
}

function lawOf(kernel: Evidence, candidates: readonly Generation[]): RefcountLaw {
  if (candidates.length === 0) return "unknown";
  const pidfs = candidates.filter((generation) => /^G[3-6]$/.test(generation));
  if (pidfs.length === 0) return "per-file";
  if (pidfs.length < candidates.length) return "unknown";
  // Mainline 6.9 could be built without pidfs; its pidfs_alloc_file() then makes an anonymous inode.
  if (kernel.pidMember("stashed") === "yes" || kernel.any(PIDFS_INODE) === "yes") return "per-inode";
  const built = kernel.any(PIDFS_INODE) === "no" || kernel.pidMember("stashed") === "no";
  return built && kernel.any(["pidfd_release"]) === "yes" ? "per-file" : "unknown";
}
