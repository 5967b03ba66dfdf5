/**
 * What a machine's kernel can do: its symbols, types, tracepoints, switches and pidfd code.
 *
 * Every question has three answers: yes, no, and cannot tell with the reason. Nothing is decided by a kernel
 * version. All reading goes through a {@linkcode Host}, so that it is the traced machine that is asked.
 *
 * @example
 * ```ts
 * import { discover } from "./mod.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({ files: { "/proc/kallsyms": "f1 T pidfs_alloc_file\nf2 t pidfs_evict_inode\n" } });
 * const facts = await discover(host, { symbols: ["copy_process"], tracepoints: [] });
 * assert.equal(facts.pidfd.law, "per-inode");
 * ```
 *
 * @module
 */

export { discover, type DiscoverOptions, type KernelFacts } from "./discover.ts";
export {
  allOf,
  cannotTell,
  type Support,
  supported,
  type Undecided,
  type Unsupported,
  unsupported,
} from "./feature.ts";
export { attempt, type Known, known, notKnown, reasonOf } from "./known.ts";
export {
  type Generation,
  GENERATION_SYMBOLS,
  type PidfdGeneration,
  pidfdGeneration,
  type RefcountLaw,
} from "./pidfd_generation.ts";
export {
  readSymbols,
  type ReadSymbolsOptions,
  type SymbolPlace,
  Symbols,
  type SymbolsSource,
} from "./symbols.ts";
export {
  isCloneSuffix,
  type KallsymsEntry,
  parseKallsyms,
  parseKallsymsLine,
  splitSymbolName,
  type SymbolName,
} from "./kallsyms.ts";
export { Btf, BTF_PATH, type BtfField, type BtfMember, type BtfParameter, parseBtf, readBtf } from "./btf.ts";
export {
  findTracefs,
  parseTracepointFormat,
  readTracepoint,
  TRACEFS_PATHS,
  type Tracepoint,
  type TracepointField,
} from "./tracefs.ts";
export { type Attachment, attachment, ATTACHMENT_SYMBOLS } from "./attachment.ts";
export { readSurroundings, type Surroundings } from "./surroundings.ts";
export {
  type Capability,
  type Identity,
  parseIdentity,
  readRights,
  type Rights,
  tracingRights,
} from "./rights.ts";
export { type Lockdown, readLockdown } from "./lockdown.ts";
export { type Mounts, readMounts } from "./mounts.ts";
export { type Namespace, type Namespaces, readNamespaces } from "./namespaces.ts";
export { type Container, readContainer } from "./container.ts";
export { readFdFolder } from "./fd_folder.ts";
export {
  parsePidfdSlots,
  type PidfdListing,
  type PidfdSlot,
  readPidfdSlots,
  type ReadPidfdSlotsOptions,
} from "./pidfd_slots.ts";
export { type CpuTime, parseCpuTime, readCpuTime } from "./cpu_time.ts";
export { type FdTable, parseFdTables, readFdTables } from "./fd_tables.ts";
export {
  type CodeRange,
  type MemoryMap,
  parseMemoryMaps,
  placeOfAddress,
  readMemoryMaps,
} from "./memory_maps.ts";
export { readZombies } from "./zombies.ts";
export { type CgroupPlace, type Cgroups, parseCgroups } from "./cgroup.ts";
export { type CgroupOwner, cgroupOwner, type ContainerRuntime } from "./cgroup_owner.ts";
export { parseCgroupPaths, readCgroupPaths, type ReadCgroupPathsOptions } from "./cgroup_paths.ts";
export { parseProcessFacts, type ProcessFacts, readProcessFacts } from "./process_facts.ts";
export {
  applyRule,
  type Check,
  type CheckRule,
  isUnprivileged,
  judged,
  type Judgement,
  judgeSupport,
} from "./check.ts";
export { CHECK_RULES, checkup, obstaclesOf } from "./checkup.ts";
export {
  type Bpftrace,
  BPFTRACE_MINIMUM,
  bpftraceDialect,
  type BpftraceVersion,
  compareBpftraceVersions,
  parseBpftraceVersion,
  readBpftrace,
  type ReadBpftraceOptions,
} from "./bpftrace.ts";
export {
  type ProbeKind,
  type ProbeSwitch,
  type ProbeSwitches,
  readSwitches,
  type SwitchState,
} from "./switches.ts";
// What the functions above take; it belongs to hosts/.
export type {
  Host,
  HostDescription,
  HostError,
  HostErrorKind,
  HostErrorOptions,
  HostProcess,
  HostProcessStatus,
} from "../hosts/host.ts";
export { type Preemption, readPreemption } from "./preemption.ts";
