/**
 * What it means: the pidfd lifecycle and the reference counts, as a state machine without clock and I/O.
 *
 * @module
 */

export { Correlator } from "./correlate.ts";
export type { CorrelatorOptions, RecursionMisses, StreamPoint, StreamTrust } from "./correlate.ts";
export { errnoName } from "./errno.ts";
export { compare, knownHolders } from "./ledger.ts";
export type { Count, Reading } from "./ledger.ts";
export { Identities } from "./identities.ts";
export type { Identity, IdentityLimits, ProcessMoment } from "./identities.ts";
export { judgeRehearsal } from "./rehearsal.ts";
export { NO_STIMULUS } from "./_trial.ts";
export type { Rehearsal, Trial } from "./_trial.ts";
export { ruleOf, RULES } from "./rules/registry.ts";
export type { Rule, RuleId } from "./rules/registry.ts";
export type { SlotComparison, SlotListing } from "./_comparison.ts";
export { slotsOfTasks } from "./slots.ts";
export { SlotChanges } from "./slots.ts";
export type { FdTable, Slot, SlotGraph, TableUser, TaskSlot } from "./slots.ts";
export { initialState } from "./state.ts";
export type {
  Arrival,
  Doubts,
  DoubtWindow,
  EarlyRelease,
  FailedClone,
  ModelOptions,
  ModelState,
  PidfdFile,
  RefcountLaw,
  Releasing,
  Scope,
  SlotNews,
  TableCopy,
  Target,
} from "./state.ts";
export { step } from "./step.ts";
export type { ModelInput, StepResult } from "./step.ts";
export { Tally } from "./tally.ts";
export type { Update } from "./update.ts";
