/**
 * What we ask of a kernel: probes composed into a plan for the kernel at hand.
 *
 * @module
 */

export { ANONYMOUS_FILES } from "./_anonymous_files.ts";
export { births } from "./_births.ts";
export type { BirthSites } from "./_births.ts";
export { housekeeping } from "./_housekeeping.ts";
export type { MadeFile, PidfdFiles } from "./_pidfd_files.ts";
export { LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS, planLifecycle } from "./pidfd_lifecycle.ts";
export { PIDFS_FILES } from "./_pidfs_files.ts";
export { targets } from "./_targets.ts";
export type { TargetSites } from "./_targets.ts";
export type { NoPlan, Plan, TraceLimits } from "./tracer.ts";
