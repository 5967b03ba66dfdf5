/**
 * What we ask of a kernel: probes composed into a plan for the kernel at hand.
 *
 * @module
 */

export { births } from "./births.ts";
export type { BirthSites } from "./births.ts";
export { housekeeping } from "./housekeeping.ts";
export { LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS, planLifecycle } from "./pidfd_lifecycle.ts";
export { releases } from "./releases.ts";
export { targets } from "./targets.ts";
export type { TargetSites } from "./targets.ts";
export type { NoPlan, Plan, TraceLimits } from "./tracer.ts";
