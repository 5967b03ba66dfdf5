/**
 * What we ask of a kernel: probes composed into a plan for the kernel at hand.
 *
 * @module
 */

export { CLONE_WATCH, watchClones } from "./clone_functions.ts";
export type { WatchPlan } from "./clone_functions.ts";
export { FILES_SEEN_MAP, planBaseline } from "./pidfd_baseline.ts";
export type { BaselinePlan } from "./pidfd_baseline.ts";
export type { Experience } from "./pidfd_lifecycle.ts";
export { BIRTH_PROBES, LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS, planLifecycle } from "./pidfd_lifecycle.ts";
export { addPaths, PATH_CALLS, PATH_FUNCTIONS, PATH_TRACEPOINTS } from "./pidfd_paths.ts";
export type { PathCall, PathPlan } from "./pidfd_paths.ts";
export { programPlaces } from "./program_places.ts";
export type { LoadedProgram, ProgramPlace, ProgramPlaces } from "./program_places.ts";
export type { SilentDoors } from "./_doors.ts";
export type { ActorFilter, NoPlan, Plan, Rung, TraceLimits } from "./tracer.ts";
export { freesUnseen } from "./unseen_frees.ts";
